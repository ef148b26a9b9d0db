package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// Changes is the change log; package library has one.
type Changes interface {
	FindChanges(ctx context.Context, p promptz.Principal, f promptz.EventFilter) (promptz.EventPage, error)
}

const (
	typeEventStream = "text/event-stream"
	// answerRoom is how long before a request's deadline waiting ends, so that
	// there is time to answer.
	answerRoom = 3 * time.Second
	// streamRetry is after how long a browser connects again when a stream ends.
	streamRetry = time.Second
	// streamPulse is after how long a stream says that it is still there: what
	// stands between drops connections that are silent.
	streamPulse = 10 * time.Second
	// batchRetry is after how long where a stream is one batch.
	batchRetry = 5 * time.Second
)

// eventNumber is the form of a cursor of the change log.
var eventNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,14})$`)

// ListChanges answers with events, at once or when there are some.
func (s *server) ListChanges(w http.ResponseWriter, r *http.Request, params contract.ListChangesParams) {
	s.answer(w, r, func() error {
		f, err := changesOf(params)
		if err != nil {
			return err
		}
		switch negotiate(r.Header.Get("Accept"), typeJSON, typeEventStream) {
		case typeJSON:
			return s.respondChanges(w, r, f, time.Duration(params.Wait)*time.Second)
		case typeEventStream:
			return s.streamChanges(w, r, f)
		}
		return promptz.Errorf(CodeNotAcceptable, "There is no representation of this that you accept.")
	})
}

// changesOf gives what a request asks for.
func changesOf(params contract.ListChangesParams) (promptz.EventFilter, error) {
	f := promptz.EventFilter{Feed: promptz.FeedItems, Limit: limitOr(params.Limit)}
	if params.Feed != "" {
		f.Feed = promptz.Feed(params.Feed)
	}
	for name := range strings.SplitSeq(params.Types, ",") {
		if name == "" && params.Types == "" {
			break
		}
		kind, ok := promptz.EventType(name).KindOf()
		if !ok || kind.Feed != f.Feed {
			return f, promptz.Errorf(CodeUnreadable, "The feed %s has no events of the type %q.", f.Feed, name)
		}
		f.Types = append(f.Types, kind.Type)
	}
	cursor := params.Cursor
	if params.LastEventID != "" {
		cursor = params.LastEventID
	}
	if cursor == "" {
		return f, nil
	}
	if !eventNumber.MatchString(cursor) {
		return f, promptz.Errorf(CodeUnreadable, "The cursor is none of this feed: it is the number of an event.")
	}
	number, err := strconv.ParseInt(cursor, 10, 64)
	f.After = &number
	return f, err
}

// respondChanges answers with a page; when it is empty, after waiting for one.
func (s *server) respondChanges(w http.ResponseWriter, r *http.Request, f promptz.EventFilter, wait time.Duration) error {
	if s.NoWait {
		wait = 0
	}
	ctx, cancel := s.waiting(r.Context(), wait)
	defer cancel()
	page, err := s.nextChanges(ctx, r, f, wait > 0)
	if err != nil {
		return err
	}
	list := contract.ChangeList{Items: make([]json.RawMessage, len(page.Events)), Cursor: strconv.FormatInt(page.Cursor, 10)}
	for i, e := range page.Events {
		if list.Items[i], err = s.Envelope(e); err != nil {
			return err
		}
	}
	if page.More {
		list.Next = linkNext(w, r, list.Cursor)
	}
	return respondUncached(w, r, list)
}

// waiting gives a context for waiting at most d: it ends when the server drains,
// and in time for an answer.
func (s *server) waiting(parent context.Context, d time.Duration) (ctx context.Context, cancel func()) {
	end := time.Now().Add(d)
	if deadline, ok := parent.Deadline(); ok && deadline.Add(-answerRoom).Before(end) {
		end = deadline.Add(-answerRoom)
	}
	ctx, cancel = context.WithDeadline(parent, end)
	go func() {
		select {
		case <-s.Draining:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// nextChanges reads the page that f asks for; while it is empty and wait is set,
// again whenever the feed goes on, until ctx ends.
func (s *server) nextChanges(ctx context.Context, r *http.Request, f promptz.EventFilter, wait bool) (promptz.EventPage, error) {
	for {
		page, err := s.Changes.FindChanges(r.Context(), principalOf(r.Context()), f)
		if err != nil || len(page.Events) > 0 || page.More || !wait {
			return page, err
		}
		f.After = &page.Cursor
		if err := s.Watch(ctx, f.Feed, page.Cursor); err != nil {
			return page, endOfWait(err)
		}
	}
}

// endOfWait makes no error of the end of waiting.
func endOfWait(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// streamChanges answers with events as they happen (the HTML standard's
// server-sent events), until the request's time is over or the server drains;
// with NoWait, with those that there are. The browser then goes on after the last
// number it got.
func (s *server) streamChanges(w http.ResponseWriter, r *http.Request, f promptz.EventFilter) error {
	ctx, cancel := s.waiting(r.Context(), time.Hour)
	defer cancel()
	page, err := s.Changes.FindChanges(r.Context(), principalOf(r.Context()), f)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Vary", varies)
	h.Set("Cache-Control", cachePrivate)
	h.Set("Content-Type", typeEventStream)
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	retry := streamRetry
	if s.NoWait {
		retry = batchRetry
	}
	fmt.Fprintf(w, "retry: %d\n\n", retry.Milliseconds())
	for {
		if !s.sendEvents(w, page) || s.NoWait || ctx.Err() != nil {
			return nil
		}
		f.After = &page.Cursor
		pulse, beat := context.WithTimeout(ctx, streamPulse)
		page, err = s.nextChanges(pulse, r, f, true)
		if beat(); err != nil {
			return nil // the headers are gone; the browser asks again, and is told
		}
	}
}

// sendEvents writes a page to a stream, and tells whether it could. The last
// number is sent with no event too, so that a browser passes over what it may not
// see.
func (s *server) sendEvents(w http.ResponseWriter, page promptz.EventPage) bool {
	for _, e := range page.Events {
		text, err := s.Envelope(e)
		if err != nil {
			return false
		}
		fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", e.Number, e.Type, text)
	}
	fmt.Fprintf(w, "id: %d\n\n", page.Cursor)
	return http.NewResponseController(w).Flush() == nil
}

// schemaPath is where JSON Schemas are.
const schemaPath = "/schemas/"

// addSchemas adds the JSON Schemas of events' data to the routes.
func addSchemas(routes *routes, files fs.FS) error {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return fmt.Errorf("read schemas: %w", err)
	}
	for _, entry := range entries {
		text, err := fs.ReadFile(files, entry.Name())
		if err != nil {
			return fmt.Errorf("read schema: %w", err)
		}
		routes.add(http.MethodGet, schemaPath+entry.Name(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			respond(w, r, representation{http.StatusOK, "application/schema+json", 0, text})
		}))
	}
	return nil
}
