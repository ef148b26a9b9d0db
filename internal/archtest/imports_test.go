package archtest_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
)

// root is the module's folder as seen from this package.
const root = "../.."

func TestWhoMayImportWhom(t *testing.T) {
	t.Parallel()
	files := readModule(t)
	if len(files) < 50 {
		t.Fatalf("read %d files only: this is not the whole module", len(files))
	}
	for _, line := range check(rules, exceptions, files) {
		t.Error(line)
	}
}

func TestEveryRuleHasAReason(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		if r.why == "" {
			t.Errorf("the rule for %s says no reason", r.pkg)
		}
	}
	for _, e := range exceptions {
		if e.why == "" {
			t.Errorf("the exception %s -> %s says no reason", e.from, e.to)
		}
	}
}

// readModule reads all Go files, whatever their build tags.
func readModule(t *testing.T) []file {
	t.Helper()
	var files []file
	tree := os.DirFS(root)
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && foreign(tree, name) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		f, err := readFile(tree, name)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatalf("read module: %v", err)
	}
	return files
}

// foreign tells whether a folder is none of the go command's, or another module.
func foreign(tree fs.FS, dir string) bool {
	base := path.Base(dir)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || base == "node_modules" {
		return true
	}
	_, err := fs.Stat(tree, path.Join(dir, "go.mod"))
	return err == nil
}

func readFile(tree fs.FS, name string) (file, error) {
	source, err := fs.ReadFile(tree, name)
	if err != nil {
		return file{}, err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
	if err != nil {
		return file{}, err
	}
	f := file{pkg: path.Dir(name), name: path.Base(name), external: strings.HasSuffix(parsed.Name.Name, "_test")}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, err
		}
		f.imports = append(f.imports, imported)
	}
	return f, nil
}
