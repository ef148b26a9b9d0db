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

// backedUp are the collections that a backup holds, each as <collection>.db.
var backedUp = []string{store.LibraryCollection, store.IdentityCollection}

// maxBackupFile bounds a database in a backup, in bytes.
const maxBackupFile = 1 << 40

// Backup writes a copy of the live databases to a new file at path, as one tar,
// beside running servers. It is for documents in SQLite; on other stores it
// fails with what to do instead.
func Backup(ctx context.Context, cfg config.Config, path string) (err error) {
	files, err := databaseFiles(cfg)
	if err != nil {
		return err
	}
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
	for _, collection := range backedUp {
		if err := addDatabase(ctx, w, collection, files[collection]); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), out.Sync())
}

// addDatabase adds a consistent copy of one database to the tar.
func addDatabase(ctx context.Context, w *tar.Writer, collection, file string) error {
	if _, err := os.Stat(file); err != nil {
		return fmt.Errorf("back up %s: %w", collection, err)
	}
	engine, err := sqliteengine.Open(ctx, file, nil)
	if err != nil {
		return err
	}
	defer engine.Close()
	dir, err := os.MkdirTemp(filepath.Dir(file), "backup-*")
	if err != nil {
		return fmt.Errorf("back up %s: %w", collection, err)
	}
	defer os.RemoveAll(dir)
	copied := filepath.Join(dir, collection+".db")
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
	files, err := databaseFiles(cfg)
	if err != nil {
		return err
	}
	unlock, err := lockData(cfg.Data, true)
	if err != nil {
		return err
	}
	defer unlock()
	in, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open backup: %w", err)
	}
	defer in.Close()
	dir, err := os.MkdirTemp(cfg.Data, "restore-*")
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := unpack(ctx, in, dir); err != nil {
		return err
	}
	for _, collection := range backedUp {
		if err := replace(files[collection], filepath.Join(dir, collection+".db")); err != nil {
			return err
		}
	}
	return nil
}

// unpack takes the databases out of a backup, all of them and nothing else, and
// sees that each is sound.
func unpack(ctx context.Context, in io.Reader, dir string) error {
	missing := map[string]bool{}
	for _, collection := range backedUp {
		missing[collection+".db"] = true
	}
	for r := tar.NewReader(in); ; {
		header, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("read backup: %w; it must be a file that `promptz backup` wrote", err)
		}
		if !missing[header.Name] || header.Typeflag != tar.TypeReg || header.Size > maxBackupFile {
			return promptz.Errorf(promptz.CodeNotValid, "The backup holds %q, which no backup of Promptz does.", header.Name)
		}
		delete(missing, header.Name)
		if err := writeDatabase(ctx, filepath.Join(dir, header.Name), r); err != nil {
			return err
		}
	}
	for name := range missing {
		return promptz.Errorf(promptz.CodeNotValid, "The backup is not whole: %s is missing.", name)
	}
	return nil
}

func writeDatabase(ctx context.Context, path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(path), err)
	}
	engine, err := sqliteengine.Open(ctx, path, nil)
	if err != nil {
		return fmt.Errorf("the backup's %s is no sound database: %w", filepath.Base(path), err)
	}
	return engine.Close()
}

// replace moves the database at next to path, and what was there aside.
func replace(path, next string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		err := os.Rename(path+suffix, path+".replaced"+suffix)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("restore: %w", err)
		}
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

// databaseFiles gives the database file of each collection.
func databaseFiles(cfg config.Config) (map[string]string, error) {
	files := map[string]string{}
	for _, collection := range backedUp {
		raw, err := cfg.DocumentsURL(collection)
		if err != nil {
			return nil, err
		}
		u, err := url.Parse(raw)
		if err != nil || !strings.EqualFold(u.Scheme, sqlitedocstore.Scheme) {
			return nil, promptz.Errorf(promptz.CodeNotValid,
				"Backup and restore are for documents in SQLite. Use the store's own backup, or `promptz export`.")
		}
		files[collection] = u.Query().Get("file")
	}
	return files, nil
}
