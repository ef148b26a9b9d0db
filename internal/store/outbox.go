package store

import (
	"context"
	"strings"
	"sync"

	"promptz/internal/promptz"
)

// freshLimit bounds how many fresh events are remembered; what is beyond it is
// found on the outbox index.
const freshLimit = 10_000

// fresh are the events that this process wrote and nobody has looked at.
type fresh struct {
	wake chan struct{} // holds one token while there are some

	mu  sync.Mutex
	ids []string
}

// Fresh gets a token whenever this process has written events.
func (l *Log) Fresh() <-chan struct{} { return l.fresh.wake }

// TakeFresh gives the ids of at most limit events that this process wrote since,
// each once.
func (l *Log) TakeFresh(limit int) []string {
	l.fresh.mu.Lock()
	defer l.fresh.mu.Unlock()
	n := min(limit, len(l.fresh.ids))
	ids := append([]string(nil), l.fresh.ids[:n]...)
	l.fresh.ids = append(l.fresh.ids[:0], l.fresh.ids[n:]...)
	if len(l.fresh.ids) > 0 {
		l.signal()
	}
	return ids
}

// announce tells whoever gives numbers that events were committed, unless err
// says that they were not.
func (l *Log) announce(events []promptz.Event, err error) error {
	if err == nil {
		l.wrote(events)
	}
	return err
}

func (l *Log) wrote(events []promptz.Event) {
	l.fresh.mu.Lock()
	defer l.fresh.mu.Unlock()
	for _, e := range events {
		if len(l.fresh.ids) < freshLimit {
			l.fresh.ids = append(l.fresh.ids, e.ID)
		}
	}
	l.signal()
}

func (l *Log) signal() {
	select {
	case l.fresh.wake <- struct{}{}:
	default:
	}
}

// outboxDoc is what the outbox index gives.
type outboxDoc struct {
	ID         string `docstore:"id"`
	OutboxSort string `docstore:"outboxSort"`

	DocstoreRevision any
}

// FindPendingEvents gives the ids of events that wait for a number, at most limit
// of each shard, the oldest first, whoever wrote them. The index may be late and name some that
// have one already.
func (l *Log) FindPendingEvents(ctx context.Context, limit int) ([]string, error) {
	var ids []string
	for n := range shards {
		p := page{Index: l.outbox, Partition: shardName(n), Limit: limit, Ascending: true}
		err := query(ctx, l.docs, p, func(d *outboxDoc) { ids = append(ids, strings.TrimPrefix(d.ID, eventKey(""))) })
		if err != nil {
			return ids, failure("find pending events", err)
		}
	}
	return ids, nil
}
