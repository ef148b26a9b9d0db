package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// Lambda runs a file named bootstrap, and Terraform uploads a zip whose bytes
// have changed.
func TestPack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "promptz")
	if err := os.WriteFile(program, []byte("a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	var zips [2][]byte
	for i := range zips {
		to := filepath.Join(dir, "one.zip")
		if _, err := pack(program, to); err != nil {
			t.Fatal(err)
		}
		var err error
		if zips[i], err = os.ReadFile(to); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(zips[0], zips[1]) {
		t.Error("the same program gives another zip")
	}
	r, err := zip.NewReader(bytes.NewReader(zips[0]), int64(len(zips[0])))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != 1 || r.File[0].Name != "bootstrap" || r.File[0].Mode() != 0o755 {
		t.Errorf("it holds %v", r.File)
	}
	f, err := r.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f); err != nil || string(got) != "a program" {
		t.Errorf("bootstrap is %q, %v", got, err)
	}
	if _, err := pack(filepath.Join(dir, "none"), filepath.Join(dir, "two.zip")); err == nil {
		t.Error("no program gives a zip")
	}
}
