package mail_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/mail"
	"promptz/internal/promptz"
)

// openOutbox opens a file sender on dir, whose clock stands still.
func openOutbox(t *testing.T, dir string, log *bytes.Buffer) *mail.FileSender {
	t.Helper()
	now := func() time.Time { return asked.Add(1500 * time.Millisecond) }
	s, err := mail.OpenFileSender(&url.URL{Scheme: "file", Path: dir}, slog.New(slog.NewTextHandler(log, nil)), now)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// A mail lies in the outbox for its owner alone, and the log says no more than
// where.
func TestFileSender(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "outbox")
	var log bytes.Buffer
	l := letter(promptz.LetterCode)
	if err := newMailer(t, openOutbox(t, dir, &log)).Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	const name = "20261123T201531.500Z-7h3q0x9k2m4n.eml"
	if diff := cmp.Diff([]string{name}, names(t, dir)); diff != "" {
		t.Fatalf("files (-want +got)\n%s", diff)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, name): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v (%v), want %v", path, info.Mode().Perm(), err, want)
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if s := read(t, sent{raw: raw}); s.text != send(t, l).text {
		t.Errorf("another text lies there:\n%s", s.text)
	}
	if !strings.Contains(log.String(), name) {
		t.Errorf("the log does not say where: %s", log.String())
	}
	for _, secret := range []string{l.Code, "1234", l.Link, l.To, "maria"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q: %s", secret, log.String())
		}
	}
}

// What a crash left between writing and renaming is no mail, and goes when the
// letter is sent again.
func TestFileSenderAfterCrash(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "outbox")
	var log bytes.Buffer
	m := newMailer(t, openOutbox(t, dir, &log))
	if err := os.WriteFile(filepath.Join(dir, ".7h3q0x9k2m4n.draft"), []byte("From: pro"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), letter(promptz.LetterCode)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"20261123T201531.500Z-7h3q0x9k2m4n.eml"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got)\n%s", diff)
	}
}

// A mail that can't get its name leaves nothing, and the log tells of none.
func TestFileSenderFails(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "outbox")
	var log bytes.Buffer
	m := newMailer(t, openOutbox(t, dir, &log))
	const taken = "20261123T201531.500Z-7h3q0x9k2m4n.eml"
	if err := os.Mkdir(filepath.Join(dir, taken), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := m.Send(t.Context(), letter(promptz.LetterCode)); promptz.ErrorCode(err) != promptz.CodeUnavailable {
		t.Errorf("error %v, want %s", err, promptz.CodeUnavailable)
	}
	if diff := cmp.Diff([]string{taken}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got)\n%s", diff)
	}
	if log.Len() > 0 {
		t.Errorf("the log tells of a mail: %s", log.String())
	}
}

// Whoever looks into the outbox while it is written sees whole mails alone.
func TestFileSenderWritesWholeMails(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "outbox")
	var log bytes.Buffer
	m := newMailer(t, openOutbox(t, dir, &log))
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < rounds && err == nil; i++ { // onto the same name, time and again
			err = m.Send(t.Context(), letter(promptz.LetterCode))
		}
		done <- err
	}()
	seen := 0
	for {
		select {
		case err := <-done:
			if err != nil || seen == 0 {
				t.Fatalf("error %v, and %d mails were seen", err, seen)
			}
			return
		default:
		}
		raw, err := os.ReadFile(filepath.Join(dir, "20261123T201531.500Z-7h3q0x9k2m4n.eml"))
		if err != nil {
			continue // it is not there yet
		}
		seen++
		if !strings.HasSuffix(read(t, sent{raw: raw}).html, "</html>\n") {
			t.Fatalf("half a mail:\n%s", raw)
		}
	}
}

// A draft is never written through a link that somebody put there.
func TestFileSenderFollowsNoLink(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "outbox")
	var log bytes.Buffer
	s := openOutbox(t, dir, &log)
	trap := filepath.Join(t.TempDir(), "trap")
	if err := os.WriteFile(trap, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(trap, filepath.Join(dir, ".7h3q0x9k2m4n.draft")); err != nil {
		t.Fatal(err)
	}
	if err := newMailer(t, s).Send(t.Context(), letter(promptz.LetterCode)); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(trap); err != nil || len(content) > 0 {
		t.Errorf("%d bytes (%v) went through the link", len(content), err)
	}
}

func TestFileSenderContextEnded(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "outbox")
	var log bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := newMailer(t, openOutbox(t, dir, &log)).Send(ctx, letter(promptz.LetterCode))
	if promptz.ErrorCode(err) != promptz.CodeUnavailable || len(names(t, dir)) > 0 {
		t.Errorf("error %v and files %v, want %s and none", err, names(t, dir), promptz.CodeUnavailable)
	}
}

func TestOpenFileSenderRefuses(t *testing.T) {
	t.Parallel()
	open := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o777); err != nil { // past the umask
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, u := range map[string]*url.URL{
		"others can write": {Scheme: "file", Path: open},
		"a file":           {Scheme: "file", Path: file},
		"no folder":        {Scheme: "file"},
		"a user":           {Scheme: "file", User: url.User("x"), Path: t.TempDir()},
		"an option":        {Scheme: "file", Path: t.TempDir(), RawQuery: "x=y"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := mail.OpenFileSender(u, slog.New(slog.DiscardHandler), time.Now); err == nil {
				t.Errorf("%s was opened", u)
			}
		})
	}
}

// file://data/outbox is below the working folder: what stands for a host is part
// of the path.
func TestOpenFileSenderRelative(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, raw := range []string{"file://data/outbox", "file://./here/outbox"} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := mail.OpenFileSender(u, slog.New(slog.DiscardHandler), time.Now); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"data/outbox", "here/outbox"} {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
