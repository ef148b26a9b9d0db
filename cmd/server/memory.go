package main

import (
	"os"
	"runtime/debug"
)

// How the garbage collector runs where the environment does not say: what lives
// is small, so collecting less often costs a few megabytes and saves a third of
// a request (docs/benchmarks.md); the bound keeps that from multiplying what a
// large import holds.
const (
	gcPercent   = 400
	memoryLimit = 512 << 20 // bytes
)

// tuneMemory sets the garbage collector unless GOGC or GOMEMLIMIT do.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
