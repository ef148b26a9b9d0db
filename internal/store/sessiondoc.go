package store

import (
	"encoding/hex"
	"time"

	"promptz/internal/promptz"
)

// sessionDoc is session#<id>.
type sessionDoc struct {
	ID         string `docstore:"id"`
	V          int    `docstore:"v"`
	User       string `docstore:"user"`
	Client     string `docstore:"client,omitempty"`
	Network    string `docstore:"network,omitempty"`
	CookieHash []byte `docstore:"cookieHash,omitempty"`
	Generation int    `docstore:"generation,omitempty"`
	Refresh    []byte `docstore:"refresh,omitempty"`
	Previous   []byte `docstore:"previous,omitempty"`
	RotatedAt  int64  `docstore:"rotatedAt,omitempty"`
	SignedInAt int64  `docstore:"signedInAt"`
	LastUsedAt int64  `docstore:"lastUsedAt"`
	Expires    int64  `docstore:"expires"` // Unix seconds

	HeldBy      string `docstore:"heldBy"`
	HeldSort    string `docstore:"heldSort"`
	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

func (d *sessionDoc) revision() *any  { return &d.DocstoreRevision }
func (d *sessionDoc) blank() document { return &sessionDoc{ID: d.ID} }

func newSessionDoc(s *promptz.Session) *sessionDoc {
	return &sessionDoc{
		ID: sessionKey(s.ID), V: schema, User: s.UserID, Client: s.Client, Network: s.Network, CookieHash: s.CookieHash,
		Generation: s.Refresh.Generation, Refresh: s.Refresh.Hash, Previous: s.Refresh.Previous,
		RotatedAt: millis(s.Refresh.RotatedAt), SignedInAt: millis(s.SignedInAt), LastUsedAt: millis(s.LastUsedAt),
		Expires: s.ExpiresAt.Unix(), HeldBy: sessionsOf(s.UserID), HeldSort: sortValue(s.SignedInAt, s.ID),
	}
}

func (d *sessionDoc) session() *promptz.Session {
	return &promptz.Session{
		ID: idIn(d.ID), UserID: d.User, Client: d.Client, Network: d.Network, CookieHash: d.CookieHash,
		Refresh: promptz.Refresh{
			Generation: d.Generation, Hash: d.Refresh, Previous: d.Previous, RotatedAt: fromMillis(d.RotatedAt),
		},
		SignedInAt: fromMillis(d.SignedInAt), LastUsedAt: fromMillis(d.LastUsedAt),
		ExpiresAt: time.Unix(d.Expires, 0).UTC(),
		Guard:     d.DocstoreRevision,
	}
}

// deviceDoc is device#<sha256>: a browser in which somebody signed in before.
type deviceDoc struct {
	ID      string `docstore:"id"`
	V       int    `docstore:"v"`
	Claim   string `docstore:"claim"`
	Expires int64  `docstore:"expires"` // Unix seconds

	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

func newDeviceDoc(d *promptz.Device) *deviceDoc {
	return &deviceDoc{ID: deviceKey(d.Hash), V: schema, Claim: string(d.Claim), Expires: d.ExpiresAt.Unix()}
}

func (d *deviceDoc) device() *promptz.Device {
	hash, _ := hex.DecodeString(idIn(d.ID))
	return &promptz.Device{Hash: hash, Claim: promptz.Claim(d.Claim), ExpiresAt: time.Unix(d.Expires, 0).UTC()}
}
