// Package stepfunctions runs machines on AWS Step Functions: the same files that
// [workflow.Local] runs here, each a STANDARD state machine whose Tasks call one
// Lambda function, for which [Handler] is.
//
// It is a driver: it speaks through AWS's SDK, whose client the composition root
// makes. Nothing is kept here: executions and their histories lie on AWS, for 90
// days after their end.
package stepfunctions
