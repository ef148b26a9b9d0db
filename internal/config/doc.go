// Package config makes one validated struct of defaults, a file, the environment
// and flags, in that order, and tells where each value came from.
//
// All keys stand in one table (keys.go): a new key is a row there and a field of
// [Config]. It leans on no package of ours.
package config
