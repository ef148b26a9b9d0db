package store

import (
	"context"
	"sync"
)

// turns lets those of this process who were in each other's way at a document go on
// one after the other. Without, of many who try again at the same time on a store
// that refuses all but one, ever fewer get through. The zero value is ready. Safe
// for concurrent use.
type turns struct {
	mu    sync.Mutex
	lines map[string]*line
}

// line is who waits for one document.
type line struct {
	turn  chan struct{} // holds one token while it is somebody's turn
	count int           // of those who wait, or whose turn it is
}

// take returns when it is the caller's turn, until giveBack is called. It fails
// with the error of ctx.
func (t *turns) take(ctx context.Context, key string) (giveBack func(), err error) {
	t.mu.Lock()
	if t.lines == nil {
		t.lines = map[string]*line{}
	}
	l := t.lines[key]
	if l == nil {
		l = &line{turn: make(chan struct{}, 1)}
		t.lines[key] = l
	}
	l.count++
	t.mu.Unlock()
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn; t.leave(key, l) }, nil
	case <-ctx.Done():
		t.leave(key, l)
		return nil, ctx.Err()
	}
}

func (t *turns) leave(key string, l *line) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if l.count--; l.count == 0 {
		delete(t.lines, key)
	}
}
