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
	unlock, err := lockData(cfg.Data, false)
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

// Restore puts the databases of a backup where the configuration says. It
// refuses while a server or another command runs on the same data. Databases
// that are there already are kept beside, with ".replaced" after their names.
func Restore(ctx context.Context, cfg config.Config, path string) error {
	databases, err := findDatabases(cfg)
	if err != nil {
		return err
	}
	in, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open backup: %w", err)
	}
	defer in.Close()
	unlock, err := lockData(cfg.Data, true)
	if err != nil {
		return err
	}
	defer unlock()
	dir, err := os.MkdirTemp(filepath.Dir(databases[0].file), "restore-*") // whence it can be renamed
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := unpack(ctx, in, dir, databases); err != nil {
		return err
	}
	for _, d := range databases {
		if err := replace(d.file, filepath.Join(dir, d.entry())); err != nil {
			return fmt.Errorf("restore: %w", err)
		}
	}
	return nil
}

// unpack takes the databases out of a backup, all of them and nothing else, and
// sees that each is sound.
func unpack(ctx context.Context, in io.Reader, dir string, databases []database) error {
	missing := map[string]database{}
	for _, d := range databases {
		missing[d.entry()] = d
	}
	for r := tar.NewReader(in); ; {
		header, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("read backup: %w; it must be a file that `promptz backup` wrote", err)
		}
		d, ok := missing[header.Name]
		if !ok || header.Typeflag != tar.TypeReg || header.Size > maxBackupFile {
			return promptz.Errorf(promptz.CodeNotValid, "The backup holds %q, which no backup of Promptz does.", header.Name)
		}
		delete(missing, header.Name)
		path := filepath.Join(dir, header.Name)
		if err := writeFile(path, r); err != nil {
			return fmt.Errorf("unpack %s: %w", header.Name, err)
		}
		if err := d.verify(ctx, path); err != nil {
			return fmt.Errorf("the backup's %s is no sound database: %w", header.Name, err)
		}
	}
	for name := range missing {
		return promptz.Errorf(promptz.CodeNotValid, "The backup is not whole: %s is missing.", name)
	}
	return nil
}

func writeFile(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Sync(), f.Close())
}

// replace moves the database at next to path, and what was there aside.
func replace(path, next string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		aside := path + ".replaced" + suffix
		// What an earlier restore kept would be taken for this one's log.
		if err := os.Remove(aside); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := os.Rename(path+suffix, aside); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close()) // or a power cut undoes the renames
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
		databases = append(databases, database{collection, u.Host, u.Query().Get("file")})
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
