package archive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"promptz/internal/promptz"
)

// An archive is a gzipped tar of these files, in this order and no others:
//
//	users.jsonl            one user a line, by id
//	items/<id>/item.json   an item, the facts of all its versions (by id)
//	items/<id>/<n>.md      the content of version n, exactly (from 1, but erased ones)
//	stars.jsonl            one star a line, by item, the last first
//	months.jsonl           what was counted of an item in one month a line, by item
//
// The last two may be missing: archives were made before there were counts. // In item.json the versions stand last, so that it can be read one version at a
// time. Times are RFC 3339 in UTC. Nothing in it depends on when and where it was
// made. No addresses, keys and sessions are in it.
const (
	usersFile  = "users.jsonl"
	starsFile  = "stars.jsonl"
	monthsFile = "months.jsonl"
)

func itemFile(id string) string { return "items/" + id + "/item.json" }

func contentFile(id string, n int) string { return fmt.Sprintf("items/%s/%d.md", id, n) }

// userLine is a line of users.jsonl.
type userLine struct {
	ID          string `json:"id"`
	Handle      string `json:"handle"`
	DisplayName string `json:"displayName,omitempty"`
}

// itemJSON is an item.json. What an item has of its current version stands
// there, in the last of Versions.
type itemJSON struct {
	ID          string             `json:"id"`
	Kind        promptz.Kind       `json:"kind"`
	Owner       string             `json:"owner"` // a user's id
	Visibility  promptz.Visibility `json:"visibility"`
	Revision    int64              `json:"revision"`
	CreatedAt   time.Time          `json:"createdAt"`
	UpdatedAt   time.Time          `json:"updatedAt"`
	PublishedAt time.Time          `json:"publishedAt,omitzero"`
	Stats       *statsJSON         `json:"stats,omitempty"` // read from older archives, where all are 0
	Versions    []versionJSON      `json:"versions"`
}

// versionJSON is a version but its content.
type versionJSON struct {
	Number      int                    `json:"number"`
	Name        string                 `json:"name,omitempty"`
	Description string                 `json:"description,omitempty"`
	Howto       string                 `json:"howto,omitempty"`
	Tags        []string               `json:"tags,omitempty"`
	SourceURL   string                 `json:"sourceUrl,omitempty"`
	License     string                 `json:"license,omitempty"`
	Agent       *promptz.AgentSettings `json:"agent,omitempty"`
	Note        string                 `json:"note,omitempty"`
	Digest      string                 `json:"digest"`
	Shown       bool                   `json:"shown"`
	Erased      bool                   `json:"erased,omitempty"`
	Author      string                 `json:"author"` // a user's id
	CreatedAt   time.Time              `json:"createdAt"`
}

type statsJSON struct {
	Stars     int64 `json:"stars"`
	Copies    int64 `json:"copies"`
	Downloads int64 `json:"downloads"`
	Views     int64 `json:"views"`
}

// starLine is a line of stars.jsonl.
type starLine struct {
	Item string    `json:"item"`
	User string    `json:"user"`
	At   time.Time `json:"at"`
}

// monthLine is a line of months.jsonl.
type monthLine struct {
	Item string    `json:"item"`
	Days []dayJSON `json:"days"` // of one month, in order, those with a count
}

type dayJSON struct {
	Day string `json:"day"` // "2026-11-28"
	statsJSON
}

// maxVersions is how many versions an item has at most: their numbers have six
// digits.
const maxVersions = 999_999

// newItemJSON gives the facts of an item, still without its versions.
func newItemJSON(item *promptz.Item) itemJSON {
	return itemJSON{
		ID: item.ID, Kind: item.Kind, Owner: item.OwnerID, Visibility: item.Visibility,
		Revision: item.Revision, CreatedAt: item.CreatedAt.UTC(), UpdatedAt: item.UpdatedAt.UTC(),
		PublishedAt: item.PublishedAt.UTC(), Versions: []versionJSON{},
	}
}

func newVersionJSON(v *promptz.Version) versionJSON {
	return versionJSON{
		Number: v.Number, Name: v.Name, Description: v.Description, Howto: v.Howto, Tags: v.Tags,
		SourceURL: v.SourceURL, License: v.License, Agent: v.Agent, Note: v.Note, Digest: v.Digest,
		Shown: v.Shown, Erased: v.Erased, Author: v.AuthorID, CreatedAt: v.CreatedAt.UTC(),
	}
}

// item gives the item without what it has of its current version.
func (j *itemJSON) item() *promptz.Item {
	return &promptz.Item{
		ID: j.ID, Kind: j.Kind, OwnerID: j.Owner, Visibility: j.Visibility, Revision: j.Revision,
		CreatedAt: j.CreatedAt, UpdatedAt: j.UpdatedAt, PublishedAt: j.PublishedAt,
	}
}

// version gives a version of the item id without its content.
func (j *versionJSON) version(id string) *promptz.Version {
	return &promptz.Version{
		Text: promptz.Text{
			Name: j.Name, Description: j.Description, Howto: j.Howto, Tags: j.Tags,
			SourceURL: j.SourceURL, License: j.License, Agent: j.Agent,
		},
		ItemID: id, Number: j.Number, Digest: j.Digest, Note: j.Note,
		Shown: j.Shown, Erased: j.Erased, AuthorID: j.Author, CreatedAt: j.CreatedAt,
	}
}

// encode writes JSON as it stands in an archive; see [json.Indent].
func encode(v any, prefix, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent(prefix, indent)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode archive: %w", err)
	}
	return b.Bytes(), nil
}

// decode reads what encode wrote, and nothing else.
func decode(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("decode archive: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("decode archive: something follows the value")
	}
	return nil
}
