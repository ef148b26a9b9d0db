package sqliteengine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backup writes a consistent copy of the database to a new file at dest, mode
// 0600, while reads and writes go on. When it returns nil the copy is on disk;
// when it fails there is no file. An existing dest is an error.
// See https://www.sqlite.org/lang_vacuum.html#vacuuminto.
func (e *Engine) Backup(ctx context.Context, dest string) error {
	if e.closed.Load() {
		return ErrClosed
	}
	created, err := os.OpenFile(dest, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return fmt.Errorf("back up database: %w", err)
	}
	err = errors.Join(created.Chmod(fileMode), created.Close())
	if err == nil {
		err = e.file.copyTo(ctx, dest)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("back up database: %w", err), os.Remove(dest))
	}
	return nil
}

// copyTo fills the empty file dest. It has a connection of its own, since it
// may take long and the pool is for what is short.
func (f *file) copyTo(ctx context.Context, dest string) error {
	conn, err := openConn(f.dsn("ro"))
	if err != nil {
		return err
	}
	_, err = conn.execUntil(ctx, "VACUUM INTO ?", dest)
	if err := errors.Join(err, conn.close()); err != nil {
		return err
	}
	if err := syncFile(dest); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dest))
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
