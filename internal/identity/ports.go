package identity

import (
	"context"
	"time"

	"promptz/internal/promptz"
)

// Users is where accounts are kept; package store is one. What they promise
// stands there.
type Users interface {
	CreateUser(ctx context.Context, u *promptz.User) error
	FindUser(ctx context.Context, id string) (*promptz.User, error)
	FindUserByHandle(ctx context.Context, handle string) (*promptz.User, error)
	FindUserByClaim(ctx context.Context, claim promptz.Claim) (*promptz.User, error)
	UpdateUser(ctx context.Context, old, u *promptz.User) error
	BeginErasure(ctx context.Context, old *promptz.User, e promptz.Erasure) error
	FindErasures(ctx context.Context, limit int) ([]promptz.Erasure, error)
	EndErasure(ctx context.Context, userID string) error
}

// Keys is where API keys are kept.
type Keys interface {
	CreateKey(ctx context.Context, k *promptz.Key, once *promptz.Once) error
	FindKeyOnce(ctx context.Context, once *promptz.Once) (keyID string, err error)
	FindKey(ctx context.Context, hash [32]byte) (*promptz.Key, error)
	FindKeys(ctx context.Context, user string) ([]*promptz.Key, error)
	UseKey(ctx context.Context, k *promptz.Key, at time.Time) error
	DeleteKey(ctx context.Context, id string) error
}

// Challenges is where sign-ins under way are kept.
type Challenges interface {
	CreateChallenge(ctx context.Context, c *promptz.Challenge, queued *promptz.Delivery) error
	FindChallenge(ctx context.Context, id string) (*promptz.Challenge, error)
	UpdateChallenge(ctx context.Context, old, c *promptz.Challenge) error
	CompleteChallenge(ctx context.Context, s promptz.SignIn) error
	FindDevice(ctx context.Context, hash []byte) (*promptz.Device, error)
}

// Deliveries is the queue of what has to reach somebody.
type Deliveries interface {
	FindDueDeliveries(ctx context.Context, limit int) ([]*promptz.Delivery, error)
	UpdateDelivery(ctx context.Context, old, d *promptz.Delivery) error
	DeleteDelivery(ctx context.Context, d *promptz.Delivery) error
}

// Sessions is where sessions are kept.
type Sessions interface {
	FindSession(ctx context.Context, id string) (*promptz.Session, error)
	FindSessions(ctx context.Context, userID string) ([]*promptz.Session, error)
	UpdateSession(ctx context.Context, old, s *promptz.Session) error
	DeleteSession(ctx context.Context, id string) error
}

// Counters are limits that hold across processes.
type Counters interface {
	// Take counts one more of key. wait is 0 when rate allows it; otherwise it
	// is not counted, and allowed again after wait.
	Take(ctx context.Context, key string, rate promptz.Rate) (wait time.Duration, err error)
}

// Secrets are the keyed functions of one deployment. label keeps uses apart: what
// one label made no other label reads.
type Secrets interface {
	// MAC gives the keyed hash of parts; where one part ends counts.
	MAC(label string, parts ...[]byte) []byte
	Seal(label string, plaintext []byte) ([]byte, error)
	Open(label string, sealed []byte) ([]byte, error)
}

// Tokens makes and reads access tokens.
type Tokens interface {
	Sign(ctx context.Context, c promptz.AccessClaims) (string, error)
	// Verify fails with [promptz.CodeUnauthenticated].
	Verify(ctx context.Context, token string) (promptz.AccessClaims, error)
}

// Mailer sends letters.
type Mailer interface {
	Send(ctx context.Context, l promptz.Letter) error
}

// Items is what erasing an account does to what it owns.
type Items interface {
	EraseOwned(ctx context.Context, e promptz.Erasure) error
}

// Provider proves who somebody is, by codes or by redirects: exactly one of the
// two is there.
type Provider struct {
	Codes     Codes
	Redirects Redirects
	Bearers   Bearers // nil where the provider's own tokens are not taken
	// TrustEmail joins accounts by addresses that the provider has verified: it
	// is the deployment's own.
	TrustEmail bool
}

// Codes is a provider that sends somebody a code.
type Codes interface {
	// NewCode draws the code that Deliver is to send for a challenge, and gives
	// what is kept of it; "" where the provider makes the code.
	NewCode(challengeID string) (code string, hash []byte, err error)
	// Deliver lets a code reach l.To. It is called again, with the same l, when
	// it failed. state is kept with the challenge.
	Deliver(ctx context.Context, l promptz.Letter) (state []byte, err error)
	// Check fails with [promptz.CodeUnauthenticated] when the code is wrong.
	Check(ctx context.Context, c *promptz.Challenge, code string) (promptz.Proof, error)
}

// Redirects is a provider that asks for itself, in a browser.
type Redirects interface {
	// URL is where the browser goes; state and nonce come back, verifier is
	// PKCE's. It fails with [promptz.CodeUnavailable].
	URL(ctx context.Context, state, nonce, verifier string) (string, error)
	// Exchange makes a proof of what came back. It fails with
	// [promptz.CodeUnauthenticated].
	Exchange(ctx context.Context, code, nonce, verifier string) (promptz.Proof, error)
}

// Bearers is a provider whose access tokens are credentials here too.
type Bearers interface {
	// VerifyBearer fails with [promptz.CodeUnauthenticated]; expires is the
	// token's end.
	VerifyBearer(ctx context.Context, token string) (p promptz.Proof, expires time.Time, err error)
}
