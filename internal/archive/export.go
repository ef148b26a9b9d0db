package archive

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"

	"promptz/internal/promptz"
)

// maxRounds is how often an item is read that changes meanwhile.
const maxRounds = 5

// Exporter exports everything. Safe for concurrent use.
type Exporter struct {
	items Items
	users Users
}

// NewExporter makes an Exporter of what is in items and users.
func NewExporter(items Items, users Users) *Exporter {
	return &Exporter{items: items, users: users}
}

// Exported is how much an export wrote.
type Exported struct {
	Users    int `json:"users"`
	Items    int `json:"items"`
	Versions int `json:"versions"`
	Stars    int `json:"stars"`
}

// Export writes an archive of all users, items, stars and counts to w; the layout is in
// layout.go. The same content gives the same bytes. What is deleted while it
// runs may be in it or not. One version at a time is in memory; a whole item
// waits in a temporary file.
func (e *Exporter) Export(ctx context.Context, w io.Writer) (Exported, error) {
	zip := gzip.NewWriter(w)
	out, err := openArchiveWriter(zip)
	if err != nil {
		return Exported{}, err
	}
	defer out.close()
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
		err := e.exportItem(ctx, out, id)
		if err != nil && promptz.ErrorCode(err) != promptz.CodeNotFound { // deleted meanwhile
			return err
		}
	}
	return out.endCounts()
}

// exportItem writes an item, read again when it changed while it was read. It
// fails with [promptz.CodeNotFound] when the item is not there any more.
func (e *Exporter) exportItem(ctx context.Context, out *archiveWriter, id string) error {
	for range maxRounds {
		err := e.gather(ctx, out, id)
		if err == nil {
			if err = out.end(id); err == nil {
				err = e.exportCounts(ctx, out, id)
			}
			return err
		}
		if !errors.Is(err, promptz.ErrStale) {
			return err
		}
	}
	return promptz.Errorf(promptz.CodeConflict, "The item %s changes too fast to be exported.", id)
}

// gather reads an item into out. It fails with [promptz.CodeNotFound] when the
// item is not there, and with [promptz.ErrStale] when what belongs to it is not
// there any more.
func (e *Exporter) gather(ctx context.Context, out *archiveWriter, id string) error {
	item, err := e.items.FindItem(ctx, id, true)
	if err != nil {
		return e.missing(ctx, id, err)
	}
	if !item.Public() && !out.users[item.OwnerID] {
		return promptz.Errorf(promptz.CodeNotFound, "The item %s goes with its owner's account, which was erased.", id)
	}
	if err := out.begin(item); err != nil {
		return err
	}
	for n := 1; n <= item.Version; n++ {
		v, err := e.items.FindVersion(ctx, id, n)
		if promptz.ErrorCode(err) == promptz.CodeNotFound {
			return promptz.ErrStale
		}
		if err != nil {
			return err
		}
		if v.Erased && n == item.Version { // it is not the current one any more
			return promptz.ErrStale
		}
		if err := out.add(v); err != nil {
			return err
		}
	}
	return nil
}

// missing says why an item could not be read: it may be there, and its text that
// was the current one as the read began not any more.
func (e *Exporter) missing(ctx context.Context, id string, reason error) error {
	if promptz.ErrorCode(reason) != promptz.CodeNotFound {
		return reason
	}
	presence, err := e.items.FindPresence(ctx, id)
	if err != nil {
		return err
	}
	if presence == promptz.PresenceItem {
		return promptz.ErrStale
	}
	return reason
}

// exportUsers writes users.jsonl.
func (e *Exporter) exportUsers(ctx context.Context, out *archiveWriter) error {
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
		line, err := encode(userLine{ID: u.ID, Handle: u.Handle, DisplayName: u.DisplayName}, "", "")
		if err != nil {
			return err
		}
		if _, err := out.facts.Write(line); err != nil {
			return err
		}
		out.users[u.ID] = true
		out.written.Users++
	}
	return out.file(usersFile, out.facts)
}
