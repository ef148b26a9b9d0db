package archive

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"promptz/internal/promptz"
)

// argument is one path that an import was given.
type argument struct {
	path   string // absolute
	folder bool
}

// checkArguments resolves the paths and refuses those that cannot be imported
// together, before anything is.
func checkArguments(paths []string) ([]argument, error) {
	var args []argument
	seen := map[string]string{}
	for _, given := range paths {
		path, err := filepath.Abs(given)
		if err != nil {
			return nil, fmt.Errorf("resolve %s: %w", given, err)
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("look at what to import: %w", err)
		}
		if !info.IsDir() && !info.Mode().IsRegular() {
			return nil, promptz.Errorf(promptz.CodeNotValid, "%s is neither a folder nor a regular file.", given)
		}
		base := filepath.Base(path)
		if other, taken := seen[base]; taken {
			return nil, promptz.Errorf(promptz.CodeNotValid,
				"%s and %s have the same last name, by which the import knows what came from where. Rename one of them.", other, given)
		}
		seen[base] = given
		args = append(args, argument{path: path, folder: info.IsDir()})
	}
	return args, nil
}

// IsArchive tells whether a file with this name is taken for one of our own
// archives.
func IsArchive(path string) bool {
	return strings.HasSuffix(path, ".tar.gz") || strings.HasSuffix(path, ".tgz")
}

func (a argument) isArchive() bool { return !a.folder && IsArchive(a.path) }

// read emits the sources of a folder or file. Nothing outside it is read,
// whatever links there are: see [os.Root].
func (a argument) read(kind promptz.Kind, emit func(source) error) error {
	dir, base := a.path, filepath.Base(a.path)
	if !a.folder {
		dir = filepath.Dir(a.path)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open what to import: %w", err)
	}
	defer root.Close()
	t := &tree{fsys: root.FS(), kind: kind, emit: emit}
	if !a.folder {
		t.above = filepath.ToSlash(dir)
		return t.file(base)
	}
	t.base, t.above = base, filepath.ToSlash(filepath.Dir(dir))
	return t.walk()
}
