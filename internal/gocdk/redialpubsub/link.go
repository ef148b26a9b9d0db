package redialpubsub

import (
	"context"
	"errors"
	"sync"
	"time"

	"gocloud.dev/pubsub"
)

// Link is an open end and what it hangs on.
type Link[E End] struct {
	End E
	// Broken tells whether the end will never work again. Without it a topic
	// never is; a subscription is whenever it fails.
	Broken func() bool
	// Close closes what is beneath the end, after its shutdown; nil is nothing.
	Close func() error
}

// End is a *pubsub.Topic or a *pubsub.Subscription.
type End interface {
	*pubsub.Topic | *pubsub.Subscription
	Shutdown(ctx context.Context) error
}

// shutdownTimeout is how long an end may take to flush what was acknowledged.
const shutdownTimeout = 5 * time.Second

// errClosed is the error of an end that was shut down.
var errClosed = errors.New("redialpubsub: it was shut down")

// line is an end, dialled whenever it is needed and not there. Safe for concurrent
// use.
type line[E End] struct {
	dial func(ctx context.Context) (Link[E], error)

	mu     sync.Mutex
	link   *Link[E] // nil: there is none
	closed bool
}

// get gives the link, of which there is one at a time.
func (l *line[E]) get(ctx context.Context) (*Link[E], error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return nil, errClosed
	case l.link != nil:
		return l.link, nil
	}
	link, err := l.dial(ctx)
	if err != nil {
		return nil, err
	}
	l.link = &link
	return l.link, nil
}

// drop gives a link up. Others may have done so before.
func (l *line[E]) drop(link *Link[E]) {
	l.mu.Lock()
	current := l.link == link
	if current {
		l.link = nil
	}
	l.mu.Unlock()
	if current {
		_ = link.shutdown() // it is broken, and may say so
	}
}

func (l *line[E]) close() error {
	l.mu.Lock()
	link := l.link
	l.link, l.closed = nil, true
	l.mu.Unlock()
	if link == nil {
		return nil
	}
	return link.shutdown()
}

func (l *Link[E]) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	err := l.End.Shutdown(ctx)
	if l.Close == nil {
		return err
	}
	return errors.Join(err, l.Close())
}

// open dials for the first time. That the broker is away is for later to mend.
func (l *line[E]) open(ctx context.Context, away func(error) bool, report func(error)) error {
	_, err := l.get(ctx)
	if err == nil || away == nil || !away(err) {
		return err
	}
	report(err)
	return nil
}
