package archive

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"promptz/internal/promptz"
)

// tree is what stands under one argument of an import.
type tree struct {
	fsys  fs.FS
	base  string       // the argument's base name, with which every path begins
	above string       // the folders above the tree, which may say the kind too
	kind  promptz.Kind // that the caller demands; "" to go by the folders' names
	emit  func(source) error
}

// sitePages are the names, in lower case and without extension, of the files in
// a content folder that are about the folder and no items.
var sitePages = map[string]bool{
	"_index": true, "changelog": true, "code_of_conduct": true, "contribute": true,
	"contributing": true, "licence": true, "license": true, "readme": true,
	"security": true, "whats-new": true,
}

// foreignFolders are never looked into.
var foreignFolders = map[string]bool{".git": true, ".hg": true, ".svn": true, "node_modules": true}

// walk emits everything in the tree, in the order of the paths.
func (t *tree) walk() error {
	return fs.WalkDir(t.fsys, ".", t.visit)
}

func (t *tree) visit(name string, entry fs.DirEntry, err error) error {
	switch {
	case err != nil:
		return t.refuse(name, unreadable(err))
	case !utf8.ValidString(name):
		return t.refuse(strings.ToValidUTF8(name, "\ufffd"), refusal("Its name is not UTF-8."))
	case entry.IsDir():
		return t.folder(name, entry)
	case entry.Type()&fs.ModeSymlink != 0:
		return t.link(name)
	case !entry.Type().IsRegular():
		return t.refuse(name, refusal("It is not a regular file."))
	case sitePages[strings.ToLower(stem(name))]:
		return t.skip(name, "a page about the content, not an item")
	}
	return t.file(name)
}

// folder emits a folder that is an agent as one source.
func (t *tree) folder(name string, entry fs.DirEntry) error {
	if foreignFolders[entry.Name()] {
		return fs.SkipDir
	}
	if !t.has(path.Join(name, agentFile)) {
		return nil
	}
	if err := t.emit(t.agentFolder(name)); err != nil {
		return err
	}
	return fs.SkipDir
}

// link refuses a symbolic link that leaves the tree. What others lead to is
// found where it stands.
func (t *tree) link(name string) error {
	if _, err := fs.Stat(t.fsys, name); err != nil {
		return t.refuse(name, refusal("It is a link that leads out of the folder, or nowhere."))
	}
	return t.skip(name, "a link to something else in the folder")
}

// file emits what a file holds.
func (t *tree) file(name string) error {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown":
		return t.emit(t.markdown(name))
	case ".csv":
		return t.csv(name)
	case ".json":
		if kind, _ := t.kindOf(name); kind == promptz.KindAgent {
			return t.emit(t.agentJSON(name))
		}
	}
	return t.skip(name, "not of a format that is imported")
}

// kindOf is the kind of what name holds: the one demanded, or that of the
// nearest folder with a kind's name.
func (t *tree) kindOf(name string) (promptz.Kind, bool) {
	if t.kind != "" {
		return t.kind, true
	}
	for dir := path.Dir(path.Join(t.above, t.base, name)); dir != "." && dir != "/"; dir = path.Dir(dir) {
		folder := strings.ToLower(path.Base(dir))
		if folder == "steering" { // what Kiro calls its rules
			return promptz.KindRule, true
		}
		if kind, ok := promptz.KindOfPlural(folder); ok {
			return kind, true
		}
	}
	return "", false
}

// has tells whether there is such a file, readable or not.
func (t *tree) has(name string) bool {
	_, err := fs.Lstat(t.fsys, name)
	return err == nil
}

func (t *tree) refuse(name string, reason error) error {
	return t.emit(source{path: t.path(name), refused: reason})
}

func (t *tree) skip(name, reason string) error {
	return t.emit(source{path: t.path(name), skipped: reason})
}

// path names what stands at name in the tree.
func (t *tree) path(name string) string { return path.Join(t.base, name) }

// stem is the last element of name without its extension.
func stem(name string) string {
	return strings.TrimSuffix(path.Base(name), path.Ext(name))
}

// unreadable refuses what the operating system does not give, in its words.
func unreadable(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err // the path is named beside the reason already
	}
	return refusal("It cannot be read: %v.", err)
}
