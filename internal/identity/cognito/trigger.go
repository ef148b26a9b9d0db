package cognito

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"promptz/internal/promptz"
)

// Accounts makes the account of who proved something, or brings it up to date;
// package identity is one.
type Accounts interface {
	RefreshUser(ctx context.Context, proof promptz.Proof) (*promptz.User, error)
}

// PostAuthentication is the handler of a pool's trigger of that name: it keeps
// our account of who has just signed in at the pool. Safe for concurrent use.
type PostAuthentication struct {
	accounts Accounts
	pool     Pool
	log      *slog.Logger
}

// NewPostAuthentication makes the handler.
func NewPostAuthentication(accounts Accounts, pool Pool, log *slog.Logger) *PostAuthentication {
	return &PostAuthentication{accounts: accounts, pool: pool, log: log}
}

// Handle takes the event and gives it back, as Cognito wants. It never fails: a
// hiccup of ours must not keep anybody from signing in, and the first request
// does what was missed here.
// See https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-authentication.html.
func (h *PostAuthentication) Handle(ctx context.Context, e events.CognitoEventUserPoolsPostAuthentication) (events.CognitoEventUserPoolsPostAuthentication, error) {
	attributes := e.Request.UserAttributes
	if e.UserPoolID != h.pool.ID || attributes["sub"] == "" {
		h.log.Error("an event of another user pool, or of nobody", "pool", e.UserPoolID)
		return e, nil
	}
	proof := promptz.Proof{
		Issuer: h.pool.Issuer(), Subject: attributes["sub"],
		Email: attributes["email"], EmailVerified: attributes["email_verified"] == "true",
	}
	if _, err := h.accounts.RefreshUser(ctx, proof); err != nil {
		h.log.Error("the account of who signed in was not refreshed; their first request does it", "error", err)
	}
	return e, nil
}
