// Package promptz is the domain: items of three kinds, their versions, users,
// API keys, who is calling, what is valid and what can go wrong.
//
// It leans on the standard library, go-playground/validator and golang.org/x/text
// and on nothing else, so that every other package can lean on it. It does no
// I/O. Contracts that several packages share stand here; an interface with one
// consumer stands with that consumer.
package promptz
