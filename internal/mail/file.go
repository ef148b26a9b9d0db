package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"promptz/internal/promptz"
)

// FileSender writes each mail to a file of its own in a folder, for who has no
// mail server. Safe for concurrent use.
type FileSender struct {
	dir string
	log *slog.Logger
	now func() time.Time
}

// OpenFileSender makes the folder that a file:// URL names, for its owner alone.
func OpenFileSender(u *url.URL, log *slog.Logger, now func() time.Time) (*FileSender, error) {
	dir := filepath.FromSlash(u.Host + u.Path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make outbox: %w", err)
	}
	return &FileSender{dir: dir, log: log, now: now}, nil
}

// Send writes the mail; it appears whole or not at all, and is on disk when Send
// returns. The log says where, and not what stands in it.
func (s *FileSender) Send(_ context.Context, m *Message) error {
	raw, err := m.Raw()
	if err != nil {
		return err
	}
	name := s.now().UTC().Format("20060102T150405.000") + "-" + m.ID + ".eml"
	if err := writeFile(s.dir, name, raw); err != nil {
		return &promptz.Error{Code: promptz.CodeUnavailable, Op: "write mail", Message: "The outbox can't be written.", Err: err}
	}
	s.log.Info("mail written", "file", filepath.Join(s.dir, name))
	return nil
}

func writeFile(dir, name string, raw []byte) error {
	f, err := os.CreateTemp(dir, ".mail-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // it is gone once it is renamed
	_, err = f.Write(raw)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, name))
}
