package identity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"time"

	"promptz/internal/promptz"
)

// The limits that guard sign-in. They are kept in the store, hold across
// processes, and can't be switched off.
//
// What somebody asks for an address counts for them and the address together, so
// that a stranger uses up their own share and not the owner's; only what that
// lets pass counts for the address. A browser in which the owner signed in
// before has a share of its own.
var (
	askRate         = promptz.Rate{Burst: 5, Window: 10 * time.Minute}  // challenges, an address and network
	askDeviceRate   = promptz.Rate{Burst: 10, Window: 10 * time.Minute} // challenges, a known browser
	askAddressRate  = promptz.Rate{Burst: 30, Window: time.Hour}        // challenges, an address
	askNetworkRate  = promptz.Rate{Burst: 60, Window: time.Hour}        // challenges, a network
	answerRate      = promptz.Rate{Burst: 60, Window: 10 * time.Minute} // answers, a network
	createKeyRate   = promptz.Rate{Burst: 20, Window: time.Hour}        // API keys, a user
	mailRate        = promptz.Rate{Burst: 1000, Window: time.Hour}      // mails of the deployment
	mailUnknownRate = promptz.Rate{Burst: 500, Window: time.Hour}       // of them to who has no account
)

// limitAsking counts a challenge that somebody asks for.
func (s *SignIn) limitAsking(ctx context.Context, claim promptz.Claim, a promptz.Asker) error {
	if s.knownDevice(ctx, claim, a.Device) {
		return s.limit(ctx, "ask device "+a.Device, askDeviceRate)
	}
	network := networkOf(a)
	if err := s.limit(ctx, "ask network "+network, askNetworkRate); err != nil {
		return err
	}
	if claim == "" {
		return nil
	}
	if err := s.limit(ctx, "ask "+string(claim)+" "+network, askRate); err != nil {
		return err
	}
	return s.limit(ctx, "ask "+string(claim), askAddressRate)
}

// knownDevice tells whether the owner of an address signed in before in the
// asker's browser.
func (s *SignIn) knownDevice(ctx context.Context, claim promptz.Claim, cookie string) bool {
	if cookie == "" {
		return false
	}
	d, err := s.store.FindDevice(ctx, hashOf(cookie))
	return err == nil && d.Claim == claim
}

// limit counts one more of key. It fails with [promptz.CodeRateLimited].
func (s *SignIn) limit(ctx context.Context, key string, rate promptz.Rate) error {
	return take(ctx, s.counters, key, rate)
}

func take(ctx context.Context, counters Counters, key string, rate promptz.Rate) error {
	wait, err := counters.Take(ctx, key, rate)
	if err != nil || wait == 0 {
		return err
	}
	limited := promptz.Errorf(promptz.CodeRateLimited, "Too many of these. Try again in %s.", inWords(wait))
	limited.RetryAfter = wait
	return limited
}

// isLimited tells whether err is a limit's, and how long to wait.
func isLimited(err error) (wait time.Duration, ok bool) {
	e, is := errors.AsType[*promptz.Error](err)
	if !is || e.Code != promptz.CodeRateLimited {
		return 0, false
	}
	return e.RetryAfter, true
}

func inWords(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d seconds", int(math.Ceil(d.Seconds())))
	}
	return fmt.Sprintf("%d minutes", int(math.Ceil(d.Minutes())))
}

func networkOf(a promptz.Asker) string {
	if a.Network == (netip.Prefix{}) {
		return "unknown"
	}
	return a.Network.String()
}
