// Package mongotest gives tests a server that speaks MongoDB's protocol on this
// machine: mongo-java-server, a Java program that others wrote (see mongoserver/). It
// has no sessions, and so no atomic writes, and is no replica set, though it can say that
// it is one. The tests that start it are skipped unless `make mongo` has fetched it. One
// server serves a whole test binary; each test takes a database of its own. Only tests
// import this package.
package mongotest
