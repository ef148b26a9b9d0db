package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// asServer makes the test binary be the program itself, so that tests run it as
// a process of its own.
const asServer = "PROMPTZ_TEST_AS_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// program is the program itself, to be run as a process of its own, with every
// permission that it does not take away itself. It ends with ctx at the latest.
func program(ctx context.Context, args ...string) *exec.Cmd {
	generous := []string{"-c", `umask 000; exec "$0" "$@"`, os.Args[0]}
	c := exec.CommandContext(ctx, "/bin/sh", append(generous, args...)...)
	c.Env = append(environment(), asServer+"=1")
	return c
}

// environment is ours without what would configure the program.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "PROMPTZ_")
	})
}

// outcome is how a command ended.
type outcome struct {
	status         int
	stdout, stderr string
}

// commandWithin bounds how long a command may take, on a busy machine.
const commandWithin = 30 * time.Second

// runProgram runs a command line as a process of its own until it ends.
func runProgram(t testing.TB, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandWithin)
	defer cancel()
	var stdout, stderr bytes.Buffer
	c := program(ctx, args...)
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); c.ProcessState == nil || ctx.Err() != nil {
		t.Errorf("promptz %s: %v", strings.Join(args, " "), errors.Join(err, ctx.Err()))
		return outcome{status: -1, stderr: stderr.String()}
	}
	return outcome{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// mustRun is runProgram for what has to succeed.
func mustRun(t testing.TB, args ...string) outcome {
	t.Helper()
	o := runProgram(t, args...)
	if o.status != 0 {
		t.Fatalf("promptz %s: status %d\n%s", strings.Join(args, " "), o.status, o.stderr)
	}
	return o
}

// mustFail is runProgram for what has to be refused, in words that hold all of
// those given and on no more than a few lines.
func mustFail(t testing.TB, args []string, words ...string) {
	t.Helper()
	o := runProgram(t, args...)
	if o.status != 1 || o.stdout != "" {
		t.Errorf("promptz %s: status %d, standard output %q", strings.Join(args, " "), o.status, o.stdout)
	}
	for _, word := range words {
		if !strings.Contains(o.stderr, word) {
			t.Errorf("promptz %s: its error does not say %q:\n%s", strings.Join(args, " "), word, o.stderr)
		}
	}
	if !strings.HasPrefix(o.stderr, "promptz: ") || strings.Contains(o.stderr, "goroutine ") || strings.Count(o.stderr, "\n") > 3 {
		t.Errorf("promptz %s: no words for a person:\n%s", strings.Join(args, " "), o.stderr)
	}
}

// readyWithin is how long a server may take to answer, on a busy machine.
const readyWithin = 30 * time.Second

// process is a server in a process of its own.
type process struct {
	url    string
	cmd    *exec.Cmd
	stderr *bytes.Buffer
}

// startServer starts a server on the data in dir and waits until it is ready.
func startServer(t testing.TB, dir string, flags ...string) *process {
	t.Helper()
	os.Remove(filepath.Join(dir, "address"))
	p := &process{stderr: new(bytes.Buffer)}
	p.cmd = program(t.Context(), append([]string{"--data", dir, "--listen", "127.0.0.1:0", "--limits", "off"}, flags...)...)
	p.cmd.Stderr = p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	ctx, cancel := context.WithTimeout(t.Context(), readyWithin)
	defer cancel()
	if err := p.waitReady(ctx, dir); err != nil {
		p.kill()
		t.Fatalf("the server is not ready: %v\n%s", err, p.stderr)
	}
	return p
}

func (p *process) waitReady(ctx context.Context, dir string) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		address, err := os.ReadFile(filepath.Join(dir, "address"))
		if err != nil {
			continue
		}
		p.url = "http://" + strings.TrimSpace(string(address))
		res, err := http.Get(p.url + "/healthz/readiness")
		if err != nil {
			continue
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return nil
		}
	}
}

// kill ends the process with SIGKILL and waits for its end.
func (p *process) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// stop asks the process to end and gives how it did.
func (p *process) stop() error {
	return errors.Join(p.cmd.Process.Signal(os.Interrupt), p.cmd.Wait())
}

// command runs a command line in this process and gives its output.
func command(t testing.TB, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, words bytes.Buffer
	if status := run(args, nil, &out, &words); status != 0 {
		t.Fatalf("promptz %s: status %d\n%s", strings.Join(args, " "), status, &words)
	}
	return out.String(), words.String()
}

// newKey makes a user and a key of theirs in the data in dir.
func newKey(t testing.TB, dir, handle string) string {
	t.Helper()
	command(t, "--data", dir, "users", "create", handle)
	key, _ := command(t, "--data", dir, "keys", "create", "--user", handle)
	return strings.TrimSpace(key)
}

// freeAddress is an address on which nobody listened a moment ago.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
