package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"promptz/internal/promptz"
)

// How deliveries are tried.
const (
	noticeLifetime = 3 * 24 * time.Hour // of what nobody waits for
	pollInterval   = 2 * time.Second
	maxDeliveries  = 50              // a round
	firstRetry     = 5 * time.Second // and twice as long each time
	maxRetry       = 5 * time.Minute
	sendTimeout    = time.Minute
)

// cargo is what a delivery holds, sealed.
type cargo struct {
	ChallengeID string         `json:"challenge,omitempty"` // "" is a notice
	Letter      promptz.Letter `json:"letter"`
}

func (s *SignIn) newDelivery(c cargo, expires time.Time) (*promptz.Delivery, error) {
	id, err := promptz.NewID(s.random)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode delivery: %w", err)
	}
	sealed, err := s.secrets.Seal(deliveryLabel, text)
	return &promptz.Delivery{ID: id, Sealed: sealed, DueAt: s.time(), ExpiresAt: expires.Truncate(time.Second)}, err
}

// wake tells the courier of this process that something is queued.
func (s *SignIn) wake() {
	select {
	case s.kick <- struct{}{}:
	default: // it is told already
	}
}

// TakeQueued tells whether this process has queued something since it was last
// asked. It is for where [SignIn.Run] can't run.
func (s *SignIn) TakeQueued() bool {
	select {
	case <-s.kick:
		return true
	default:
		return false
	}
}

// Run delivers what is queued until ctx ends: at once what this process queues,
// soon what others do or left behind.
func (s *SignIn) Run(ctx context.Context) {
	for {
		if err := s.Deliver(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("deliveries failed; they are tried again", "error", err)
		}
		poll := time.NewTimer(pollInterval + rand.N(pollInterval/4))
		select {
		case <-ctx.Done():
			poll.Stop()
			return
		case <-s.kick:
			poll.Stop()
		case <-poll.C:
		}
	}
}

// Deliver delivers what is due now. What fails stays queued.
func (s *SignIn) Deliver(ctx context.Context) error {
	due, err := s.store.FindDueDeliveries(ctx, maxDeliveries)
	if err != nil {
		return err
	}
	for _, d := range due {
		if err := s.deliver(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// deliver takes a delivery, so that no other process does the same, and tries it.
func (s *SignIn) deliver(ctx context.Context, d *promptz.Delivery) error {
	now := s.time()
	if !now.Before(d.ExpiresAt) {
		s.log.Warn("a delivery came to nothing", "delivery", d.ID, "attempts", d.Attempts)
		return s.store.DeleteDelivery(ctx, d)
	}
	taken := *d
	taken.Attempts++
	taken.DueAt = now.Add(max(sendTimeout, min(firstRetry<<min(d.Attempts, 10), maxRetry)))
	err := s.store.UpdateDelivery(ctx, d, &taken)
	if errors.Is(err, promptz.ErrStale) || promptz.ErrorCode(err) == promptz.CodeNotFound {
		return nil // another process has it
	}
	if err != nil {
		return err
	}
	wait, err := s.try(ctx, &taken)
	switch {
	case err == nil && wait == 0:
		return s.store.DeleteDelivery(ctx, &taken)
	case promptz.ErrorCode(err) == promptz.CodeNotValid:
		s.log.Error("a delivery was refused for good", "delivery", d.ID, "error", err)
		return s.store.DeleteDelivery(ctx, &taken)
	case err != nil:
		s.log.Warn("a delivery failed; it is tried again", "delivery", d.ID, "attempts", taken.Attempts, "error", err)
		wait = min(firstRetry<<min(d.Attempts, 10), maxRetry)
	}
	next := taken
	next.DueAt = s.time().Add(wait)
	return s.store.UpdateDelivery(ctx, &taken, &next)
}

// try delivers; wait is how long to keep what may not be delivered yet. What is
// not to be delivered at all counts as done.
func (s *SignIn) try(ctx context.Context, d *promptz.Delivery) (wait time.Duration, err error) {
	text, err := s.secrets.Open(deliveryLabel, d.Sealed)
	if err != nil {
		return 0, err
	}
	var c cargo
	if err := json.Unmarshal(text, &c); err != nil {
		return 0, fmt.Errorf("decode delivery: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if c.ChallengeID == "" {
		_, err = s.provider.Codes.Deliver(ctx, c.Letter)
		return 0, err
	}
	challenge, err := s.findOpen(ctx, c.ChallengeID)
	if errors.Is(err, errRefused) { // nobody can answer it any more
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	wanted, known, err := s.wanted(ctx, challenge, &c.Letter)
	if err != nil || !wanted {
		return 0, err
	}
	if wait, err := s.limitMail(ctx, known); err != nil || wait > 0 {
		return wait, err
	}
	return 0, s.send(ctx, challenge, c.Letter)
}

// wanted tells whether a letter is to be sent, and whether it is to a known user.
// Here, and not where it was asked for, it is looked up who has an account.
func (s *SignIn) wanted(ctx context.Context, c *promptz.Challenge, l *promptz.Letter) (wanted, known bool, err error) {
	if c.Purpose == promptz.PurposeAddress {
		u, err := s.store.FindUser(ctx, c.UserID)
		if promptz.ErrorCode(err) == promptz.CodeNotFound {
			return false, false, nil
		}
		if err == nil {
			l.Handle = u.Handle
		}
		return err == nil, true, err
	}
	u, err := s.store.FindUserByClaim(ctx, emailClaim(s.secrets, c.Email))
	switch {
	case promptz.ErrorCode(err) == promptz.CodeNotFound:
		return s.policy.maySignUp(c.Email), false, nil
	case err != nil:
		return false, false, err
	case u.Suspended():
		return false, true, nil
	}
	l.Handle, l.To = u.Handle, u.Email
	return true, true, nil
}

// limitMail keeps to the mail budget of the deployment, half of which is for who
// has an account.
func (s *SignIn) limitMail(ctx context.Context, known bool) (wait time.Duration, err error) {
	if !known {
		err = s.limit(ctx, "mail unknown", mailUnknownRate)
	}
	if err == nil {
		err = s.limit(ctx, "mail", mailRate)
	}
	if wait, limited := isLimited(err); limited {
		return wait, nil
	}
	return 0, err
}

// send lets the provider send a code and keeps what it wants back.
func (s *SignIn) send(ctx context.Context, c *promptz.Challenge, l promptz.Letter) error {
	state, err := s.provider.Codes.Deliver(ctx, l)
	if err != nil || len(state) == 0 {
		return err
	}
	sealed, err := s.secrets.Seal(stateLabel+c.ID, state)
	if err != nil {
		return err
	}
	for {
		next := *c
		next.State = sealed
		err := s.store.UpdateChallenge(ctx, c, &next)
		if !errors.Is(err, promptz.ErrStale) {
			return err
		}
		if c, err = s.findOpen(ctx, c.ID); err != nil {
			return nil // somebody was faster than the mail: it is of no use
		}
	}
}
