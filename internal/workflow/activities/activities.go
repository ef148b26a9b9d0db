// Package activities is what the machines' tasks do: it ranks, claims, inspects,
// writes and sends. Each activity may be called again for the same execution and
// state, and does then what it did.
//
// It leans on gocloud's blob for files; items, users and mails come through ports.
package activities

import (
	"context"
	"io"
	"time"

	"gocloud.dev/blob"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
	"promptz/internal/workflow/machines"
)

// Items is where items are; package store is one.
type Items interface {
	FindItem(ctx context.Context, id string, consistent bool) (*promptz.Item, error)
	Rescore(ctx context.Context, id string) (promptz.Stats, error)
	ClaimMilestone(ctx context.Context, item *promptz.Item, milestone int64, by string) (claimed bool, err error)
}

// Users is where users are; package store is one.
type Users interface {
	FindUser(ctx context.Context, id string) (*promptz.User, error)
}

// Mailer sends letters; package mail has one.
type Mailer interface {
	Send(ctx context.Context, l promptz.Letter) error
}

// File is an item as the tools of its kind read it.
type File struct {
	Body      io.Reader
	MediaType string
	Extension string // ".md"
}

// Deps are what activities are made of.
type Deps struct {
	Items  Items
	Users  Users
	Mailer Mailer
	Bucket *blob.Bucket
	// FileOf makes an item's file.
	FileOf func(item *promptz.Item) (File, error)
	Now    func() time.Time
}

// New gives all activities by the names that machines call them by.
func New(d Deps) workflow.Activities {
	return workflow.Activities{
		"Rescore":        typed(d.rescore),
		"ClaimMilestone": typed(d.claimMilestone),
		"Inspect":        typed(d.inspect),
		"WriteExport":    typed(d.writeExport),
		"SendMilestone":  typed(d.sendMilestone),
		"SendFindings":   typed(d.sendFindings),
		"SendWelcome":    typed(d.sendWelcome),
	}
}

// typed makes an activity of a function, whose errors get names for Retry and
// Catch.
func typed[I any](f func(ctx context.Context, c workflow.Call, input I) (any, error)) workflow.Activity {
	return workflow.Typed(func(ctx context.Context, c workflow.Call, input I) (any, error) {
		output, err := f(ctx, c, input)
		return output, named(err)
	})
}

// score is what is known of an item once it is ranked.
type score struct {
	ID        string `json:"id"` // the item's
	Stars     int64  `json:"stars"`
	Milestone int64  `json:"milestone"` // the highest that the stars reach, 0 is none
}

// rescore puts an item where its counts say.
func (d Deps) rescore(ctx context.Context, _ workflow.Call, item machines.Subject) (any, error) {
	stats, err := d.Items.Rescore(ctx, item.ID)
	return score{item.ID, stats.Stars, promptz.MilestoneOf(stats.Stars)}, err
}

// claim tells whether an execution is the one to tell of a milestone.
type claim struct {
	Claimed bool `json:"claimed"`
}

// claimMilestone claims a milestone of a public item for this execution.
func (d Deps) claimMilestone(ctx context.Context, c workflow.Call, s score) (any, error) {
	item, err := d.Items.FindItem(ctx, s.ID, true)
	if err != nil || !item.Public() {
		return claim{}, err
	}
	claimed, err := d.Items.ClaimMilestone(ctx, item, s.Milestone, c.Execution)
	return claim{claimed}, err
}
