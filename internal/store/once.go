package store

import (
	"context"
	"encoding/hex"
	"time"

	"gocloud.dev/docstore"

	"promptz/internal/promptz"
)

// onceLifetime is how long a request with an Idempotency-Key happens once.
const onceLifetime = 24 * time.Hour

// onceDoc is idem#<user>#<hash of key>: which request used the key and what it
// made. It holds neither body nor secret.
type onceDoc struct {
	ID      string `docstore:"id"`
	V       int    `docstore:"v"`
	Body    string `docstore:"body"`    // SHA-256 of the request, hex
	Made    string `docstore:"item"`    // the id of what it made
	Expires int64  `docstore:"expires"` // Unix seconds

	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

// expired tells whether the record is absent, whether or not it was removed yet.
func (d *onceDoc) expired(now time.Time) bool { return now.Unix() >= d.Expires }

// findOnce gives the id of what an earlier request with the same key made, ""
// when there was none in the last 24 hours. It fails with
// [promptz.CodeNotValid] when that request was another one.
func (c *collection) findOnce(ctx context.Context, once *promptz.Once, now time.Time) (id string, err error) {
	doc := &onceDoc{ID: onceKey(once.UserID, once.Key)}
	found, err := c.get(ctx, doc, true)
	if err != nil {
		return "", failure("find idempotency record", err)
	}
	if !found || doc.expired(now) {
		return "", nil
	}
	if doc.Body != hex.EncodeToString(once.Body[:]) {
		return "", promptz.Errorf(promptz.CodeNotValid, "This Idempotency-Key was used for another request. Take a new one for each.")
	}
	return doc.Made, nil
}

// addOnce adds the record of once to a list that makes the thing with an id. An
// expired one is taken over under its revision, so that of two takers one fails.
func (c *collection) addOnce(ctx context.Context, list *docstore.ActionList, id string, once *promptz.Once, now time.Time) error {
	old := &onceDoc{ID: onceKey(once.UserID, once.Key)}
	found, err := c.get(ctx, old, true)
	if err != nil {
		return err
	}
	if found && !old.expired(now) {
		return promptz.ErrAlreadyDone
	}
	expires := now.Add(onceLifetime)
	doc := &onceDoc{ID: old.ID, V: schema, Body: hex.EncodeToString(once.Body[:]), Made: id, Expires: expires.Unix()}
	doc.ExpiryShard, doc.ExpirySort = c.expiry(doc.ID, expires)
	if found {
		doc.DocstoreRevision = old.DocstoreRevision
		list.Replace(doc)
		return nil
	}
	list.Create(doc)
	return nil
}
