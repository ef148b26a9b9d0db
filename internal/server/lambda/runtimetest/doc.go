// Package runtimetest runs a function for AWS Lambda as a process of its own,
// against a server that speaks the runtime's API: the four calls that are
// documented at https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
// It starts, freezes, thaws, cuts off and ends the process as Lambda does.
//
// It leans on the standard library. Only tests import it.
package runtimetest
