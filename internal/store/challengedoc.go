package store

import (
	"time"

	"promptz/internal/promptz"
)

// challengeDoc is challenge#<id>: a sign-in under way.
type challengeDoc struct {
	ID        string `docstore:"id"`
	V         int    `docstore:"v"`
	Purpose   string `docstore:"purpose"`
	Email     string `docstore:"email,omitempty"`
	User      string `docstore:"user,omitempty"`
	CodeHash  []byte `docstore:"codeHash,omitempty"`
	LinkHash  []byte `docstore:"linkHash,omitempty"`
	State     []byte `docstore:"state,omitempty"`
	Browser   []byte `docstore:"browser,omitempty"`
	Proven    bool   `docstore:"proven,omitempty"`
	Issuer    string `docstore:"issuer,omitempty"`
	Subject   string `docstore:"subject,omitempty"`
	Address   string `docstore:"address,omitempty"`
	Verified  bool   `docstore:"verified,omitempty"`
	Tries     int    `docstore:"tries"`
	UsedBy    string `docstore:"usedBy,omitempty"` // the session it became; "" is unused
	CreatedAt int64  `docstore:"createdAt"`
	Expires   int64  `docstore:"expires"` // Unix seconds

	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

func (d *challengeDoc) revision() *any  { return &d.DocstoreRevision }
func (d *challengeDoc) blank() document { return &challengeDoc{ID: d.ID} }

func newChallengeDoc(c *promptz.Challenge) *challengeDoc {
	d := &challengeDoc{
		ID: challengeKey(c.ID), V: schema, Purpose: string(c.Purpose), Email: c.Email, User: c.UserID,
		CodeHash: c.CodeHash, LinkHash: c.LinkHash, State: c.State, Browser: c.Browser,
		Tries: c.Tries, CreatedAt: millis(c.CreatedAt), Expires: c.ExpiresAt.Unix(),
	}
	if p := c.Proof; p != nil {
		d.Proven, d.Issuer, d.Subject, d.Address, d.Verified = true, p.Issuer, p.Subject, p.Email, p.EmailVerified
	}
	return d
}

func (d *challengeDoc) challenge() *promptz.Challenge {
	c := &promptz.Challenge{
		ID: idIn(d.ID), Purpose: promptz.Purpose(d.Purpose), Email: d.Email, UserID: d.User,
		CodeHash: d.CodeHash, LinkHash: d.LinkHash, State: d.State, Browser: d.Browser,
		Tries: d.Tries, Used: d.UsedBy != "",
		CreatedAt: fromMillis(d.CreatedAt), ExpiresAt: time.Unix(d.Expires, 0).UTC(),
		Guard: d.DocstoreRevision,
	}
	if d.Proven {
		c.Proof = &promptz.Proof{Issuer: d.Issuer, Subject: d.Subject, Email: d.Address, EmailVerified: d.Verified}
	}
	return c
}

// deliveryDoc is mail#<id>: something that waits to be delivered.
type deliveryDoc struct {
	ID       string `docstore:"id"`
	V        int    `docstore:"v"`
	Sealed   []byte `docstore:"sealed"`
	Attempts int    `docstore:"attempts"`
	DueAt    int64  `docstore:"dueAt"`
	Expires  int64  `docstore:"expires"` // Unix seconds

	DueShard    string `docstore:"dueShard"`
	DueSort     string `docstore:"dueSort"`
	ExpiryShard string `docstore:"expiryShard,omitempty"`
	ExpirySort  string `docstore:"expirySort,omitempty"`

	DocstoreRevision any
}

// deliveriesDue is the partition of the work list with deliveries.
const deliveriesDue = "mail"

func (d *deliveryDoc) revision() *any  { return &d.DocstoreRevision }
func (d *deliveryDoc) blank() document { return &deliveryDoc{ID: d.ID} }

func newDeliveryDoc(d *promptz.Delivery) *deliveryDoc {
	key := deliveryKey(d.ID)
	return &deliveryDoc{
		ID: key, V: schema, Sealed: d.Sealed, Attempts: d.Attempts,
		DueAt: millis(d.DueAt), Expires: d.ExpiresAt.Unix(),
		DueShard: deliveriesDue, DueSort: sortValue(d.DueAt, key),
	}
}

func (d *deliveryDoc) delivery() *promptz.Delivery {
	return &promptz.Delivery{
		ID: idIn(d.ID), Sealed: d.Sealed, Attempts: d.Attempts,
		DueAt: fromMillis(d.DueAt), ExpiresAt: time.Unix(d.Expires, 0).UTC(),
		Guard: d.DocstoreRevision,
	}
}
