//go:build unix

package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"promptz/internal/config"
	"promptz/internal/promptz"
)

// unfinished is the file that says that a restore began in a folder and did not
// end: its databases may be of two states.
const unfinished = "restore-unfinished"

// lockAll makes the data folder, for its owner alone, and locks it and those of
// the databases: see lockFolder. What is not alone is refused while a restore is unfinished in one of them.
func lockAll(cfg config.Config, alone bool) (unlock func(), err error) {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	var unlocks []func()
	unlock = func() {
		for _, u := range unlocks {
			u()
		}
	}
	for _, dir := range foldersOf(cfg) {
		u, err := lockFolder(dir, alone)
		if err != nil {
			unlock()
			return nil, err
		}
		unlocks = append(unlocks, u)
		if _, err := os.Stat(filepath.Join(dir, unfinished)); err == nil && !alone {
			unlock()
			return nil, promptz.Errorf(promptz.CodeConflict,
				"A restore began in %s and did not end. Run it again: `promptz restore FILE`.", dir)
		}
	}
	return unlock, nil
}

// foldersOf gives the data folder and those of databases that lie elsewhere.
func foldersOf(cfg config.Config) []string {
	dirs := []string{filepath.Clean(cfg.Data)}
	databases, err := findDatabases(cfg)
	if err != nil { // they are no files
		return dirs
	}
	data, err := filepath.Abs(cfg.Data)
	for _, d := range databases {
		if dir := filepath.Dir(d.file); err == nil && dir != data && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// lockFolder takes a folder's lock: shared by everything that uses the data, alone
// by what replaces it. It does not wait; the lock ends with the process.
func lockFolder(dir string, alone bool) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	how := unix.LOCK_SH
	if alone {
		how = unix.LOCK_EX
	}
	err = unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		f.Close()
		if alone {
			return nil, promptz.Errorf(promptz.CodeConflict, "A server or another command is using %s. Stop it first.", dir)
		}
		return nil, promptz.Errorf(promptz.CodeConflict, "A restore is replacing %s. Wait for its end.", dir)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return func() { f.Close() }, nil
}
