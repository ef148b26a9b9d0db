package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	app "promptz"
	"promptz/internal/promptz"
)

func (s *shell) eventsCommand() *cobra.Command {
	events := &cobra.Command{Use: "events", Short: "Events that could not be handled"}
	events.AddCommand(s.deadEventsCommand(), s.redriveEventsCommand())
	return events
}

// mostDead is how many dead letters of each sort are read at a time.
const mostDead = 1000

func (s *shell) deadEventsCommand() *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use:   "dead",
		Short: "List events that were given up, the last first",
		Args:  cobra.NoArgs,
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, _ []string) error {
			if limit < 1 || limit > mostDead {
				return fmt.Errorf("--limit %d: must be from 1 to %d", limit, mostDead)
			}
			letters, err := tools.DeadLetters.Find(c.Context(), limit)
			if err != nil {
				return err
			}
			if s.json {
				views := make([]deadView, len(letters))
				for i, l := range letters {
					views[i] = viewDead(l)
				}
				return s.print(c, views, "")
			}
			var rows [][]string
			for _, l := range letters {
				rows = append(rows, []string{
					l.ID, string(l.Event.Type), l.Event.Subject(), strconv.Itoa(l.Attempts), l.FailedAt.Format(time.RFC3339), l.Reason,
				})
			}
			return printTable(c.OutOrStdout(), rows, "ID", "TYPE", "SUBJECT", "ATTEMPTS", "FAILED", "REASON")
		}),
	}
	c.Flags().IntVar(&limit, "limit", 100, "how many at most")
	return c
}

func (s *shell) redriveEventsCommand() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use:   "redrive (ID… | --all)",
		Short: "Have dead events handled again, with all attempts before them",
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, ids []string) error {
			if all == (len(ids) > 0) {
				return errors.New("events redrive: name dead letters, or say --all")
			}
			if all {
				letters, err := tools.DeadLetters.Find(c.Context(), mostDead)
				if err != nil {
					return err
				}
				for _, l := range letters {
					ids = append(ids, l.ID)
				}
			}
			for _, id := range ids {
				if err := tools.DeadLetters.Redrive(c.Context(), id); err != nil {
					return err
				}
			}
			return s.print(c, map[string]int{"redriven": len(ids)}, "%d redriven", len(ids))
		}),
	}
	c.Flags().BoolVar(&all, "all", false, "all of them")
	return c
}

// deadView is a dead letter as --json prints it.
type deadView struct {
	ID       string            `json:"id"`
	Event    string            `json:"event,omitempty"`
	Type     promptz.EventType `json:"type,omitempty"`
	Subject  string            `json:"subject,omitempty"`
	Attempts int               `json:"attempts"`
	Reason   string            `json:"reason"`
	FailedAt time.Time         `json:"failedAt"`
}

func viewDead(l app.DeadLetter) deadView {
	return deadView{
		ID: l.ID, Event: l.Event.ID, Type: l.Event.Type, Subject: l.Event.Subject(),
		Attempts: l.Attempts, Reason: l.Reason, FailedAt: l.FailedAt,
	}
}
