// Package awstest gives tests AWS services that run on this machine, and a meter
// of what the requests sent to a DynamoDB would cost on AWS.
//
// It leans on what others wrote: DynamoDB Local, which is a Java program (see
// dynamodblocal/), and ministack (see ministack/) and moto, which are Python. The
// tests that start one are skipped unless `make test-aws` has fetched it.
// One server serves a whole test binary; each test makes tables, buses and queues
// of its own. Only tests import this package.
package awstest
