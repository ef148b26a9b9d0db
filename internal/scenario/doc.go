// Package scenario says what a client may expect of a deployment, as scenarios that
// run over HTTP against any: nothing in it knows how the program is made, or where.
//
// [Run] runs all of them. Each makes its own users and items under names of its own,
// so that they run side by side, beside other traffic, and again. Every answer they
// get is held to openapi.yaml and to what holds for all answers (see invariants.go).
// Only tests import this package.
package scenario
