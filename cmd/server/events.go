package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

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
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tTYPE\tSUBJECT\tATTEMPTS\tFAILED\tREASON")
			for _, l := range letters {
				fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n",
					cell(l.ID), l.Event.Type, cell(l.Event.Subject()), l.Attempts, l.FailedAt.Format(time.RFC3339), cell(l.Reason))
			}
			return w.Flush()
		}),
	}
	c.Flags().IntVar(&limit, "limit", 100, "how many at most")
	return c
}

// cell is a text as it stands in a table: one that others wrote may hold anything.
func cell(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
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
