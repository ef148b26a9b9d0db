package store

import (
	"context"
	"strings"
	"time"

	"promptz/internal/promptz"
)

const (
	// retriesDue is the partition of the work list with retries.
	retriesDue = "retry"
	// deadList is the partition of the list of what was given up.
	deadList = "retry"
	// maxReason bounds what is kept of why something failed, in bytes.
	maxReason = 1000
)

// retryDoc is retry#<consumer>#<event>: an event that a consumer failed at. A dead
// one is off the work list and on the list of its consumer's.
type retryDoc struct {
	ID       string `docstore:"id"`
	V        int    `docstore:"v"`
	Consumer string `docstore:"consumer"`
	Attempts int    `docstore:"attempts"`
	DueAt    int64  `docstore:"dueAt"`
	FailedAt int64  `docstore:"failedAt"`
	Reason   string `docstore:"reason"`

	Event     string `docstore:"event"`
	Type      string `docstore:"type"`
	Audience  string `docstore:"audience"`
	At        int64  `docstore:"at"`
	Number    int64  `docstore:"number"`
	Item      string `docstore:"item,omitempty"`
	Kind      string `docstore:"kind,omitempty"`
	Version   int    `docstore:"version,omitempty"`
	Actor     string `docstore:"actor,omitempty"`
	Milestone int64  `docstore:"milestone,omitempty"`
	Imported  bool   `docstore:"imported,omitempty"`

	DueShard  string `docstore:"dueShard,omitempty"`
	DueSort   string `docstore:"dueSort,omitempty"`
	DeadShard string `docstore:"deadShard,omitempty"`
	DeadSort  string `docstore:"deadSort,omitempty"`

	DocstoreRevision any
}

func (d *retryDoc) revision() *any  { return &d.DocstoreRevision }
func (d *retryDoc) blank() document { return &retryDoc{ID: d.ID} }

func newRetryDoc(r *promptz.Retry) *retryDoc {
	e := r.Event
	d := &retryDoc{
		ID: retryKey(r.Consumer, e.ID), V: schema, Consumer: r.Consumer, Attempts: r.Attempts,
		DueAt: millis(r.DueAt), FailedAt: millis(r.FailedAt), Reason: r.Reason[:min(len(r.Reason), maxReason)],
		Event: e.ID, Type: string(e.Type), Audience: string(e.Audience), At: millis(e.At), Number: e.Number,
		Item: e.ItemID, Kind: string(e.Kind), Version: e.Version, Actor: e.ActorID, Milestone: e.Milestone, Imported: e.Imported,
	}
	d.Reason = strings.ToValidUTF8(d.Reason, "")
	if r.Dead {
		d.DeadShard, d.DeadSort = deadList, sortValue(r.FailedAt, d.ID)
	} else {
		d.DueShard, d.DueSort = retriesDue, sortValue(r.DueAt, d.ID)
	}
	return d
}

func (d *retryDoc) retry() promptz.Retry {
	return promptz.Retry{
		Consumer: d.Consumer, Attempts: d.Attempts, DueAt: fromMillis(d.DueAt), FailedAt: fromMillis(d.FailedAt),
		Reason: d.Reason, Dead: d.DeadSort != "", Guard: d.DocstoreRevision,
		Event: promptz.Event{
			ID: d.Event, Type: promptz.EventType(d.Type), Audience: promptz.Audience(d.Audience), At: fromMillis(d.At), Number: d.Number,
			ItemID: d.Item, Kind: promptz.Kind(d.Kind), Version: d.Version, ActorID: d.Actor, Milestone: d.Milestone, Imported: d.Imported,
		},
	}
}

// CreateRetry keeps an event that a consumer failed at; one that is kept already
// is left as it is.
func (l *Library) CreateRetry(ctx context.Context, r promptz.Retry) error {
	doc := newRetryDoc(&r)
	write := func() error { doc.DocstoreRevision = nil; return l.docs.handles.Consistent.Create(ctx, doc) }
	explain := func() (bool, error) {
		found, err := l.docs.get(ctx, &retryDoc{ID: doc.ID}, true)
		return err == nil && found, nil
	}
	return commit(ctx, "create retry", write, explain)
}

// FindDueRetries gives at most limit retries whose time has come.
func (l *Library) FindDueRetries(ctx context.Context, limit int) ([]promptz.Retry, error) {
	p := page{Index: dueIndex, Partition: retriesDue, Before: sortValue(l.now().Add(time.Millisecond), ""), Limit: limit, Ascending: true}
	return l.findRetries(ctx, "find due retries", p, func(r promptz.Retry) bool { return !r.Dead && !r.DueAt.After(l.now()) })
}

// FindDeadRetries gives at most limit events that were given up, the last first.
func (l *Library) FindDeadRetries(ctx context.Context, limit int) ([]promptz.Retry, error) {
	p := page{Index: deadIndex, Partition: deadList, Limit: limit}
	return l.findRetries(ctx, "find dead retries", p, func(r promptz.Retry) bool { return r.Dead })
}

// findRetries reads what a page of an index names; an index may be late.
func (l *Library) findRetries(ctx context.Context, op string, p page, keep func(promptz.Retry) bool) ([]promptz.Retry, error) {
	var docs []any
	if err := query(ctx, l.docs, p, func(d *retryDoc) { docs = append(docs, &retryDoc{ID: d.ID}) }); err != nil {
		return nil, failure(op, err)
	}
	found, err := l.docs.getAll(ctx, docs, true)
	if err != nil {
		return nil, failure(op, err)
	}
	var retries []promptz.Retry
	for i, doc := range docs {
		if r := doc.(*retryDoc).retry(); found[i] && keep(r) {
			retries = append(retries, r)
		}
	}
	return retries, nil
}

// UpdateRetry writes the next state of a retry. It fails with [promptz.ErrStale]
// when another process has written it since it was read, and with
// [promptz.CodeNotFound] when it is done.
func (l *Library) UpdateRetry(ctx context.Context, r *promptz.Retry) error {
	doc := newRetryDoc(r)
	err := l.docs.replace(ctx, "update retry", "retry", doc, r.Guard)
	r.Guard = doc.DocstoreRevision
	return err
}

// DeleteRetry removes a retry that is done.
func (l *Library) DeleteRetry(ctx context.Context, r *promptz.Retry) error {
	_, err := l.docs.remove(ctx, &keyDoc{ID: retryKey(r.Consumer, r.Event.ID), DocstoreRevision: r.Guard})
	return failure("delete retry", err)
}
