package app

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"promptz/internal/config"
	"promptz/internal/gocdk/sqlitedocstore"
	"promptz/internal/gocdk/sqliteengine"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// maxBackupFile bounds a database in a backup, in bytes.
const maxBackupFile = 1 << 40

// Backup writes a copy of the live databases to a new file at path, as one tar,
// beside running servers. It is for documents in SQLite; on other stores it
// fails with what to do instead.
func Backup(ctx context.Context, cfg config.Config, path string) (err error) {
	databases, err := findDatabases(cfg)
	if err != nil {
		return err
	}
	for _, d := range databases {
		if _, err := os.Stat(d.file); err != nil {
			return fmt.Errorf("back up %s: %w", d.collection, err)
		}
	}
	unlock, err := lockAll(cfg, false)
	if err != nil {
		return err
	}
	defer unlock()
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("create backup: %w", err)
	}
	defer func() {
		if err = errors.Join(err, out.Close()); err != nil {
			os.Remove(path)
		}
	}()
	w := tar.NewWriter(out)
	for _, d := range databases {
		if err := addDatabase(ctx, w, d); err != nil {
			return fmt.Errorf("back up %s: %w", d.collection, err)
		}
	}
	return errors.Join(w.Close(), out.Sync())
}

// addDatabase adds a consistent copy of one database to the tar.
func addDatabase(ctx context.Context, w *tar.Writer, d database) error {
	engine, err := sqliteengine.Open(ctx, d.file, nil)
	if err != nil {
		return err
	}
	defer engine.Close()
	dir, err := os.MkdirTemp(filepath.Dir(d.file), "backup-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	copied := filepath.Join(dir, d.entry())
	if err := engine.Backup(ctx, copied); err != nil {
		return err
	}
	return addFile(w, copied)
}

func addFile(w *tar.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Name: filepath.Base(path), Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}

// database is where a collection is kept.
type database struct{ collection, table, file string }

// findDatabases finds the databases that a backup holds.
func findDatabases(cfg config.Config) ([]database, error) {
	var databases []database
	for _, collection := range []string{store.LibraryCollection, store.IdentityCollection} {
		raw, err := cfg.DocumentsURL(collection)
		if err != nil {
			return nil, err
		}
		u, err := url.Parse(raw)
		if err != nil || !strings.EqualFold(u.Scheme, sqlitedocstore.Scheme) {
			return nil, promptz.Errorf(promptz.CodeNotValid,
				"Backup and restore are for documents in SQLite. Use the store's own backup, or `promptz export`.")
		}
		file := u.Query().Get("file")
		if slices.ContainsFunc(databases, func(d database) bool { return d.file == file }) {
			return nil, promptz.Errorf(promptz.CodeNotValid,
				"Backup and restore want a file for each collection: put {collection} into the file's name.")
		}
		databases = append(databases, database{collection, u.Host, file})
	}
	return databases, nil
}

// entry is the database's name in a backup.
func (d database) entry() string { return d.collection + ".db" }

// verify sees that the file at path is whole and holds the collection.
func (d database) verify(ctx context.Context, path string) error {
	engine, err := sqliteengine.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	return errors.Join(engine.Read(ctx, func(c *sqliteengine.Conn) error {
		var verdict string
		if err := c.QueryRow(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
			return err
		}
		if verdict != "ok" {
			return errors.New(verdict)
		}
		var found bool
		const named = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?"
		if err := c.QueryRow(ctx, named, d.table).Scan(&found); err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("it does not hold the collection %q", d.table)
		}
		return nil
	}), engine.Close())
}
