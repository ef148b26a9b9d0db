// Package awstest gives tests a DynamoDB that runs on this machine, and a meter
// of what the requests sent to it would cost on AWS.
//
// It leans on DynamoDB Local (see dynamodblocal/), which is a Java program: the
// tests that call StartDynamoDB are skipped unless `make test-aws` has fetched
// it. One server serves a whole test binary; each test makes tables of its own.
// Only tests import this package.
package awstest
