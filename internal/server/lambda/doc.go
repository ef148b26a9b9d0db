// Package lambda lets the program run on AWS Lambda: it makes the requests of an
// HTTP API ordinary ones ([HTTP]), hands on what a table's stream and a queue
// deliver ([Stream], [Queue]), and talks to the runtime ([Start]).
//
// A Lambda freezes once it has answered: nothing may be left to a goroutine. What
// a handler leaves is finished before the answer.
//
// It leans on aws-lambda-go for the runtime's calls and the types of events.
package lambda
