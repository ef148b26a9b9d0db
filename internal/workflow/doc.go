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
// It leans on the standard library; where executions lie is a port.
package workflow
