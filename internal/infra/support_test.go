package infra_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"promptz/internal/infra"
)

// terraform is the real one. Nothing here needs a registry.
func terraform(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("there is no terraform in PATH, and it is never downloaded")
	}
	return program
}

// site is a copy of testdata/site, with further files by name.
func site(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "site")
	if err := os.CopyFS(dir, os.DirFS("testdata/site")); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// open opens a deployment until the test ends.
func open(t *testing.T, o infra.Options) *infra.Deployment {
	t.Helper()
	o.Terraform = terraform(t)
	d, cleanup, err := infra.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cleanup)
	return d
}

func plan(t *testing.T, d *infra.Deployment, destroy bool) (*infra.Plan, string) {
	t.Helper()
	p, err := d.Plan(t.Context(), destroy)
	if err != nil {
		t.Fatal(err)
	}
	var summary strings.Builder
	if err := p.Write(&summary); err != nil {
		t.Fatal(err)
	}
	return p, summary.String()
}

// apply plans and applies.
func apply(t *testing.T, d *infra.Deployment) {
	t.Helper()
	p, _ := plan(t, d, false)
	if err := d.Apply(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

func outputs(t *testing.T, d *infra.Deployment) infra.Outputs {
	t.Helper()
	o, err := d.Outputs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// told is what is said of the progress. When it holds words, then is called once.
type told struct {
	words string
	then  context.CancelFunc

	mu   sync.Mutex
	text bytes.Buffer
}

func (w *told) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(text)
	if w.then != nil && strings.Contains(w.text.String(), w.words) {
		w.then()
		w.then = nil
	}
	return len(text), nil
}

func (w *told) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// checkSays sees that text holds all words.
func checkSays(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("it does not say %q:\n%s", word, text)
		}
	}
}
