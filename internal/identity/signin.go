package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"promptz/internal/promptz"
)

// SignInStore is where sign-ins are kept; package store has one.
type SignInStore interface {
	Users
	Challenges
	Deliveries
	Sessions
}

// Policy says who may come in, and as what.
type Policy struct {
	PublicURL string   // where links in mails lead
	Closed    bool     // nobody makes an account by signing in
	Domains   []string // of addresses that may make one; none is all
	Admins    []string // addresses whose accounts are admins'
}

// SignInDeps is what a [SignIn] is made of. All of it has to be there.
type SignInDeps struct {
	Store    SignInStore
	Accounts *Service
	Counters Counters
	Secrets  Secrets
	Tokens   Tokens
	Provider Provider
	Policy   Policy
	Log      *slog.Logger
	Now      func() time.Time
	Random   io.Reader // crypto/rand.Reader outside tests
}

// SignIn proves who somebody is and gives sessions for it. Safe for concurrent
// use.
type SignIn struct {
	store    SignInStore
	accounts *Service
	counters Counters
	secrets  Secrets
	tokens   Tokens
	provider Provider
	policy   Policy
	log      *slog.Logger
	now      func() time.Time
	random   io.Reader
	kick     chan struct{} // tells the courier that something is queued
}

// NewSignIn makes a SignIn. It fails when an admin's address is none.
func NewSignIn(d SignInDeps) (*SignIn, error) {
	admins := make([]string, len(d.Policy.Admins))
	for i, raw := range d.Policy.Admins {
		var err error
		if admins[i], err = ParseAddress(raw); err != nil {
			return nil, fmt.Errorf("admins: %w", err)
		}
	}
	d.Policy.Admins = admins
	return &SignIn{
		store: d.Store, accounts: d.Accounts, counters: d.Counters, secrets: d.Secrets, tokens: d.Tokens,
		provider: d.Provider, policy: d.Policy, log: d.Log, now: d.Now, random: d.Random,
		kick: make(chan struct{}, 1),
	}, nil
}

// errRefused is the one answer to whatever is wrong with a code, a link or a
// challenge: what exactly it is would help who guesses.
var errRefused = promptz.Errorf(promptz.CodeUnauthenticated, "This is not valid, or no longer. Ask for a new code.")

// Begin asks somebody to prove that email is theirs, or, where the provider asks
// for itself, just who they are. It does the same whether or not there is such
// an account. It fails with [promptz.CodeNotValid] and
// [promptz.CodeRateLimited].
func (s *SignIn) Begin(ctx context.Context, email string, a promptz.Asker) (promptz.Begun, error) {
	if s.provider.Redirects != nil {
		return s.beginRedirect(ctx, a)
	}
	return s.beginCode(ctx, challengeRequest{purpose: promptz.PurposeSignIn, email: email, asker: a})
}

// challengeRequest is what a challenge by code is made of.
type challengeRequest struct {
	purpose promptz.Purpose
	email   string
	userID  string // whose address it becomes
	asker   promptz.Asker
}

func (s *SignIn) beginCode(ctx context.Context, r challengeRequest) (promptz.Begun, error) {
	address, err := ParseAddress(r.email)
	if err != nil {
		return promptz.Begun{}, err
	}
	if err := s.limitAsking(ctx, emailClaim(s.secrets, address), r.asker); err != nil {
		return promptz.Begun{}, err
	}
	c, err := s.newChallenge(r.purpose)
	if err != nil {
		return promptz.Begun{}, err
	}
	c.Email, c.UserID = address, r.userID
	letter := s.letterTo(c, r)
	if letter.Code, c.CodeHash, err = s.provider.Codes.NewCode(c.ID); err != nil {
		return promptz.Begun{}, err
	}
	if letter.Code != "" && r.purpose == promptz.PurposeSignIn {
		if letter.Link, c.LinkHash, err = s.newLink(c.ID); err != nil {
			return promptz.Begun{}, err
		}
	}
	queued, err := s.newDelivery(cargo{ChallengeID: c.ID, Letter: letter}, c.ExpiresAt)
	if err != nil {
		return promptz.Begun{}, err
	}
	if err := s.store.CreateChallenge(ctx, c, queued); err != nil {
		return promptz.Begun{}, err
	}
	s.wake()
	return promptz.Begun{ChallengeID: c.ID, ExpiresAt: c.ExpiresAt}, nil
}

func (s *SignIn) newChallenge(purpose promptz.Purpose) (*promptz.Challenge, error) {
	id, err := promptz.NewID(s.random)
	if err != nil {
		return nil, err
	}
	now := s.time()
	return &promptz.Challenge{
		ID: id, Purpose: purpose, CreatedAt: now,
		ExpiresAt: now.Add(promptz.ChallengeLifetime).Truncate(time.Second),
	}, nil
}

func (s *SignIn) letterTo(c *promptz.Challenge, r challengeRequest) promptz.Letter {
	letter := promptz.Letter{
		ID: c.ID, Kind: promptz.LetterCode, To: c.Email, ExpiresAt: c.ExpiresAt,
		Client: r.asker.Client, Network: networkOf(r.asker), AskedAt: c.CreatedAt,
	}
	if r.purpose == promptz.PurposeAddress {
		letter.Kind = promptz.LetterAddress
	}
	return letter
}

// Answer takes the answer to a challenge, and gives what the session is carried
// by; nil for a change of address, which p has to be the owner of. Whatever is
// wrong with the answer, it fails with [promptz.CodeUnauthenticated] in the same
// words; it fails with [promptz.CodeForbidden] for who may not come in.
func (s *SignIn) Answer(ctx context.Context, p promptz.Principal, r promptz.AnswerRequest) (*promptz.Grant, error) {
	if err := s.limit(ctx, "answer "+networkOf(r.Asker), answerRate); err != nil {
		return nil, err
	}
	c, err := s.countTry(ctx, r.ChallengeID)
	if err != nil {
		return nil, err
	}
	if c.Purpose == promptz.PurposeAddress && c.UserID != p.UserID {
		return nil, errRefused
	}
	proof, err := s.check(ctx, c, r.Code)
	if promptz.ErrorCode(err) == promptz.CodeUnauthenticated {
		s.log.Info("sign-in refused", "challenge", c.ID, "try", c.Tries)
		return nil, errRefused
	}
	if err != nil {
		return nil, err
	}
	if c.Purpose == promptz.PurposeAddress {
		return nil, s.changeAddress(ctx, c)
	}
	return s.complete(ctx, c, proof, r.Transport, r.Asker)
}

// countTry counts one more answer to a challenge, before anything is compared.
func (s *SignIn) countTry(ctx context.Context, id string) (*promptz.Challenge, error) {
	for {
		c, err := s.findOpen(ctx, id)
		if err != nil {
			return nil, err
		}
		if c.Tries >= promptz.MaxTries {
			return nil, errRefused
		}
		next := *c
		next.Tries++
		err = s.store.UpdateChallenge(ctx, c, &next)
		if errors.Is(err, promptz.ErrStale) {
			continue // another answer was counted: there are not many more
		}
		return &next, err
	}
}

// findOpen gives a challenge that may still be answered.
func (s *SignIn) findOpen(ctx context.Context, id string) (*promptz.Challenge, error) {
	if !promptz.ValidID(id) {
		return nil, errRefused
	}
	c, err := s.store.FindChallenge(ctx, id)
	if promptz.ErrorCode(err) == promptz.CodeNotFound || err == nil && c.Used {
		return nil, errRefused
	}
	return c, err
}

// check makes a proof of the right code.
func (s *SignIn) check(ctx context.Context, c *promptz.Challenge, code string) (promptz.Proof, error) {
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' { // as people type it
			return -1
		}
		return r
	}, code)
	if s.provider.Codes == nil {
		return s.checkCallback(c, code)
	}
	opened := *c
	if len(c.State) > 0 {
		var err error
		if opened.State, err = s.secrets.Open(stateLabel+c.ID, c.State); err != nil {
			return promptz.Proof{}, err
		}
	}
	return s.provider.Codes.Check(ctx, &opened, code)
}

// time is now, as it is stored.
func (s *SignIn) time() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

// newSecret draws 256 bits and gives them for a URL or a cookie.
func (s *SignIn) newSecret() (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(s.random, b); err != nil {
		return "", fmt.Errorf("draw secret: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// hashOf is what is stored of a secret with enough bits of its own.
func hashOf(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// maySignUp tells whether an account may be made for who proved this.
func (p Policy) maySignUp(address string) bool {
	if p.Closed {
		return slices.Contains(p.Admins, address) && address != ""
	}
	_, domain, _ := strings.Cut(address, "@")
	return len(p.Domains) == 0 || slices.Contains(p.Domains, domain)
}
