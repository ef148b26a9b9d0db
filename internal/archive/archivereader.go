package archive

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"

	"promptz/internal/promptz"
)

// limits bound what an archive may make its reader do, in bytes but files. There
// is none on an item but that on the number of its versions: what could be
// exported can be imported.
type limits struct {
	users   int64 // users.jsonl, which is read line by line
	line    int   // of users.jsonl
	facts   int64 // how far item.json is read on for a version, or for what comes before them
	content int64 // of a version
	total   int64 // all files, unpacked
	files   int   // how many there are
}

var archiveLimits = limits{
	users:   1 << 30,
	line:    64 << 10,
	facts:   2 << 20, // agent settings of 64 KiB, each sign in them on an indented line
	content: 1 << 20, // 200,000 characters of four bytes
	total:   1 << 40,
	files:   100_000_000,
}

// archiveReader reads an archive file by file, in the one order that there is.
// Names are compared and never used as paths. Its errors are refusals, but for
// those of its spool. In memory is one version at a time; an item.json waits in
// the spool while the contents are read that follow it.
type archiveReader struct {
	zip    *gzip.Reader
	tar    *tar.Reader
	header *tar.Header // of the file that comes next; nil at the end
	facts  *spool      // the item.json of the item that is read
	limits limits
	latest time.Time // that a time in it may be
	total  int64
	files  int
	last   string // id of the item before
}

// openArchiveReader begins with the first file of an archive, now. close closes
// the reader.
func openArchiveReader(r io.Reader, now time.Time, l limits) (*archiveReader, error) {
	zip, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return nil, notArchive(err)
	}
	a := &archiveReader{zip: zip, tar: tar.NewReader(zip), limits: l, latest: now.Add(slack)}
	if err := a.next(); err != nil {
		return nil, err
	}
	a.facts, err = openSpool()
	return a, err
}

func (a *archiveReader) close() { a.facts.close() }

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
	last := ""
	return a.lines(usersFile, func(b []byte) (fault, err error) {
		u, fault := parseUser(b, last)
		if fault != nil {
			return fault, nil
		}
		last = u.ID
		return nil, each(u)
	})
}

// lines reads a file line by line. What each finds wrong with a line is a fault,
// which refuses the archive; any other error ends reading as it is.
func (a *archiveReader) lines(name string, each func(line []byte) (fault, err error)) error {
	if err := a.expect(name); err != nil {
		return err
	}
	lines := bufio.NewScanner(a.tar)
	lines.Buffer(nil, a.limits.line)
	for n := 1; lines.Scan(); n++ {
		fault, err := each(lines.Bytes())
		if err != nil {
			return err
		}
		if fault != nil {
			return refusal("Line %d of %q in it: %v.", n, name, fault)
		}
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

// item begins the next item. It gives io.EOF after the last; what is counted comes
// then.
func (a *archiveReader) item() (*itemReader, error) {
	if a.header == nil || a.header.Name == starsFile {
		return nil, io.EOF
	}
	var id string
	if parts := strings.Split(a.header.Name, "/"); len(parts) > 1 {
		id = parts[1]
	}
	if !promptz.ValidID(id) || a.header.Name != itemFile(id) {
		return nil, refusal("%q in it is not what belongs there, which is an item.", a.header.Name)
	}
	if id <= a.last {
		return nil, refusal("%q in it is out of order, or there twice.", a.header.Name)
	}
	a.last = id
	if err := a.keepFacts(); err != nil {
		return nil, err
	}
	return newItemReader(a, id)
}

// keepFacts puts the next file, an item.json, into the spool.
func (a *archiveReader) keepFacts() error {
	if err := a.facts.clear(); err != nil {
		return err
	}
	if _, err := io.Copy(a.facts, a.tar); err != nil {
		if _, ok := errors.AsType[*fs.PathError](err); ok { // of a file of ours
			return err
		}
		return notArchive(err)
	}
	if _, err := a.facts.rewind(); err != nil {
		return err
	}
	return a.next()
}
