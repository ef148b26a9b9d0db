//go:build unix

package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"promptz/internal/promptz"
)

// lockData makes the data folder, for its owner alone, and takes its lock: shared
// by everything that uses the data, alone by what replaces it. It does not
// wait; the lock ends with the process.
func lockData(dir string, alone bool) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
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
