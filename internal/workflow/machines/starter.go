package machines

import (
	"context"
	"strconv"
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
	window  string          // that started is of
	started map[string]bool // items whose execution of the window this process knows of
	last    time.Time       // that the clock has shown
	setBack int64           // when it was set back, in Unix milliseconds as it was then; 0 is over
	over    time.Time       // until when it shows what it has shown before
}

// NewStarter makes a starter.
func NewStarter(runner workflow.Runner, now func() time.Time) *Starter {
	return &Starter{runner: runner, now: now}
}

// Interacted starts [Interaction] for an item whose counts have just changed, once
// in each window of 30 seconds. It has to be called after counting: the window is
// that of the clock, not of the event.
func (s *Starter) Interacted(ctx context.Context, item string) error {
	now := s.now()
	n := now.Add(windowLead).UnixNano() / int64(window)
	name, known := s.look(now, n, item)
	if known {
		return nil
	}
	until := time.Unix(0, (n+1)*int64(window)).UTC().Format(time.RFC3339)
	if err := s.runner.Start(ctx, Interaction, item+"-"+name, InteractionInput(item, until)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.window == name {
		s.started[item] = true
	}
	return nil
}

// look names the window that the clock shows, tells whether this process has started
// an item's execution of it, and forgets other windows.
func (s *Starter) look(now time.Time, n int64, item string) (name string, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name = strconv.FormatInt(n, 10)
	if at := s.again(now); at != 0 {
		name += "-" + strconv.FormatInt(at, 10)
	}
	if s.window != name {
		s.window, s.started = name, map[string]bool{}
	}
	return name, s.started[item]
}

// again gives when the clock was set back, for as long as it shows times that it has
// shown before, and else 0. The executions of their windows may be done, so that new
// ones need other names.
func (s *Starter) again(now time.Time) int64 {
	switch {
	case now.Before(s.last.Add(-windowLead)):
		s.setBack = s.last.UnixMilli()
		if end := s.last.Add(window + windowLead); end.After(s.over) {
			s.over = end
		}
		s.last = now
	case now.After(s.last):
		s.last = now
	}
	if now.After(s.over) {
		s.setBack = 0
	}
	return s.setBack
}

// Published starts [Publication] for an event by which everybody can read a text.
func (s *Starter) Published(ctx context.Context, e promptz.Event) error {
	if e.Imported || e.Audience != promptz.AudiencePublic {
		return nil
	}
	return s.PublishedSince(ctx, e)
}

// PublishedSince starts [Publication] for an event by which a text was taken back
// that everybody can read again by now.
func (s *Starter) PublishedSince(ctx context.Context, e promptz.Event) error {
	return s.runner.Start(ctx, Publication, e.ID, PublicationInput(e.ItemID))
}

// Joined starts [Welcome] for the event of a new account.
func (s *Starter) Joined(ctx context.Context, e promptz.Event) error {
	if e.Imported {
		return nil
	}
	return s.runner.Start(ctx, Welcome, e.ID, WelcomeInput(e.ActorID))
}
