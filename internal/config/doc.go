// Package config makes one validated struct of defaults, a file, the environment
// and flags, in that order, and tells where each value came from.
//
// All keys stand in one table (keys.go), which file, variables, flags, what is
// printed and the README are made of: a new key is a row there and a field of
// [Config]. No secret in a value reaches an error or what is printed (mask.go).
// It leans on no package of ours.
package config
