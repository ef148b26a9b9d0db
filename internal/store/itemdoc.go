package store

import (
	"cmp"
	"time"

	"promptz/internal/promptz"
)

// cardDoc is item#<id>: an item without its long texts, about 1 KB, so that lists
// and the indexes that copy it stay small. After deletion it is a tombstone: off
// every list, on due until all that belonged to it is gone.
type cardDoc struct {
	ID          string   `docstore:"id"`
	V           int      `docstore:"v"`
	Kind        string   `docstore:"kind"`
	Owner       string   `docstore:"owner"`
	Name        string   `docstore:"name"`
	Description string   `docstore:"description"`
	Tags        []string `docstore:"tags,omitempty"`
	SourceURL   string   `docstore:"sourceUrl,omitempty"`
	License     string   `docstore:"license,omitempty"`
	Visibility  string   `docstore:"visibility"`

	Version     int    `docstore:"version"`
	Digest      string `docstore:"digest"`
	Note        string `docstore:"note,omitempty"`
	Pieces      int    `docstore:"pieces"`
	Shown       bool   `docstore:"shown"`
	Revision    int64  `docstore:"revision"`
	CreatedAt   int64  `docstore:"createdAt"`
	UpdatedAt   int64  `docstore:"updatedAt"`
	PublishedAt int64  `docstore:"publishedAt,omitempty"`
	DeletedAt   int64  `docstore:"deletedAt,omitempty"`
	HoldReason  string `docstore:"holdReason,omitempty"`
	HoldBy      string `docstore:"holdBy,omitempty"` // the moderator
	HoldAt      int64  `docstore:"holdAt,omitempty"` // 0 is not held
	// LastWrite is the id of the last event of the write that made this state, so
	// that a write whose answer was lost can be recognised.
	LastWrite string `docstore:"lastWrite"`

	FeedKind     string `docstore:"feedKind,omitempty"`
	FeedSort     string `docstore:"feedSort,omitempty"`
	UpdatedKind  string `docstore:"updatedKind,omitempty"`
	UpdatedSort  string `docstore:"updatedSort,omitempty"`
	OwnedBy      string `docstore:"ownedBy,omitempty"`
	OwnedSort    string `docstore:"ownedSort,omitempty"`
	AuthoredBy   string `docstore:"authoredBy,omitempty"`
	AuthoredSort string `docstore:"authoredSort,omitempty"`
	DueShard     string `docstore:"dueShard,omitempty"`
	DueSort      string `docstore:"dueSort,omitempty"`

	DocstoreRevision any
}

// newCardDoc makes the card of item, on the indexes that it belongs on.
func newCardDoc(item *promptz.Item, write string) *cardDoc {
	d := &cardDoc{
		ID: itemKey(item.ID), V: schema,
		Kind: string(item.Kind), Owner: item.OwnerID,
		Name: item.Name, Description: item.Description, Tags: item.Tags,
		SourceURL: item.SourceURL, License: item.License, Visibility: string(item.Visibility),
		Version: item.Version, Digest: item.Digest, Note: item.Note,
		Pieces: item.Pieces, Shown: item.Shown, Revision: item.Revision,
		CreatedAt: millis(item.CreatedAt), UpdatedAt: millis(item.UpdatedAt), PublishedAt: millis(item.PublishedAt),
		LastWrite: write,
	}
	if h := item.Held; h != nil {
		d.HoldReason, d.HoldBy, d.HoldAt = h.Reason, h.By, millis(h.At)
	}
	mine := ownedPartition(item.OwnerID, string(item.Kind))
	updated := sortValue(item.UpdatedAt, item.ID)
	d.OwnedBy, d.OwnedSort = mine, updated
	if item.Public() {
		published := sortValue(item.PublishedAt, item.ID)
		d.FeedKind, d.FeedSort = string(item.Kind), published
		d.UpdatedKind, d.UpdatedSort = string(item.Kind), updated
		d.AuthoredBy, d.AuthoredSort = mine, published
	}
	return d
}

// tombstone makes what stays of a card until everything of the item is purged.
func tombstone(item *promptz.Item, write string, now time.Time) *cardDoc {
	return &cardDoc{
		ID: itemKey(item.ID), V: schema, Kind: string(item.Kind), Owner: item.OwnerID,
		Version: item.Version, Revision: item.Revision + 1,
		CreatedAt: millis(item.CreatedAt), UpdatedAt: millis(now), DeletedAt: millis(now),
		LastWrite: write,
		DueShard:  shardOf(item.ID), DueSort: sortValue(now, item.ID),
	}
}

// deleted tells whether the card is a tombstone.
func (d *cardDoc) deleted() bool { return d.DeletedAt != 0 }

// item gives the item that the card stands for, without its long texts.
func (d *cardDoc) item() *promptz.Item {
	item := &promptz.Item{
		Text: promptz.Text{
			Name: d.Name, Description: d.Description, Tags: d.Tags,
			SourceURL: d.SourceURL, License: d.License,
		},
		ID: idIn(d.ID), Kind: promptz.Kind(d.Kind), OwnerID: d.Owner,
		Visibility: promptz.Visibility(d.Visibility),
		Version:    d.Version, Digest: d.Digest, Note: d.Note, Pieces: d.Pieces,
		Shown: d.Shown, Revision: d.Revision,
		CreatedAt: fromMillis(d.CreatedAt), UpdatedAt: fromMillis(d.UpdatedAt),
		PublishedAt: fromMillis(d.PublishedAt),
		Guard:       cardGuard{d.DocstoreRevision, d.LastWrite},
	}
	if d.HoldAt != 0 {
		item.Held = &promptz.Hold{Reason: d.HoldReason, By: d.HoldBy, At: fromMillis(d.HoldAt)}
	}
	return item
}

// cardGuard is the guard of an item: the state of its card, and which write made it.
type cardGuard struct {
	revision  any
	lastWrite string
}

// guardOf gives the guard of an item that was read here.
func guardOf(item *promptz.Item) cardGuard {
	guard, _ := item.Guard.(cardGuard)
	return guard
}

// sortIn gives the card's place on an index.
func (d *cardDoc) sortIn(i Index) string {
	switch i.Name {
	case feedIndex.Name:
		return d.FeedSort
	case updatedIndex.Name:
		return d.UpdatedSort
	case ownedIndex.Name:
		return d.OwnedSort
	}
	return d.AuthoredSort
}

// byPlace orders cards as a descending query on the index does.
func byPlace(i Index) func(a, b *cardDoc) int {
	return func(a, b *cardDoc) int { return cmp.Compare(b.sortIn(i), a.sortIn(i)) }
}
