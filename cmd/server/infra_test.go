package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// infraWithin bounds a command that drives terraform, on a busy machine.
const infraWithin = time.Minute

// infraSite is a copy of a deployment of what is built into terraform.
func infraSite(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("terraform"); err != nil {
		t.Skip("there is no terraform in PATH, and it is never downloaded")
	}
	dir := filepath.Join(t.TempDir(), "site")
	if err := os.CopyFS(dir, os.DirFS("../../internal/infra/testdata/site")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// runInfra runs a command of infra, with what is typed.
func runInfra(t *testing.T, dir, typed string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), infraWithin)
	defer cancel()
	var stdout, stderr bytes.Buffer
	c := program(ctx, append([]string{"infra", "--dir", dir}, args...)...)
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(typed), &stdout, &stderr
	if err := c.Run(); c.ProcessState == nil || ctx.Err() != nil {
		t.Fatalf("promptz infra %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return outcome{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// From nothing to a configuration that can be served, and back to nothing.
func TestInfra(t *testing.T) {
	t.Parallel()
	dir := infraSite(t)
	file := filepath.Join(t.TempDir(), "promptz.yaml")
	for _, step := range []struct {
		name, typed    string
		args           []string
		status         int
		stdout, stderr string
	}{
		{"plan", "", []string{"plan"}, 0, "create   terraform_data.queue\n", ""},
		{"plan as JSON", "", []string{"plan", "--json"}, 0, `{"action":"create","address":"terraform_data.queue"}`, ""},
		{"apply, not agreed to", "y\n", []string{"apply"}, 1, "3 to create", `the answer was not "yes": nothing was done`},
		{"apply, with nobody there", "", []string{"apply"}, 1, "3 to create", "nothing was done"},
		{"output before", "", []string{"output", "--file", file}, 1, "", "nothing is applied"},
		{"apply of one", "", []string{"apply", "--yes", "--target", "terraform_data.queue"}, 0, "1 to create", "terraform_data.queue: created in"},
		{"apply of the rest", "yes\n", []string{"apply"}, 0, "secrets: (sensitive)\n", "terraform_data.table[1]: created in"},
		{"apply again", "", []string{"apply", "--json"}, 0, `"secrets":"(sensitive)"`, "promptz-test: nothing to change\n"},
		{"output", "", []string{"output", "--file", file}, 0, "", "wrote " + file},
		{"output to standard output", "", []string{"output", "--file", "-"}, 0, "secrets: base64key://c2VjcmV0\n", ""},
		{"destroy, another name", "promptz-live\n", []string{"destroy"}, 1, "3 to destroy", `the answer was not "promptz-test": nothing was done`},
		{"destroy, a yes", "yes\n", []string{"destroy"}, 1, "3 to destroy", "nothing was done"},
		{"what a destroy has left", "", []string{"plan"}, 0, "promptz-test: nothing to change", ""},
		{"destroy", "promptz-test\n", []string{"destroy"}, 0, "3 to destroy", "destroyed promptz-test\n"},
		{"destroy again", "", []string{"destroy"}, 0, "nothing to change", ""},
		{"a state that is none", "", []string{"plan", "--state", "gcs"}, 1, "", `--state "gcs": must be local or s3`},
		{"S3 without a bucket", "", []string{"plan", "--state", "s3"}, 1, "", "needs --backend-config bucket=NAME"},
		{"a bucket for a local state", "", []string{"plan", "--state", "local", "--backend-config", "bucket=b"}, 1, "", "is for --state s3"},
	} {
		o := runInfra(t, dir, step.typed, step.args...)
		if o.status != step.status || !strings.Contains(o.stdout, step.stdout) || !strings.Contains(o.stderr, step.stderr) {
			t.Errorf("%s: status %d, want %d with %q and %q\n%s\n%s", step.name, o.status, step.status, step.stdout, step.stderr, o.stdout, o.stderr)
		}
		if step.args[0] != "output" && strings.Contains(o.stdout+o.stderr, "c2VjcmV0") {
			t.Errorf("%s: it prints a secret:\n%s\n%s", step.name, o.stdout, o.stderr)
		}
	}
	configured := mustRun(t, "--config", file, "config")
	for _, words := range []string{"https://promptz.example.com", "a.example.com,b.example.com", file} {
		if !strings.Contains(configured.stdout, words) {
			t.Errorf("the configuration has no %q:\n%s", words, configured.stdout)
		}
	}
}

// Without terraform there is a line for a person.
func TestInfraWithoutTerraform(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	if status := run([]string{"infra", "plan", "--dir", "../../terraform/aws"}, []string{"PATH=/nowhere"}, &stdout, &stderr); status != 1 {
		t.Errorf("status %d", status)
	}
	want := "promptz: there is no terraform in PATH (/nowhere); ../../terraform/aws needs >= 1.11: install it"
	if !strings.HasPrefix(stderr.String(), want) || strings.Count(stderr.String(), "\n") != 1 {
		t.Errorf("it says %q", stderr.String())
	}
}

// An interrupt lets terraform save its state, and a second one ends it at once,
// with what it had started, even if it no longer reacts. That nobody reads any more
// ends nothing.
func TestInfraInterrupted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		work    string
		frozen  bool // terraform
		signals []os.Signal
		words   string
	}{
		{"once", "exec sleep 100", false, []os.Signal{os.Interrupt}, "apply was stopped: the state is saved"},
		{"the terminal is closed", "exec sleep 100", false, []os.Signal{syscall.SIGHUP}, "apply was stopped: the state is saved"},
		{"twice", "exec sleep 100", true, []os.Signal{os.Interrupt, os.Interrupt}, "apply was killed"},
		{"nobody reads", "true", false, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, temp := infraSite(t), t.TempDir()
			started := filepath.Join(t.TempDir(), "started")
			if err := unix.Mkfifo(started, 0o600); err != nil {
				t.Fatal(err)
			}
			work := "echo $PPID $$ > " + started + "; " + tt.work
			c, said := startApply(t, temp, "--dir", dir, "--target", "terraform_data.table[0]", "--var", "work="+work)
			if tt.signals == nil {
				said.Close()
			}
			terraform, child := readPids(t, started)
			if tt.frozen {
				unix.Kill(terraform, unix.SIGSTOP)
			}
			if text := interrupt(c, said, tt.signals); !strings.Contains(text, tt.words) {
				t.Errorf("it does not say %q:\n%s", tt.words, text)
			}
			checkInterrupted(t, c.ProcessState.ExitCode(), tt.signals != nil, dir)
			checkGone(t, child)
			if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
				t.Errorf("it has left %v, %v", left, err)
			}
		})
	}
}

// startApply starts an apply that does not ask, and gives what it says.
func startApply(t *testing.T, temp string, args ...string) (*exec.Cmd, *os.File) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), infraWithin)
	t.Cleanup(cancel)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	c := program(ctx, append([]string{"infra", "apply", "--yes"}, args...)...)
	c.Env = append(c.Env, "TMPDIR="+temp)
	c.Stderr = w
	if err := errors.Join(c.Start(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return c, r
}

// readPids reads what the work of an apply writes once it is begun.
func readPids(t *testing.T, fifo string) (terraform, child int) {
	t.Helper()
	f, err := os.OpenFile(fifo, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.SetReadDeadline(time.Now().Add(infraWithin))
	if _, err := fmt.Fscan(f, &terraform, &child); err != nil {
		t.Fatal(err)
	}
	return terraform, child
}

// interrupt sends signals, each once the one before was taken, and waits for the
// end. It gives what was said.
func interrupt(c *exec.Cmd, said *os.File, signals []os.Signal) string {
	var text strings.Builder
	if len(signals) > 0 {
		c.Process.Signal(signals[0])
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		text.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "stopping: ") && len(signals) > 1 {
			c.Process.Signal(signals[1])
		}
	}
	c.Wait()
	return text.String()
}

func checkInterrupted(t *testing.T, status int, stopped bool, dir string) {
	t.Helper()
	if stopped != (status == 130) || !stopped && status != 0 {
		t.Errorf("status %d", status)
	}
	if _, err := os.Stat(filepath.Join(dir, "terraform.tfstate")); err != nil {
		t.Errorf("there is no state: %v", err)
	}
}

// checkGone sees that a process ends.
func checkGone(t *testing.T, pid int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if unix.Kill(pid, 0) != nil {
			return
		}
		<-tick.C
	}
	unix.Kill(pid, unix.SIGKILL)
	t.Error("what terraform had started runs on")
}
