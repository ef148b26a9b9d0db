package machines

import (
	"context"
	"fmt"
	"sync"
	"time"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
)

const (
	// window is how often one item is rescored at most.
	window = 30 * time.Second
	// windowLead is how long before the end of a window what happens belongs to
	// the next one already, so that who starts late still finds an execution that
	// waits.
	windowLead = 5 * time.Second
)

// Starter starts machines because of events. An event that comes again starts
// nothing more, since it gives the same names. Safe for concurrent use.
type Starter struct {
	runner workflow.Runner
	now    func() time.Time

	mu      sync.Mutex
	window  int64           // that started is of
	started map[string]bool // items whose execution of the window this process knows of
}

// NewStarter makes a starter.
func NewStarter(runner workflow.Runner, now func() time.Time) *Starter {
	return &Starter{runner: runner, now: now}
}

// Interacted starts [Interaction] for an item whose counts have just changed, once
// in each window of 30 seconds. It has to be called after counting: the window is
// that of the clock, not of the event.
func (s *Starter) Interacted(ctx context.Context, item string) error {
	n := s.now().Add(windowLead).UnixNano() / int64(window)
	if s.knows(n, item) {
		return nil
	}
	until := time.Unix(0, (n+1)*int64(window)).UTC().Format(time.RFC3339)
	if err := s.runner.Start(ctx, Interaction, fmt.Sprintf("%s-%d", item, n), InteractionInput(item, until)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.window == n {
		s.started[item] = true
	}
	return nil
}

// knows tells whether this process has started an item's execution of a window,
// and forgets other windows.
func (s *Starter) knows(n int64, item string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.window != n {
		s.window, s.started = n, map[string]bool{}
	}
	return s.started[item]
}

// Published starts [Publication] for an event by which everybody can read a text.
func (s *Starter) Published(ctx context.Context, e promptz.Event) error {
	if e.Imported || e.Audience != promptz.AudiencePublic {
		return nil
	}
	return s.runner.Start(ctx, Publication, e.ID, PublicationInput(e.ItemID))
}

// Joined starts [Welcome] for the event of a new account.
func (s *Starter) Joined(ctx context.Context, e promptz.Event) error {
	if e.Imported {
		return nil
	}
	return s.runner.Start(ctx, Welcome, e.ID, WelcomeInput(e.ActorID))
}
