package app

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"promptz/internal/config"
	"promptz/internal/events"
	"promptz/internal/gocdk/sqlitepubsub"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// DeadLetter is an event that was given up: by a consumer that failed at it eight
// times, or by the queue, since nobody could even keep it.
type DeadLetter struct {
	ID       string // names it for [DeadLetters.Redrive]: "<consumer>/<event>" or "queue/<number>"
	Event    promptz.Event
	Attempts int
	Reason   string
	FailedAt time.Time
}

// queueName stands for the queue in the id of a dead letter.
const queueName = "queue"

// DeadLetters are all of them. Those of a broker other than SQLite are the broker's
// own tools' to show. Safe for concurrent use.
type DeadLetters struct {
	retries *store.Library
	queue   string // the queue's file, "" is another broker
}

func newDeadLetters(cfg config.Config, items *store.Library) (*DeadLetters, error) {
	raw, err := cfg.Fill(cfg.Subscription)
	if err != nil {
		return nil, err
	}
	d := &DeadLetters{retries: items}
	if u, err := url.Parse(raw); err == nil && u.Scheme == sqlitepubsub.Scheme {
		d.queue = u.Query().Get("file")
	}
	return d, nil
}

// Find gives at most limit of the consumers' and of the queue's, the last first.
func (d *DeadLetters) Find(ctx context.Context, limit int) ([]DeadLetter, error) {
	retries, err := d.retries.FindDeadRetries(ctx, limit)
	if err != nil {
		return nil, err
	}
	var letters []DeadLetter
	for _, r := range retries {
		letters = append(letters, DeadLetter{
			ID: r.Consumer + "/" + r.Event.ID, Event: r.Event, Attempts: r.Attempts, Reason: r.Reason, FailedAt: r.FailedAt,
		})
	}
	err = d.withQueue(ctx, func(q *sqlitepubsub.Queue) error {
		messages, err := q.DeadLetters(ctx, 0, limit)
		for _, m := range slices.Backward(messages) {
			letter := DeadLetter{ID: queueName + "/" + strconv.FormatInt(m.ID, 10), Attempts: m.Attempts, FailedAt: m.At}
			letter.Reason = "it was delivered and never acknowledged"
			if e, foreign := new(events.Envelopes).Decode(m.Body); foreign == nil {
				letter.Event = e
			} else {
				letter.Reason += ", and is no event"
			}
			letters = append(letters, letter)
		}
		return err
	})
	return letters, err
}

// Redrive has a dead letter handled anew, with all attempts before it. It fails
// with [promptz.CodeNotFound] for an id that is none.
func (d *DeadLetters) Redrive(ctx context.Context, id string) error {
	place, name, _ := strings.Cut(id, "/")
	var err error
	if place == queueName {
		err = d.redriveQueued(ctx, name)
	} else {
		err = d.retries.RedriveRetry(ctx, place, name)
	}
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		err = promptz.Errorf(promptz.CodeNotFound, "There is no dead letter %q; `promptz events dead` lists them.", id)
	}
	return err
}

// redriveQueued redrives one of the queue's, by its number.
func (d *DeadLetters) redriveQueued(ctx context.Context, name string) error {
	found := false
	err := d.withQueue(ctx, func(q *sqlitepubsub.Queue) error {
		number, err := strconv.ParseInt(name, 10, 64)
		if err != nil {
			return nil // it is none
		}
		found, err = q.Redrive(ctx, number)
		return err
	})
	if err == nil && !found {
		err = promptz.Errorf(promptz.CodeNotFound, "The queue has no such dead letter.")
	}
	return err
}

// withQueue opens the queue for as long as use takes, where there is one.
func (d *DeadLetters) withQueue(ctx context.Context, use func(*sqlitepubsub.Queue) error) error {
	if d.queue == "" {
		return nil
	}
	q, err := sqlitepubsub.OpenQueue(ctx, d.queue)
	if err != nil {
		return err
	}
	return errors.Join(use(q), q.Close())
}
