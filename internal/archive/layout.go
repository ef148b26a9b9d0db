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
//
// Times are RFC 3339 in UTC. Nothing in it depends on when and where it was
// made. No addresses, keys and sessions are in it.
const usersFile = "users.jsonl"

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
	Stats       statsJSON          `json:"stats"`
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

func newItemJSON(h *promptz.History) itemJSON {
	j := itemJSON{
		ID: h.Item.ID, Kind: h.Item.Kind, Owner: h.Item.OwnerID, Visibility: h.Item.Visibility,
		Revision: h.Item.Revision, CreatedAt: h.Item.CreatedAt.UTC(), UpdatedAt: h.Item.UpdatedAt.UTC(),
		PublishedAt: h.Item.PublishedAt.UTC(), Stats: statsJSON(h.Item.Stats),
	}
	for _, v := range h.Versions {
		j.Versions = append(j.Versions, versionJSON{
			Number: v.Number, Name: v.Name, Description: v.Description, Howto: v.Howto, Tags: v.Tags,
			SourceURL: v.SourceURL, License: v.License, Agent: v.Agent, Note: v.Note, Digest: v.Digest,
			Shown: v.Shown, Erased: v.Erased, Author: v.AuthorID, CreatedAt: v.CreatedAt.UTC(),
		})
	}
	return j
}

// history gives the item with its versions, their contents empty.
func (j *itemJSON) history() *promptz.History {
	h := &promptz.History{}
	for _, v := range j.Versions {
		h.Versions = append(h.Versions, &promptz.Version{
			Text: promptz.Text{
				Name: v.Name, Description: v.Description, Howto: v.Howto, Tags: v.Tags,
				SourceURL: v.SourceURL, License: v.License, Agent: v.Agent,
			},
			ItemID: j.ID, Number: v.Number, Digest: v.Digest, Note: v.Note,
			Shown: v.Shown, Erased: v.Erased, AuthorID: v.Author, CreatedAt: v.CreatedAt,
		})
	}
	h.Item = &promptz.Item{
		ID: j.ID, Kind: j.Kind, OwnerID: j.Owner, Visibility: j.Visibility, Revision: j.Revision,
		CreatedAt: j.CreatedAt, UpdatedAt: j.UpdatedAt, PublishedAt: j.PublishedAt,
		Stats: promptz.Stats(j.Stats),
	}
	return h
}

// encode writes JSON as it stands in an archive.
func encode(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
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
