package app

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"promptz/internal/config"
	"promptz/internal/events"
	"promptz/internal/library"
	"promptz/internal/promptz"
)

// The writers are processes of this test binary, with these set.
const (
	writersData      = "PROMPTZ_WRITERS_DATA"
	writersDocuments = "PROMPTZ_WRITERS_DOCUMENTS"
	writersSkews     = "PROMPTZ_WRITERS_SKEWS" // of each writer's clock, with commas between
	writersShared    = "PROMPTZ_WRITERS_SHARED"
	writersRounds    = "PROMPTZ_WRITERS_ROUNDS"
)

func TestMain(m *testing.M) {
	if os.Getenv(writersData) == "" {
		os.Exit(m.Run())
	}
	if err := runWriters(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// write runs a process of writers for each list of skews, and gives the events of
// what was acknowledged to them.
func (s *serving) write(t *testing.T, shared string, rounds int, skews ...string) (done []fact) {
	t.Helper()
	var mu sync.Mutex
	var writing sync.WaitGroup
	for _, skew := range skews {
		writing.Go(func() {
			facts, err := s.runProcess(t.Context(), shared, rounds, skew)
			if err != nil {
				t.Errorf("writers with clocks at %s: %v", skew, err)
			}
			mu.Lock()
			defer mu.Unlock()
			done = append(done, facts...)
		})
	}
	writing.Wait()
	return done
}

func (s *serving) runProcess(ctx context.Context, shared string, rounds int, skews string) (facts []fact, err error) {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), writersData+"="+s.cfg.Data, writersDocuments+"="+s.cfg.Documents,
		writersSkews+"="+skews, writersShared+"="+shared, writersRounds+"="+strconv.Itoa(rounds))
	words := new(strings.Builder)
	cmd.Stderr = words
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var f fact
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			return facts, err
		}
		facts = append(facts, f)
	}
	if err := cmd.Wait(); err != nil {
		return facts, fmt.Errorf("%w\n%s", err, words)
	}
	return facts, nil
}

// author is who all writers write as.
var author = somebody("author")

// toggler sets a star and takes it back in all writers at the same time.
const toggler = "toggler"

func somebody(id string) promptz.Principal {
	return promptz.Principal{UserID: id, Role: promptz.RoleUser, Scopes: []promptz.Scope{promptz.ScopeRead, promptz.ScopeWrite}}
}

func writersDraft(content string) promptz.Draft {
	return promptz.Draft{
		Text:       promptz.Text{Name: "Written at once", Description: "Made by a test.", Content: content},
		Visibility: promptz.VisibilityPublic,
	}
}

func writersConfig(dir, documents string) (config.Config, error) {
	environ := []string{"PROMPTZ_DATA=" + dir, "PROMPTZ_LISTEN=127.0.0.1:0", "PROMPTZ_LIMITS=off"}
	if documents != "" {
		environ = append(environ, "PROMPTZ_DOCUMENTS="+documents)
	}
	return LoadConfig(&config.Flags{}, environ)
}

// runWriters is a process of writers, one for each skew: it ends when they have
// written, whatever its relays have moved by then.
func runWriters(ctx context.Context, out io.Writer) error {
	cfg, err := writersConfig(os.Getenv(writersData), os.Getenv(writersDocuments))
	if err != nil {
		return err
	}
	rounds, err := strconv.Atoi(os.Getenv(writersRounds))
	if err != nil {
		return err
	}
	writing, ctx := errgroup.WithContext(ctx)
	acknowledged := newAcknowledged(out)
	for _, skew := range strings.Split(os.Getenv(writersSkews), ",") {
		off, err := time.ParseDuration(skew)
		if err != nil {
			return err
		}
		w, cleanup, err := openWriter(ctx, cfg, off, acknowledged)
		if err != nil {
			return err
		}
		defer cleanup()
		writing.Go(func() error { return w.write(ctx, os.Getenv(writersShared), rounds) })
	}
	return writing.Wait()
}

// writer is one writer, with stores, a clock and a relay of its own.
type writer struct {
	*library.Service
	acknowledged func(fact)
}

func newAcknowledged(out io.Writer) func(fact) {
	var mu sync.Mutex
	lines := json.NewEncoder(out)
	return func(f fact) {
		mu.Lock()
		defer mu.Unlock()
		lines.Encode(f)
	}
}

func openWriter(ctx context.Context, cfg config.Config, skew time.Duration, acknowledged func(fact)) (*writer, func(), error) {
	docs, now := newDocuments(slog.New(slog.DiscardHandler)), func() time.Time { return time.Now().Add(skew) }
	items, closeItems, err := openLibrary(ctx, data{}, cfg, docs, now, rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	users, closeUsers, err := openIdentity(ctx, data{}, cfg, docs, now, rand.Reader)
	if err != nil {
		closeItems()
		return nil, nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	var relaying sync.WaitGroup
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	relaying.Go(func() { events.NewRelay(items.Log(), events.NewWatch(log, items.Log()), log).Run(ctx) })
	w := &writer{library.NewService(library.Deps{Items: items, Users: users, Now: now, Random: rand.Reader}), acknowledged}
	return w, func() { stop(); relaying.Wait(); closeUsers(); closeItems() }, nil
}

// write creates items, and edits and stars the one that is shared.
func (w *writer) write(ctx context.Context, shared string, rounds int) error {
	for range rounds {
		item, _, err := w.CreateItem(ctx, author, promptz.KindPrompt, writersDraft(rand.Text()), nil)
		if err != nil {
			return err
		}
		for _, f := range createdFacts(item.ID) {
			w.acknowledged(f)
		}
		for _, id := range []string{item.ID, shared} {
			if err := w.edit(ctx, id); err != nil {
				return err
			}
		}
		if err := w.toggle(ctx, shared); err != nil {
			return err
		}
	}
	return nil
}

// toggle sets a star of somebody new and takes it back, and one of somebody who
// does so elsewhere, too, where it is often done already.
func (w *writer) toggle(ctx context.Context, id string) error {
	for _, user := range []string{rand.Text(), toggler} {
		p := somebody(user)
		if _, err := w.StarItem(ctx, p, promptz.KindPrompt, id); err != nil {
			return err
		}
		if _, err := w.UnstarItem(ctx, p, promptz.KindPrompt, id); err != nil {
			return err
		}
		if user != toggler {
			w.acknowledged(fact{promptz.EventItemStarred, id, 0, user})
			w.acknowledged(fact{promptz.EventItemUnstarred, id, 0, user})
		}
	}
	return nil
}

// edit makes another version, however many others do at the same time.
func (w *writer) edit(ctx context.Context, id string) error {
	for {
		item, err := w.UpdateItem(ctx, author, promptz.KindPrompt, id, func(*promptz.Item) (promptz.Draft, error) {
			return writersDraft(rand.Text()), nil
		})
		if errors.Is(err, promptz.ErrStale) {
			continue
		}
		if err != nil {
			return err
		}
		w.acknowledged(fact{promptz.EventItemUpdated, id, item.Version, ""})
		return nil
	}
}
