package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

const (
	// executionsDue is the partition of the work list with executions.
	executionsDue = "exec"
	// executionLifetime is how long a name starts nothing anew, from the end of
	// its execution on.
	executionLifetime = 90 * 24 * time.Hour
	// historyPage is how many entries of a history are read at a time.
	historyPage = 100
)

// executionDoc is exec#<machine>#<name>. One that runs is on the work list, and
// every one on the list of its machine and status.
type executionDoc struct {
	ID        string `docstore:"id"`
	V         int    `docstore:"v"`
	Status    string `docstore:"status"`
	Input     []byte `docstore:"input"`
	Output    []byte `docstore:"output,omitempty"`
	Same      bool   `docstore:"same,omitempty"` // the output is the input, and not kept twice
	Error     string `docstore:"error,omitempty"`
	Cause     string `docstore:"cause,omitempty"`
	StartedAt int64  `docstore:"startedAt"`
	StoppedAt int64  `docstore:"stoppedAt,omitempty"`
	Frame     []byte `docstore:"frame,omitempty"`
	DueAt     int64  `docstore:"dueAt,omitempty"`
	Runner    string `docstore:"runner,omitempty"`
	Events    int    `docstore:"events"`
	Made      string `docstore:"made,omitempty"`    // by whom, until it is first updated
	Expires   int64  `docstore:"expires,omitempty"` // Unix seconds; of one that has ended

	DueShard    string `docstore:"dueShard,omitempty"`
	DueSort     string `docstore:"dueSort,omitempty"`
	ExecsOf     string `docstore:"execsOf"`
	ExecsSort   string `docstore:"execsSort"`
	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

func (d *executionDoc) revision() *any  { return &d.DocstoreRevision }
func (d *executionDoc) blank() document { return &executionDoc{ID: d.ID} }

// historyDoc is hist#<machine>#<name>#<id>: one event of an execution.
type historyDoc struct {
	ID       string `docstore:"id"`
	V        int    `docstore:"v"`
	Previous int    `docstore:"previous"`
	Type     string `docstore:"type"`
	At       int64  `docstore:"at"`
	Details  []byte `docstore:"details,omitempty"`
	Expires  int64  `docstore:"expires"` // Unix seconds

	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

func executionKey(machine, name string) string { return "exec#" + machine + "#" + name }

func historyKey(machine, name string, id int) string {
	return fmt.Sprintf("hist#%s#%s#%06d", machine, name, id)
}

// executionsOf is the partition of the index of executions.
func executionsOf(machine string, status promptz.ExecutionStatus) string {
	return machine + "#" + string(status)
}

func (l *Library) newExecutionDoc(e *promptz.Execution) *executionDoc {
	d := &executionDoc{
		ID: executionKey(e.Machine, e.Name), V: schema, Status: string(e.Status), Input: e.Input, Output: e.Output,
		Error: e.Error, Cause: e.Cause, StartedAt: millis(e.StartedAt), StoppedAt: millis(e.StoppedAt),
		Frame: e.Frame, DueAt: millis(e.DueAt), Runner: e.Runner, Events: e.Events,
		ExecsOf: executionsOf(e.Machine, e.Status), ExecsSort: sortValue(e.StartedAt, e.Name),
	}
	if e.Output != nil && bytes.Equal(e.Output, e.Input) {
		d.Output, d.Same = nil, true
	}
	if e.Status == promptz.ExecutionRunning {
		d.DueShard, d.DueSort = executionsDue, sortValue(e.DueAt, d.ID)
		return d
	}
	expires := latest(l.now(), e.StoppedAt).Add(executionLifetime)
	d.Expires = expires.Unix()
	d.ExpiryShard, d.ExpirySort = l.docs.expiry(d.ID, expires)
	return d
}

func (d *executionDoc) execution() *promptz.Execution {
	machine, name, _ := strings.Cut(idIn(d.ID), "#")
	if d.Same {
		d.Output = d.Input
	}
	return &promptz.Execution{
		Machine: machine, Name: name, Status: promptz.ExecutionStatus(d.Status),
		Input: json.RawMessage(d.Input), Output: json.RawMessage(d.Output), Error: d.Error, Cause: d.Cause,
		StartedAt: fromMillis(d.StartedAt), StoppedAt: fromMillis(d.StoppedAt),
		Frame: json.RawMessage(d.Frame), DueAt: fromMillis(d.DueAt), Runner: d.Runner, Events: d.Events,
		Guard: d.DocstoreRevision,
	}
}

// addHistory adds entries to a list.
func (l *Library) addHistory(list *docstore.ActionList, e *promptz.Execution, events []promptz.ExecutionEvent) {
	for _, h := range events {
		// An execution may run for long, and its history has to outlive it.
		expires := h.At.Add(2 * executionLifetime)
		d := &historyDoc{
			ID: historyKey(e.Machine, e.Name, h.ID), V: schema, Previous: h.Previous, Type: h.Type, At: millis(h.At),
			Details: h.Details, Expires: expires.Unix(),
		}
		d.ExpiryShard, d.ExpirySort = l.docs.expiry(d.ID, expires)
		// What is left of an earlier execution of the name is in nobody's way. Only
		// who has the execution's guard gets here.
		list.Put(d)
	}
}

// CreateExecution writes a new execution and the beginning of its history.
// created is false when there is one of that machine and name already.
func (l *Library) CreateExecution(ctx context.Context, e *promptz.Execution, events []promptz.ExecutionEvent) (created bool, err error) {
	doc := l.newExecutionDoc(e)
	doc.Made = rand.Text()
	write := func() error {
		doc.DocstoreRevision = nil
		list := l.docs.handles.Consistent.Actions().AtomicWrites().Create(doc)
		l.addHistory(list, e, events)
		return list.Do(ctx)
	}
	created = true
	explain := func() (bool, error) {
		now := &executionDoc{ID: doc.ID}
		found, err := l.docs.get(ctx, now, true)
		if err != nil || !found {
			return false, nil
		}
		created = now.Made == doc.Made // then the answer was lost, not the write
		doc.DocstoreRevision = now.DocstoreRevision
		return true, nil
	}
	err = commit(ctx, "create execution", write, explain)
	if err == nil && created {
		l.docs.settle(ctx, doc, nil)
		e.Guard = doc.DocstoreRevision
	}
	return created && err == nil, err
}

// UpdateExecution writes the next state of an execution and what its history
// gains, and sets e's guard to it. It fails with [promptz.ErrStale] when another
// has moved it since it was read.
func (l *Library) UpdateExecution(ctx context.Context, e *promptz.Execution, events []promptz.ExecutionEvent) error {
	const op = "update execution"
	doc := l.newExecutionDoc(e)
	guard := e.Guard
	write := func() error {
		doc.DocstoreRevision = guard
		list := l.docs.handles.Consistent.Actions().AtomicWrites().Replace(doc)
		l.addHistory(list, e, events)
		return list.Do(ctx)
	}
	explain := func() (bool, error) {
		now := &executionDoc{ID: doc.ID}
		found, err := l.docs.get(ctx, now, true)
		switch {
		case err != nil || found && now.DocstoreRevision == guard:
			return false, nil
		case !found:
			return false, notFound(op, "execution")
		case !same(now, doc):
			return false, promptz.ErrStale
		}
		doc.DocstoreRevision = now.DocstoreRevision // the answer was lost, not the write
		return true, nil
	}
	err := commit(ctx, op, write, explain)
	if err == nil {
		l.docs.settle(ctx, doc, guard)
		e.Guard = doc.DocstoreRevision
	}
	return err
}

// FindExecution gives an execution. It fails with [promptz.CodeNotFound].
func (l *Library) FindExecution(ctx context.Context, machine, name string) (*promptz.Execution, error) {
	const op = "find execution"
	doc := &executionDoc{ID: executionKey(machine, name)}
	found, err := l.docs.get(ctx, doc, true)
	if err != nil {
		return nil, failure(op, err)
	}
	if !found || doc.Expires != 0 && l.now().Unix() >= doc.Expires {
		return nil, notFound(op, "execution")
	}
	return doc.execution(), nil
}

// FindDueExecutions names at most limit executions that are to go on, the longest
// due first.
func (l *Library) FindDueExecutions(ctx context.Context, now time.Time, limit int) ([]promptz.ExecutionRef, error) {
	var refs []promptz.ExecutionRef
	p := page{Index: dueIndex, Partition: executionsDue, Before: sortValue(now.Add(time.Millisecond), ""), Limit: limit, Ascending: true}
	err := query(ctx, l.docs, p, func(d *executionDoc) {
		machine, name, _ := strings.Cut(idIn(d.ID), "#")
		refs = append(refs, promptz.ExecutionRef{Machine: machine, Name: name})
	})
	return refs, failure("find due executions", err)
}

// FindExecutions gives a page of a machine's executions of a status, the latest
// first.
func (l *Library) FindExecutions(ctx context.Context, f promptz.ExecutionFilter) (promptz.ExecutionPage, error) {
	const op = "find executions"
	var result promptz.ExecutionPage
	var docs []any
	var sorts []string
	p := page{Index: execsIndex, Partition: executionsOf(f.Machine, f.Status), Before: f.Position, Limit: f.Limit + 1}
	err := query(ctx, l.docs, p, func(d *executionDoc) {
		docs, sorts = append(docs, &executionDoc{ID: d.ID}), append(sorts, d.ExecsSort)
	})
	if err != nil {
		return result, failure(op, err)
	}
	if len(docs) > f.Limit {
		docs, result.Next = docs[:f.Limit], sorts[f.Limit-1]
	}
	found, err := l.docs.getAll(ctx, docs, true)
	if err != nil {
		return result, failure(op, err)
	}
	for i, doc := range docs {
		if found[i] {
			result.Executions = append(result.Executions, doc.(*executionDoc).execution())
		}
	}
	return result, nil
}

// FindHistory gives the whole history of an execution, in order.
func (l *Library) FindHistory(ctx context.Context, e *promptz.Execution) ([]promptz.ExecutionEvent, error) {
	var history []promptz.ExecutionEvent
	for from := 1; from <= e.Events; from += historyPage {
		var docs []any
		for id := from; id <= min(e.Events, from+historyPage-1); id++ {
			docs = append(docs, &historyDoc{ID: historyKey(e.Machine, e.Name, id)})
		}
		found, err := l.docs.getAll(ctx, docs, true)
		if err != nil {
			return nil, failure("find history", err)
		}
		if slices.Contains(found, false) {
			return nil, notFound("find history", "history")
		}
		for i, doc := range docs {
			d := doc.(*historyDoc)
			history = append(history, promptz.ExecutionEvent{
				ID: from + i, Previous: d.Previous, Type: d.Type, At: fromMillis(d.At), Details: json.RawMessage(d.Details),
			})
		}
	}
	return history, nil
}
