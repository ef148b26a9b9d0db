// Package identity says who is calling: it keeps users and their API keys and
// makes a [promptz.Principal] from a credential. What a principal may do is
// package library's to decide.
//
// It leans on package promptz alone; the store it works on is an interface
// declared here.
package identity
