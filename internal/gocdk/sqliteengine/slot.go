package sqliteengine

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// slots hold the open files of this process by path. There is one for each path,
// and in it at most one file: that is the promise that a file has a single
// writer here.
var slots = struct {
	sync.Mutex
	byPath map[string]*slot
}{byPath: map[string]*slot{}}

// A slot is where a file is opened, shared and closed. Opening and closing wait
// for other processes, so each slot has turns of its own.
type slot struct {
	path  string
	refs  int           // who has or wants the file; guarded by slots
	turn  chan struct{} // holds a token while nobody opens or closes
	file  *file         // nil is not open; guarded by turn
	users int           // of file; guarded by turn
}

// acquire gives the file at path, opened by the first who wants it. ctx limits
// the wait for other processes and for whoever opens or closes it here.
func acquire(ctx context.Context, path string, opts Options) (*slot, error) {
	path, err := canonicalPath(path)
	if err != nil {
		return nil, err
	}
	s := enter(path)
	select {
	case <-s.turn:
	case <-ctx.Done():
		s.leave()
		return nil, ctx.Err()
	}
	err = s.open(ctx, opts)
	s.turn <- struct{}{}
	if err != nil {
		s.leave()
		return nil, err
	}
	return s, nil
}

func enter(path string) *slot {
	slots.Lock()
	defer slots.Unlock()
	s, ok := slots.byPath[path]
	if !ok {
		s = &slot{path: path, turn: make(chan struct{}, 1)}
		s.turn <- struct{}{}
		slots.byPath[path] = s
	}
	s.refs++
	return s
}

func (s *slot) leave() {
	slots.Lock()
	defer slots.Unlock()
	if s.refs--; s.refs == 0 {
		delete(slots.byPath, s.path)
	}
}

func (s *slot) open(ctx context.Context, opts Options) error {
	if s.file == nil {
		f := &file{path: s.path, opts: opts}
		if err := f.open(ctx); err != nil {
			return errors.Join(err, f.close())
		}
		s.file = f
	}
	if s.file.opts.SecureDelete != opts.SecureDelete {
		return fmt.Errorf("already open with secure_delete=%t", s.file.opts.SecureDelete)
	}
	s.users++
	return nil
}

// release gives the file back; the last who does closes it.
func (s *slot) release() error {
	defer s.leave()
	<-s.turn
	defer func() { s.turn <- struct{}{} }()
	if s.users--; s.users > 0 {
		return nil
	}
	f := s.file
	s.file = nil
	return f.close()
}
