package app

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"promptz/internal/config"
	"promptz/internal/promptz"
)

// Restore puts the databases of a backup where the configuration says. It
// refuses while a server or another command runs on the same data. Databases
// that are there already are kept beside, with ".replaced" after their names.
//
// Everything is unpacked and checked before the first is replaced. From then to
// the end a marker keeps servers away, so that whatever stops it in between, it
// only has to be run again.
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
	unlock, err := lockAll(cfg, true)
	if err != nil {
		return err
	}
	defer unlock()
	staged, cleanup, err := stage(databases)
	defer cleanup()
	if err != nil {
		return err
	}
	if err := unpack(ctx, in, databases, staged); err != nil {
		return err
	}
	if err := mark(cfg); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for _, d := range databases {
		if err := replace(d.file, staged[d.entry()]); err != nil {
			return fmt.Errorf("restore: %w; run it again when that is mended", err)
		}
	}
	return unmark(cfg)
}

// stage makes a folder beside each database, whence it can be renamed, and gives
// where each goes until then, by entry.
func stage(databases []database) (staged map[string]string, cleanup func(), err error) {
	staged = map[string]string{}
	cleanup = func() {
		for _, path := range staged {
			os.RemoveAll(filepath.Dir(path))
		}
	}
	for _, d := range databases {
		dir, err := os.MkdirTemp(filepath.Dir(d.file), "restore-*")
		if err != nil {
			return staged, cleanup, fmt.Errorf("restore: %w", err)
		}
		staged[d.entry()] = filepath.Join(dir, d.entry())
	}
	return staged, cleanup, nil
}

// mark says in every folder that a restore began.
func mark(cfg config.Config) error {
	for _, dir := range foldersOf(cfg) {
		f, err := os.OpenFile(filepath.Join(dir, unfinished), os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close(), syncFolder(dir)); err != nil {
			return err
		}
	}
	return nil
}

// unmark says that it ended.
func unmark(cfg config.Config) error {
	for _, dir := range foldersOf(cfg) {
		if err := errors.Join(os.Remove(filepath.Join(dir, unfinished)), syncFolder(dir)); err != nil {
			return fmt.Errorf("end restore: %w", err)
		}
	}
	return nil
}

// unpack takes the databases out of a backup, all of them and nothing else, and
// sees that each is sound.
func unpack(ctx context.Context, in io.Reader, databases []database, staged map[string]string) error {
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
		path := staged[header.Name]
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

// replace moves the database at next to path, and what was there aside under names
// that nothing has: a restore may be run again, and takes nothing away.
func replace(path, next string) error {
	aside, err := freeName(path + ".replaced")
	if err != nil {
		return err
	}
	// The log first: the new database must never stand beside the old one's.
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path)) // or a power cut undoes the renames
}

// freeName is name, or name with a number, such that no database is called so.
func freeName(name string) (string, error) {
	free := name
	for n := 2; ; n++ {
		taken := false
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_, err := os.Lstat(free + suffix)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return "", err
			}
			taken = taken || err == nil
		}
		if !taken {
			return free, nil
		}
		free = fmt.Sprintf("%s-%d", name, n)
	}
}

func syncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
