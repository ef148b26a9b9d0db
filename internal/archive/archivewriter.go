package archive

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"

	"promptz/internal/promptz"
)

// archiveWriter writes the files of an archive. A tar wants to know a file's
// size before its first byte, and an item's facts before its contents: both
// wait in spools until the item is whole.
type archiveWriter struct {
	tar             *tar.Writer
	facts, contents *spool
	stars, months   *spool          // for the end of the archive
	sizes           []int64         // of the contents that wait; erased for a version that has none
	users           map[string]bool // that were written, by id
	written         Exported
}

// erased stands for the size of a content that is not there.
const erased = -1

// openArchiveWriter opens the spools; close closes them.
func openArchiveWriter(w io.Writer) (*archiveWriter, error) {
	a := &archiveWriter{tar: tar.NewWriter(w), users: map[string]bool{}}
	for _, s := range a.spools() {
		var err error
		if *s, err = openSpool(); err != nil {
			a.close()
			return nil, err
		}
	}
	return a, nil
}

func (a *archiveWriter) spools() []**spool {
	return []**spool{&a.facts, &a.contents, &a.stars, &a.months}
}

func (a *archiveWriter) close() {
	for _, s := range a.spools() {
		if *s != nil {
			(*s).close()
		}
	}
}

// begin forgets what waits and begins an item.
func (a *archiveWriter) begin(item *promptz.Item) error {
	a.sizes = a.sizes[:0]
	if err := a.facts.clear(); err != nil {
		return err
	}
	if err := a.contents.clear(); err != nil {
		return err
	}
	head, err := encode(newItemJSON(item), "", "  ")
	if err != nil {
		return err
	}
	_, err = a.facts.Write(bytes.TrimSuffix(head, []byte(noVersions)))
	return err
}

// The ends of an item.json before its versions are in it, and after.
const (
	noVersions  = "]\n}\n"
	endVersions = "\n  ]\n}\n"
)

// add adds the next version of the item.
func (a *archiveWriter) add(v *promptz.Version) error {
	facts, err := encode(newVersionJSON(v), "    ", "  ")
	if err != nil {
		return err
	}
	between := ",\n    "
	if len(a.sizes) == 0 {
		between = between[1:]
	}
	facts = bytes.TrimSuffix(facts, []byte("\n"))
	if _, err := a.facts.Write(append([]byte(between), facts...)); err != nil {
		return err
	}
	if v.Erased {
		a.sizes = append(a.sizes, erased)
		return nil
	}
	a.sizes = append(a.sizes, int64(len(v.Content)))
	_, err = io.WriteString(a.contents, v.Content)
	return err
}

// end writes the files of the item that waits.
func (a *archiveWriter) end(id string) error {
	if _, err := io.WriteString(a.facts, endVersions); err != nil {
		return err
	}
	if err := a.file(itemFile(id), a.facts); err != nil {
		return err
	}
	if _, err := a.contents.rewind(); err != nil {
		return err
	}
	for i, size := range a.sizes {
		if size == erased {
			continue
		}
		if err := a.fileOf(contentFile(id, i+1), size, a.contents); err != nil {
			return err
		}
	}
	a.written.Items++
	a.written.Versions += len(a.sizes)
	return nil
}

// file writes a file of all that waits in s.
func (a *archiveWriter) file(name string, s *spool) error {
	size, err := s.rewind()
	if err != nil {
		return err
	}
	return a.fileOf(name, size, s)
}

// fileOf writes a file of the next size bytes, with nothing in its header that
// content does not say.
func (a *archiveWriter) fileOf(name string, size int64, from io.Reader) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644}
	if err := a.tar.WriteHeader(header); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if _, err := io.CopyN(a.tar, from, size); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
