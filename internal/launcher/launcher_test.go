package launcher_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"promptz/internal/launcher"
)

// sh is a launcher that does what a script of the shell says.
func sh(script string) *exec.Cmd { return exec.Command("sh", "-c", script) }

func TestStart(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name   string
		ctx    context.Context
		cmd    *exec.Cmd
		port   int
		faults []string // what the error says; none is none
	}{
		{"names its port", t.Context(), sh("echo hello; echo port 4711; cat"), 4711, nil},
		{"writes on and on", t.Context(), sh("echo port 4711; yes | head -c 300000; cat"), 4711, nil},
		{"ends", t.Context(), sh("echo no such jar >&2; exit 1"), 0, []string{"without naming its port", "no such jar"}},
		{"names none", ended, sh("cat"), 0, []string{"context canceled"}},
		{"is not there", t.Context(), exec.Command(filepath.Join(t.TempDir(), "absent")), 0, []string{"no such file"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, port, err := launcher.Start(tt.ctx, tt.cmd)
			if err == nil {
				defer p.Kill()
			}
			if port != tt.port || (err == nil) != (tt.faults == nil) {
				t.Errorf("port %d and %v, want %d", port, err, tt.port)
			}
			for _, words := range tt.faults {
				if err != nil && !strings.Contains(err.Error(), words) {
					t.Errorf("error %v does not say %q", err, words)
				}
			}
		})
	}
}

// TestKill lets a launcher end by itself, twice, and ends one that does not.
func TestKill(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"ends when its input does": `echo port 1; cat; echo done > "$0"`,
		"does not":                 `echo port 1; echo done > "$0"; exec sleep 600`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "done")
			cmd := exec.Command("sh", "-c", script, file)
			p, _, err := launcher.Start(t.Context(), cmd)
			if err != nil {
				t.Fatal(err)
			}
			p.Kill()
			p.Kill()
			if err := syscall.Kill(cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("it is there still: %v", err)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("it was not let to end: %v", err)
			}
		})
	}
}

func TestJavaWantsAnAbsoluteFolder(t *testing.T) {
	t.Parallel()
	if _, err := launcher.Java("cache"); err == nil || !strings.Contains(err.Error(), "not an absolute path") {
		t.Errorf("error %v", err)
	}
}
