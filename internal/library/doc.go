// Package library holds the use cases on items and their versions, and all
// authorisation: whatever transport calls it, a caller gets no more than
// policy.go allows, and what may not be seen is not there.
//
// It leans on package promptz alone; the stores it works on are interfaces
// declared here.
package library
