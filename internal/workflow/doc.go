// Package workflow runs machines: a subset of the Amazon States Language
// (https://states-language.net/spec.html) with JSONPath. The same files run here,
// in one process or several, and on AWS Step Functions.
//
// The states are Pass, Task, Choice, Wait, Succeed and Fail. What is outside the
// subset is refused by name when a machine is parsed. A Task calls an [Activity],
// a Go function.
//
// An execution is kept at the edges of Task and Wait, and states between them are
// folded into one write. After a crash it resumes at the last edge, so that an
// activity may run twice for one state: it has to be idempotent by execution and
// state.
//
// Where AWS and its documentation differ, the runner does as AWS, see
// testdata/conformance: a path that leads nowhere in Parameters or ResultSelector is
// States.Runtime, and States.ALL is for States.DataLimitExceeded too. It differs
// from AWS itself in this: an execution's input and a state's data have at most
// 360 KiB together, since stores keep them in one document;
// States.Format refuses lists and objects, which AWS writes as Java does; objects
// lose the order of their members.
//
// It leans on the standard library; where executions lie is a port.
package workflow
