package sqliteengine

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
)

// fileMode is the mode of every file the engine makes: none but the owner.
const fileMode fs.FileMode = 0o600

// maxMapped is how much of a file readers see through the system's memory, in
// bytes. It takes addresses, not memory.
const maxMapped = 8 << 30

// A file is what all openings of one database share.
type file struct {
	path    string
	opts    Options
	lock    *lockFile
	writer  *writer
	readers *pool
}

// canonicalPath makes one name of all names of a file, whether it exists or not.
func canonicalPath(path string) (string, error) {
	if path == "" {
		return "", errors.New("no file name")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real, nil
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.Base(abs)), nil
}

func (f *file) open(ctx context.Context) error {
	lock, err := openLockFile(f.path + ".lock")
	if err != nil {
		return err
	}
	f.lock = lock
	// Switching a new file to WAL wants it for itself.
	if err := f.lock.lock(ctx.Done()); err != nil {
		return errors.Join(err, ctx.Err())
	}
	defer f.lock.unlock()
	if err := createPrivate(f.path); err != nil {
		return err
	}
	f.readers = newPool(f.dsn("ro"), f.opts.Readers)
	w, err := startWriter(ctx, f)
	if err != nil {
		return err
	}
	f.writer = w
	return nil
}

// close undoes open, however far that came. The writer's connection goes after
// the readers': SQLite empties and removes the write-ahead log when the last
// connection closes, if that one may write.
func (f *file) close() error {
	var errs []error
	if f.readers != nil {
		errs = append(errs, f.readers.close())
	}
	if f.writer != nil {
		errs = append(errs, f.writer.stop())
	}
	if f.lock != nil {
		errs = append(errs, f.lock.close())
	}
	return errors.Join(errs...)
}

// dsn names the file to the driver, with the settings of each new connection.
func (f *file) dsn(mode string) string {
	pragmas := []string{
		"busy_timeout(" + strconv.FormatInt(f.opts.BusyTimeout.Milliseconds(), 10) + ")",
		"temp_store(memory)",
		"cache_size(-32768)", // KiB, at most: enough for the inner pages of ten million rows
	}
	if mode == "ro" {
		// Pages that the system has in memory need not be read again: at a
		// million documents that is a quarter of a read.
		// See https://www.sqlite.org/mmap.html.
		pragmas = append(pragmas, "mmap_size("+strconv.Itoa(maxMapped)+")")
	}
	if mode == "rw" {
		pragmas = append(pragmas,
			"journal_mode(wal)",
			"synchronous(full)",
			// fsync on macOS does not reach the disk without these.
			"fullfsync(on)",
			"checkpoint_fullfsync(on)",
			"journal_size_limit(67108864)",
			"secure_delete("+strconv.FormatBool(f.opts.SecureDelete)+")",
		)
	}
	u := url.URL{
		Scheme:   "file",
		Path:     f.path,
		RawQuery: url.Values{"mode": {mode}, "_pragma": pragmas}.Encode(),
	}
	return u.String()
}

// createPrivate makes path an empty file, or narrows the mode of the one there
// is. SQLite gives the files it makes beside a database the database's mode.
// An existing file is not opened: closing any descriptor of it would drop the
// locks that SQLite holds on it in this process.
func createPrivate(path string) error {
	created, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	switch {
	case errors.Is(err, fs.ErrExist):
		return narrowModes(path)
	case err != nil:
		return err
	}
	if err := errors.Join(created.Chmod(fileMode), created.Close()); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func narrowModes(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		err := os.Chmod(path+suffix, fileMode)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// syncDir makes the names in a folder durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
