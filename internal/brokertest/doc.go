// Package brokertest starts somebody else's brokers for tests: on 127.0.0.1 and
// free ports, with their data in the test's folder, until the test ends. Each can
// be stopped and started again on the same port and data.
package brokertest
