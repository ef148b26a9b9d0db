package store

import (
	"encoding/hex"
	"time"

	"promptz/internal/promptz"
)

// userDoc is user#<id>.
type userDoc struct {
	ID              string   `docstore:"id"`
	V               int      `docstore:"v"`
	Handle          string   `docstore:"handle"`
	DisplayName     string   `docstore:"displayName,omitempty"`
	Bio             string   `docstore:"bio,omitempty"`
	Role            string   `docstore:"role"`
	Provisional     bool     `docstore:"provisional"`
	CreatedAt       int64    `docstore:"createdAt"`
	HandleChangedAt int64    `docstore:"handleChangedAt,omitempty"`
	Email           string   `docstore:"email,omitempty"`
	Claims          []string `docstore:"claims,omitempty"`
	SuspendedAt     int64    `docstore:"suspendedAt,omitempty"`
	Revision        int64    `docstore:"revision"`
	ErasedAt        int64    `docstore:"erasedAt,omitempty"`
	KeepPublic      bool     `docstore:"keepPublic,omitempty"` // how it is erased

	DueShard string `docstore:"dueShard,omitempty"`
	DueSort  string `docstore:"dueSort,omitempty"`

	DocstoreRevision any
}

// erasuresDue is the partition of the work list with accounts to be erased.
const erasuresDue = "erase"

func (d *userDoc) revision() *any  { return &d.DocstoreRevision }
func (d *userDoc) blank() document { return &userDoc{ID: d.ID} }

// erased tells whether nothing is left of the user but the id.
func (d *userDoc) erased() bool { return d.ErasedAt != 0 }

func newUserDoc(u *promptz.User) *userDoc {
	d := &userDoc{
		ID: userKey(u.ID), V: schema, Handle: u.Handle, DisplayName: u.DisplayName, Bio: u.Bio,
		Role: string(u.Role), Provisional: u.Provisional, CreatedAt: millis(u.CreatedAt),
		HandleChangedAt: millis(u.HandleChangedAt), Email: u.Email, SuspendedAt: millis(u.SuspendedAt),
		Revision: u.Revision,
	}
	for _, c := range u.Claims {
		d.Claims = append(d.Claims, string(c))
	}
	return d
}

func (d *userDoc) user() *promptz.User {
	u := &promptz.User{
		ID: idIn(d.ID), Handle: d.Handle, DisplayName: d.DisplayName, Bio: d.Bio,
		Role: promptz.Role(d.Role), Provisional: d.Provisional, CreatedAt: fromMillis(d.CreatedAt),
		HandleChangedAt: fromMillis(d.HandleChangedAt), Email: d.Email, SuspendedAt: fromMillis(d.SuspendedAt),
		Revision: d.Revision, Guard: d.DocstoreRevision,
	}
	for _, c := range d.Claims {
		u.Claims = append(u.Claims, promptz.Claim(c))
	}
	return u
}

// claimDoc is email#<keyed hash> or subject#<hash>: it makes what it names one
// user's.
type claimDoc struct {
	ID   string `docstore:"id"` // the claim itself
	V    int    `docstore:"v"`
	User string `docstore:"user"`

	DocstoreRevision any
}

// handleDoc is handle#<folded>: the claim that makes a handle one user's. A
// handle that was given up stays claimed, so that only the same user can take
// it again.
type handleDoc struct {
	ID      string `docstore:"id"`
	V       int    `docstore:"v"`
	User    string `docstore:"user"`
	GivenUp int64  `docstore:"givenUp,omitempty"` // when; 0 while in use

	DocstoreRevision any
}

func newHandleDoc(handle, user string, givenUp time.Time) *handleDoc {
	return &handleDoc{
		ID: handleKey(promptz.FoldHandle(handle)), V: schema, User: user, GivenUp: millis(givenUp),
	}
}

// apiKeyDoc is key#<sha256>: an API key, found by what it hashes to.
type apiKeyDoc struct {
	ID        string   `docstore:"id"`
	V         int      `docstore:"v"`
	Key       string   `docstore:"key"` // the key's id
	User      string   `docstore:"user"`
	Name      string   `docstore:"name"`
	Last4     string   `docstore:"last4"`
	Scopes    []string `docstore:"scopes"`
	CreatedAt int64    `docstore:"createdAt"`
	Expires   int64    `docstore:"expires"` // Unix seconds
	LastUsed  int64    `docstore:"lastUsed,omitempty"`

	HeldBy      string `docstore:"heldBy"`
	HeldSort    string `docstore:"heldSort"`
	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

// apiKeyIDDoc is keyid#<id>: it leads from a key's id to its document.
type apiKeyIDDoc struct {
	ID      string `docstore:"id"`
	V       int    `docstore:"v"`
	Hash    string `docstore:"hash"`
	Expires int64  `docstore:"expires"` // Unix seconds

	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

func newAPIKeyDoc(k *promptz.Key) *apiKeyDoc {
	scopes := make([]string, len(k.Scopes))
	for i, s := range k.Scopes {
		scopes[i] = string(s)
	}
	return &apiKeyDoc{
		ID: apiKeyKey(k.Hash), V: schema, Key: k.ID, User: k.UserID, Name: k.Name, Last4: k.Last4,
		Scopes: scopes, CreatedAt: millis(k.CreatedAt), Expires: k.ExpiresAt.Unix(),
		LastUsed: millis(k.LastUsedAt),
		HeldBy:   keysOf(k.UserID), HeldSort: sortValue(k.CreatedAt, k.ID),
	}
}

func (d *apiKeyDoc) key() *promptz.Key {
	k := &promptz.Key{
		ID: d.Key, UserID: d.User, Name: d.Name, Last4: d.Last4,
		CreatedAt: fromMillis(d.CreatedAt), ExpiresAt: time.Unix(d.Expires, 0).UTC(),
		LastUsedAt: fromMillis(d.LastUsed),
	}
	hex.Decode(k.Hash[:], []byte(idIn(d.ID)))
	for _, s := range d.Scopes {
		k.Scopes = append(k.Scopes, promptz.Scope(s))
	}
	return k
}
