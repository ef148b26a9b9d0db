package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Check asks whether a part that we need answers. It returns when ctx ends.
type Check func(ctx context.Context) error

// Checks are the checks of several parts, by the parts' names.
type Checks map[string]Check

// Run is a [Check]: it runs all of them at once and gives what every one that
// failed has found, by name. It returns when ctx ends even if one of them does
// not.
func (c Checks) Run(ctx context.Context) error {
	names := slices.Sorted(maps.Keys(c))
	found := make([]chan error, len(names))
	for i, name := range names {
		found[i] = make(chan error, 1)
		go func() { found[i] <- c[name].within(ctx) }()
	}
	var failed []error
	for i, name := range names {
		if err := <-found[i]; err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(failed...)
}

// within runs the check until ctx ends, even one that never returns.
func (c Check) within(ctx context.Context) error {
	found := make(chan error, 1)
	go func() { found <- c(ctx) }()
	select {
	case err := <-found:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
