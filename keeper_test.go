package app

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"promptz/internal/promptz"
)

func TestKeyFileIsMadeOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), secretKeyFile)
	const openers = 16
	sealed := make([][]byte, openers)
	var wg sync.WaitGroup
	for i := range openers {
		wg.Go(func() {
			keeper, err := openKeyFile(path)
			if err != nil {
				t.Error(err)
				return
			}
			if sealed[i], err = keeper.Encrypt(t.Context(), []byte("root")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	keeper, err := openKeyFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range sealed {
		if got, err := keeper.Decrypt(t.Context(), s); string(got) != "root" {
			t.Errorf("opener %d used another key: %v", i, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestKeyFileIsRefused(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("A", 43) + "="
	for name, tt := range map[string]struct {
		text string
		mode os.FileMode
		says string
	}{
		"readable by the group": {good, 0o640, "chmod 600"},
		"readable by all":       {good, 0o604, "chmod 600"},
		"empty":                 {"", 0o600, "32 bytes in base64"},
		"too short":             {"AAAA", 0o600, "32 bytes in base64"},
		"no base64":             {"!" + good[1:], 0o600, "32 bytes in base64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), secretKeyFile)
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			_, err := openKeyFile(path)
			if promptz.ErrorCode(err) != promptz.CodeConflict || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v", err)
			}
			if tt.text != "" && strings.Contains(err.Error(), tt.text) {
				t.Error("the error shows the key")
			}
			if after, _ := os.ReadFile(path); string(after) != tt.text {
				t.Error("the file was changed")
			}
		})
	}
}
