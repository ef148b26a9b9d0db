package store

import (
	"strings"
	"unicode/utf8"

	"promptz/internal/promptz"
)

// pieceBytes is how much content one document holds. DynamoDB allows 400 KB a
// document, and the first piece holds howto and agent settings too.
const pieceBytes = 250_000

// versionDoc is version#<item>#<n>: one version's facts and short texts.
type versionDoc struct {
	ID          string   `docstore:"id"`
	V           int      `docstore:"v"`
	Item        string   `docstore:"item"`
	Number      int      `docstore:"number"`
	Name        string   `docstore:"name,omitempty"`
	Description string   `docstore:"description,omitempty"`
	Tags        []string `docstore:"tags,omitempty"`
	SourceURL   string   `docstore:"sourceUrl,omitempty"`
	License     string   `docstore:"license,omitempty"`
	Digest      string   `docstore:"digest"`
	Note        string   `docstore:"note,omitempty"`
	Pieces      int      `docstore:"pieces"`
	Shown       bool     `docstore:"shown"`
	Erased      bool     `docstore:"erased"`
	Author      string   `docstore:"author"`
	CreatedAt   int64    `docstore:"createdAt"`

	DocstoreRevision any
}

func newVersionDoc(v *promptz.Version) *versionDoc {
	return &versionDoc{
		ID: versionKey(v.ItemID, v.Number), V: schema, Item: v.ItemID, Number: v.Number,
		Name: v.Name, Description: v.Description, Tags: v.Tags,
		SourceURL: v.SourceURL, License: v.License,
		Digest: v.Digest, Note: v.Note, Pieces: v.Pieces, Shown: v.Shown, Erased: v.Erased,
		Author: v.AuthorID, CreatedAt: millis(v.CreatedAt),
	}
}

// version gives the version without its long texts.
func (d *versionDoc) version() *promptz.Version {
	return &promptz.Version{
		Text: promptz.Text{
			Name: d.Name, Description: d.Description, Tags: d.Tags,
			SourceURL: d.SourceURL, License: d.License,
		},
		ItemID: d.Item, Number: d.Number, Digest: d.Digest, Note: d.Note,
		Pieces: d.Pieces, Shown: d.Shown, Erased: d.Erased,
		AuthorID: d.Author, CreatedAt: fromMillis(d.CreatedAt),
	}
}

// contentDoc is content#<item>#<n>#<k>: a piece of a version's long text.
type contentDoc struct {
	ID    string `docstore:"id"`
	V     int    `docstore:"v"`
	Text  string `docstore:"text,omitempty"`
	Howto string `docstore:"howto,omitempty"` // in piece 0
	Agent string `docstore:"agent,omitempty"` // in piece 0, canonical

	DocstoreRevision any
}

// newContentDocs cuts a version's long text into pieces.
func newContentDocs(id string, n int, text *promptz.Text) ([]*contentDoc, error) {
	var docs []*contentDoc
	for k, piece := range cut(text.Content) {
		docs = append(docs, &contentDoc{ID: contentKey(id, n, k), V: schema, Text: piece})
	}
	docs[0].Howto = text.Howto
	if text.Agent != nil {
		agent, err := text.Agent.Canonical()
		if err != nil {
			return nil, err
		}
		docs[0].Agent = string(agent)
	}
	return docs, nil
}

// cut splits s into pieces of at most pieceBytes, never inside a character. There
// is always a first piece.
func cut(s string) []string {
	var pieces []string
	for len(s) > pieceBytes {
		end := pieceBytes
		for !utf8.RuneStart(s[end]) {
			end--
		}
		pieces, s = append(pieces, s[:end]), s[end:]
	}
	return append(pieces, s)
}

// contentKeys gives the keys of a version's pieces.
func contentKeys(id string, n, pieces int) []string {
	keys := make([]string, pieces)
	for k := range keys {
		keys[k] = contentKey(id, n, k)
	}
	return keys
}

// join puts what newContentDocs cut into text again.
func join(docs []*contentDoc, text *promptz.Text) error {
	text.Content, text.Howto = docs[0].Text, docs[0].Howto
	if len(docs) > 1 {
		var content strings.Builder
		for _, d := range docs {
			content.WriteString(d.Text)
		}
		text.Content = content.String()
	}
	if docs[0].Agent == "" {
		return nil
	}
	agent, err := promptz.ParseAgentSettings([]byte(docs[0].Agent))
	text.Agent = agent
	return err
}
