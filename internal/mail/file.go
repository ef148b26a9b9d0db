package mail

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"promptz/internal/promptz"
)

// FileSender writes each mail to a file of its own in a folder, the outbox, for
// who has no mail server. Safe for concurrent use.
type FileSender struct {
	dir string
	log *slog.Logger
	now func() time.Time
}

// OpenFileSender opens the folder that file://DIR names, and makes it for its owner
// alone where there is none. One that others can write in is refused: they could
// put files there to read what we write. now is the clock that names files.
func OpenFileSender(u *url.URL, log *slog.Logger, now func() time.Time) (*FileSender, error) {
	dir := filepath.FromSlash(u.Host + u.Path)
	if dir == "" || u.User != nil || u.RawQuery != "" {
		return nil, promptz.Errorf(promptz.CodeNotValid, "mail: has to be file:// and a folder.")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make outbox: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return nil, promptz.Errorf(promptz.CodeConflict,
			"Others can write in %s (mode %04o), where mails would go. Run `chmod 700 %s`.", dir, info.Mode().Perm(), dir)
	}
	return &FileSender{dir: dir, log: log, now: now}, nil
}

// Send writes the mail as <time>-<letter's id>.eml, for the folder's owner alone.
// It appears whole or not at all, and is on disk when Send returns. The log says
// where, and nothing of what stands in it.
func (s *FileSender) Send(ctx context.Context, m Message) error {
	raw, err := m.raw()
	if err != nil {
		return err
	}
	if err := s.write(ctx, m.ID, raw); err != nil {
		return &promptz.Error{Code: promptz.CodeUnavailable, Op: "write mail", Message: "The outbox can't be written.", Err: err}
	}
	return nil
}

func (s *FileSender) write(ctx context.Context, id string, raw []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path := filepath.Join(s.dir, s.now().UTC().Format("20060102T150405.000Z")+"-"+id+".eml")
	// Named by the letter, which one process sends at a time: what a crash leaves
	// is gone when it is sent again.
	draft := filepath.Join(s.dir, "."+id+".draft")
	if err := writeFile(draft, path, raw); err != nil {
		return errors.Join(err, removeFile(draft))
	}
	s.log.InfoContext(ctx, "mail written", "file", path)
	return nil
}

// writeFile writes a file under another name first.
func writeFile(draft, path string, content []byte) error {
	if err := removeFile(draft); err != nil {
		return err
	}
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(draft, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// removeFile makes sure that there is no file of that name.
func removeFile(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// syncFolder makes the names in a folder last.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
