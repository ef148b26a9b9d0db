package archive

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"promptz/internal/promptz"
)

// maxRounds is how often an item is read that changes meanwhile.
const maxRounds = 5

// Exporter exports everything. Safe for concurrent use.
type Exporter struct {
	items Histories
	users Users
}

// NewExporter makes an Exporter of what is in items and users.
func NewExporter(items Histories, users Users) *Exporter {
	return &Exporter{items: items, users: users}
}

// Exported is how much an export wrote.
type Exported struct {
	Users    int `json:"users"`
	Items    int `json:"items"`
	Versions int `json:"versions"`
}

// Export writes an archive of all users and items to w, one item at a time; the
// layout is in layout.go. The same content gives the same bytes. What is deleted
// while it runs may be in it or not.
func (e *Exporter) Export(ctx context.Context, w io.Writer) (Exported, error) {
	zip := gzip.NewWriter(w)
	out := &archiveWriter{tar: tar.NewWriter(zip)}
	if err := e.export(ctx, out); err != nil {
		return out.written, err
	}
	if err := out.tar.Close(); err != nil {
		return out.written, fmt.Errorf("end archive: %w", err)
	}
	if err := zip.Close(); err != nil {
		return out.written, fmt.Errorf("end archive: %w", err)
	}
	return out.written, nil
}

func (e *Exporter) export(ctx context.Context, out *archiveWriter) error {
	// The items come first, so that the owners of all of them are among the users.
	ids, err := e.items.ItemIDs(ctx)
	if err != nil {
		return err
	}
	if err := e.exportUsers(ctx, out); err != nil {
		return err
	}
	for _, id := range ids {
		h, err := e.history(ctx, id)
		if promptz.ErrorCode(err) == promptz.CodeNotFound { // deleted meanwhile
			continue
		}
		if err != nil {
			return err
		}
		if err := out.item(h); err != nil {
			return err
		}
	}
	return nil
}

// history reads an item, again when what was its current version as the read
// began was erased by its end.
func (e *Exporter) history(ctx context.Context, id string) (*promptz.History, error) {
	for range maxRounds {
		h, err := e.items.FindHistory(ctx, id)
		if err != nil || !h.Versions[len(h.Versions)-1].Erased {
			return h, err
		}
	}
	return nil, promptz.Errorf(promptz.CodeConflict, "The item %s changes too fast to be exported.", id)
}

// exportUsers writes users.jsonl. A tar wants to know a file's size before its
// first byte, so the lines wait in a temporary file rather than in memory.
func (e *Exporter) exportUsers(ctx context.Context, out *archiveWriter) error {
	f, err := os.CreateTemp("", "promptz-export-*")
	if err != nil {
		return fmt.Errorf("make room for users: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	ids, err := e.users.UserIDs(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		u, err := e.users.FindUser(ctx, id)
		if promptz.ErrorCode(err) == promptz.CodeNotFound { // erased meanwhile
			continue
		}
		if err != nil {
			return err
		}
		line, err := encode(userLine{ID: u.ID, Handle: u.Handle, DisplayName: u.DisplayName}, "")
		if err != nil {
			return err
		}
		if _, err := f.Write(line); err != nil {
			return fmt.Errorf("keep user: %w", err)
		}
		out.written.Users++
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("measure users: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read users: %w", err)
	}
	return out.file(usersFile, size, f)
}

// archiveWriter writes the files of an archive.
type archiveWriter struct {
	tar     *tar.Writer
	written Exported
}

// item writes the files of an item.
func (a *archiveWriter) item(h *promptz.History) error {
	facts, err := encode(newItemJSON(h), "  ")
	if err != nil {
		return err
	}
	if err := a.text(itemFile(h.Item.ID), string(facts)); err != nil {
		return err
	}
	for _, v := range h.Versions {
		if v.Erased {
			continue
		}
		if err := a.text(contentFile(h.Item.ID, v.Number), v.Content); err != nil {
			return err
		}
	}
	a.written.Items++
	a.written.Versions += len(h.Versions)
	return nil
}

func (a *archiveWriter) text(name, text string) error {
	return a.file(name, int64(len(text)), strings.NewReader(text))
}

// file writes one file, with nothing in its header that content does not say.
func (a *archiveWriter) file(name string, size int64, from io.Reader) error {
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644}
	if err := a.tar.WriteHeader(header); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if _, err := io.Copy(a.tar, from); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
