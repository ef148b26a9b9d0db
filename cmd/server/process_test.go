package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
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
	p.cmd = exec.Command(os.Args[0], append([]string{"--data", dir, "--listen", "127.0.0.1:0", "--limits", "off"}, flags...)...)
	p.cmd.Env = append(os.Environ(), asServer+"=1")
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

// request sends a request and gives the status and the body, a JSON object.
func request(ctx context.Context, method, url, key string, body any) (status int, answer map[string]any, err error) {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, in)
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNoContent {
		return res.StatusCode, nil, nil
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return res.StatusCode, nil, fmt.Errorf("read answer: %w", err)
	}
	return res.StatusCode, answer, nil
}

// newPrompt is the body of a request that creates a public prompt.
func newPrompt(name string) map[string]any {
	return map[string]any{
		"name": name, "description": "Made by a test of this program.", "content": "Say " + name + ".",
		"visibility": "public",
	}
}
