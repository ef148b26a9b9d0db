package archive

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"promptz/internal/promptz"
)

// limits bound what an archive may make its reader do, in bytes but files.
type limits struct {
	users int64 // users.jsonl, which is read line by line
	line  int   // of users.jsonl
	item  int64 // item.json and the contents of one item, which are in memory together
	total int64 // all files, unpacked
	files int   // how many there are
}

var archiveLimits = limits{
	users: 1 << 30,
	line:  64 << 10,
	item:  256 << 20,
	total: 1 << 40,
	files: 100_000_000,
}

// archiveReader reads an archive file by file, in the one order that there is.
// Names are compared and never used as paths. Its errors are refusals.
type archiveReader struct {
	zip    *gzip.Reader
	tar    *tar.Reader
	header *tar.Header // of the file that comes next; nil at the end
	limits limits
	total  int64
	files  int
	last   string // id of the item before
}

// newArchiveReader begins with the first file of an archive.
func newArchiveReader(r io.Reader, l limits) (*archiveReader, error) {
	zip, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return nil, notArchive(err)
	}
	a := &archiveReader{zip: zip, tar: tar.NewReader(zip), limits: l}
	return a, a.next()
}

func notArchive(err error) error { return refusal("It is not a .tar.gz, or damaged: %v.", err) }

// next goes on to the next file.
func (a *archiveReader) next() error {
	h, err := a.tar.Next()
	if errors.Is(err, io.EOF) {
		a.header = nil
		return a.end()
	}
	if err != nil {
		return notArchive(err)
	}
	a.header = h
	a.total += h.Size
	a.files++
	switch {
	case h.Typeflag != tar.TypeReg:
		return refusal("%q in it is not a regular file.", h.Name)
	case a.total > a.limits.total:
		return refusal("It is larger than %d MiB unpacked.", a.limits.total>>20)
	case a.files > a.limits.files:
		return refusal("It has more than %d files.", a.limits.files)
	}
	return nil
}

// end demands that nothing follows the files; reading on also checks the sum of
// the gzip.
func (a *archiveReader) end() error {
	switch _, err := io.ReadFull(a.zip, make([]byte, 1)); {
	case err == nil:
		return refusal("Something follows the files in it.")
	case !errors.Is(err, io.EOF):
		return notArchive(err)
	}
	return nil
}

// expect demands that name is the next file.
func (a *archiveReader) expect(name string) error {
	switch {
	case a.header == nil:
		return refusal("%q is missing in it.", name)
	case a.header.Name != name:
		return refusal("%q in it is not what belongs there, which is %q.", a.header.Name, name)
	}
	return nil
}

// read gives the next file, which must be name, and goes on to the one after.
func (a *archiveReader) read(name string, limit int64) ([]byte, error) {
	if err := a.expect(name); err != nil {
		return nil, err
	}
	if a.header.Size > limit {
		return nil, refusal("%q in it is too large.", name)
	}
	b, err := io.ReadAll(a.tar)
	if err != nil {
		return nil, notArchive(err)
	}
	if !utf8.Valid(b) {
		return nil, refusal("%q in it is not UTF-8.", name)
	}
	return b, a.next()
}

// users reads users.jsonl.
func (a *archiveReader) users(each func(*promptz.User) error) error {
	if err := a.expect(usersFile); err != nil {
		return err
	}
	if a.header.Size > a.limits.users {
		return refusal("%q in it is too large.", usersFile)
	}
	lines := bufio.NewScanner(a.tar)
	lines.Buffer(nil, a.limits.line)
	last := ""
	for n := 1; lines.Scan(); n++ {
		u, err := parseUser(lines.Bytes(), last)
		if err != nil {
			return refusal("Line %d of %q in it: %v.", n, usersFile, err)
		}
		if err := each(u); err != nil {
			return err
		}
		last = u.ID
	}
	if err := lines.Err(); err != nil {
		return notArchive(err)
	}
	return a.next()
}

// parseUser reads a line of users.jsonl that follows the user last.
func parseUser(b []byte, last string) (*promptz.User, error) {
	var line userLine
	if err := decode(b, &line); err != nil {
		return nil, err
	}
	u := &promptz.User{
		ID: line.ID, Handle: line.Handle, DisplayName: line.DisplayName,
		Role: promptz.RoleUser, Revision: 1,
	}
	switch {
	case !promptz.ValidID(u.ID):
		return nil, fmt.Errorf("%q is not an id", u.ID)
	case u.ID <= last:
		return nil, fmt.Errorf("%s is out of order, or there twice", u.ID)
	case promptz.NormalizeLine(u.DisplayName) != u.DisplayName:
		return nil, errors.New("the display name is not in the form that is stored")
	}
	return u, u.Validate()
}

// item reads the files of the next item. It gives io.EOF after the last.
func (a *archiveReader) item() (*promptz.History, error) {
	if a.header == nil {
		return nil, io.EOF
	}
	var id string
	if parts := bytes.Split([]byte(a.header.Name), []byte("/")); len(parts) > 1 {
		id = string(parts[1])
	}
	if !promptz.ValidID(id) || a.header.Name != itemFile(id) {
		return nil, refusal("%q in it is not what belongs there, which is an item.", a.header.Name)
	}
	if id <= a.last {
		return nil, refusal("%q in it is out of order, or there twice.", a.header.Name)
	}
	a.last = id
	room := a.limits.item
	facts, err := a.read(itemFile(id), room)
	if err != nil {
		return nil, err
	}
	var j itemJSON
	if err := decode(facts, &j); err != nil {
		return nil, refusal("%q in it: %v.", itemFile(id), err)
	}
	if j.ID != id {
		return nil, refusal("%q in it is about the item %q.", itemFile(id), j.ID)
	}
	return a.contents(j.history(), room-int64(len(facts)))
}

// contents reads the contents of the item's versions, together at most room.
func (a *archiveReader) contents(h *promptz.History, room int64) (*promptz.History, error) {
	for _, v := range h.Versions {
		if v.Erased {
			continue
		}
		content, err := a.read(contentFile(v.ItemID, v.Number), room)
		if err != nil {
			return nil, err
		}
		room -= int64(len(content))
		v.Content = string(content)
	}
	if err := checkHistory(h); err != nil {
		return nil, refusal("%q in it: %v.", itemFile(h.Item.ID), err)
	}
	return h, nil
}
