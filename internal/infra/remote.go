package infra

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Remote is a state on S3, as terraform's backend of that name keeps it
// (https://developer.hashicorp.com/terraform/language/backend/s3).
type Remote struct {
	Config []string // key=value; use_lockfile=true unless it says otherwise
	Cache  string   // folder of ours that providers are kept in from run to run
}

// override declares the backend in the mirror. Its name makes it win over what
// the folder declares.
const override = "promptz_override.tf"

const s3 = `terraform {
  backend "s3" {}
}
`

// settings are the backend's, locking among them.
func (r *Remote) settings() []string {
	for _, setting := range r.Config {
		if strings.HasPrefix(setting, "use_lockfile=") {
			return r.Config
		}
	}
	return append(slices.Clone(r.Config), "use_lockfile=true")
}

// mirror makes a folder under root in which terraform finds what is in dir, by
// links, and its relative paths lead where they lead from dir; and gives its path.
// What terraform keeps for itself lies in the cache.
func (r *Remote) mirror(dir, root string) (string, error) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", fmt.Errorf("find folder: %w", err)
	}
	if info, err := os.Stat(filepath.Join(real, "terraform.tfstate")); err == nil && info.Size() > 0 {
		return "", fmt.Errorf("%s holds a state, which the one on S3 would not know of: move it there with terraform, or delete it if nothing of it is left", dir)
	}
	into := filepath.Join(root, real)
	if err := errors.Join(linkAncestors(real, root), linkFiles(real, into)); err != nil {
		return "", fmt.Errorf("mirror folder: %w", err)
	}
	kept, err := r.kept(real)
	if err != nil {
		return "", fmt.Errorf("make cache: %w", err)
	}
	if err := os.Symlink(kept, filepath.Join(into, ".terraform")); err != nil {
		return "", fmt.Errorf("mirror folder: %w", err)
	}
	return into, os.WriteFile(filepath.Join(into, override), []byte(s3), 0o600)
}

// kept is the folder for what terraform keeps of one folder with one backend.
func (r *Remote) kept(dir string) (string, error) {
	if r.Cache == "" {
		return "", errors.New("there is no folder for it")
	}
	sum := sha256.Sum256([]byte(strings.Join(append([]string{dir}, r.Config...), "\x00")))
	kept := filepath.Join(r.Cache, hex.EncodeToString(sum[:8]))
	return kept, os.MkdirAll(kept, 0o700)
}

// linkAncestors makes the folders above dir anew under root, with links to what
// else is in each: a relative path goes up by the folders that are really there.
func linkAncestors(dir, root string) error {
	for at := dir; at != filepath.Dir(at); at = filepath.Dir(at) {
		above := filepath.Dir(at)
		if err := os.MkdirAll(filepath.Join(root, above), 0o700); err != nil {
			return err
		}
		entries, err := os.ReadDir(above)
		if errors.Is(err, fs.ErrPermission) {
			continue // what can't be listed is seldom meant
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.Name() == filepath.Base(at) {
				continue
			}
			if err := os.Symlink(filepath.Join(above, e.Name()), filepath.Join(root, above, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// linkFiles links what is in dir, but for what terraform writes. The lock of
// providers is copied: terraform puts a new file in its place.
func linkFiles(dir, into string) error {
	if err := os.MkdirAll(into, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		from, to := filepath.Join(dir, e.Name()), filepath.Join(into, e.Name())
		switch {
		case e.Name() == ".terraform", strings.HasPrefix(e.Name(), "terraform.tfstate"), strings.HasPrefix(e.Name(), ".terraform.tfstate"):
			continue
		case e.Name() == ".terraform.lock.hcl":
			text, err := os.ReadFile(from)
			if err := errors.Join(err, os.WriteFile(to, text, 0o600)); err != nil {
				return err
			}
		default:
			if err := os.Symlink(from, to); err != nil {
				return err
			}
		}
	}
	return nil
}
