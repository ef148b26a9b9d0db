package identity_test

import (
	"strings"
	"testing"
	"time"

	"promptz/internal/identity"
	"promptz/internal/promptz"
)

func (d *door) refresh(t testing.TB, token string) (*promptz.Grant, error) {
	t.Helper()
	return d.signIn.Refresh(t.Context(), token)
}

// wantOut sees that a token is good for nothing any more.
func (d *door) wantOut(t testing.TB, g *promptz.Grant) {
	t.Helper()
	_, err := d.signIn.AuthenticateBearer(t.Context(), g.AccessToken)
	wantCode(t, err, promptz.CodeUnauthenticated)
	_, err = d.refresh(t, g.RefreshToken)
	wantCode(t, err, promptz.CodeUnauthenticated)
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	first, p := d.enter(t, "maria@example.com")
	seen := map[string]bool{first.RefreshToken: true}
	last := first
	for range 5 {
		d.clock.advance(time.Hour)
		next, err := d.refresh(t, last.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		if seen[next.RefreshToken] {
			t.Fatal("a refresh token came twice")
		}
		seen[next.RefreshToken] = true
		now, err := d.signIn.AuthenticateBearer(t.Context(), next.AccessToken)
		if err != nil || now.SessionID != p.SessionID || !now.SignedInAt.Equal(p.SignedInAt) {
			t.Errorf("now she is %+v, %v", now, err)
		}
		last = next
	}
}

// Whoever sends a refresh token that was used before ends its session, the thief's
// and the owner's alike.
func TestRefreshTokenReusedAfterRotation(t *testing.T) {
	t.Parallel()
	for name, rounds := range map[string]int{"the one before": 1, "one long before": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			stolen, _ := d.enter(t, "maria@example.com")
			last := stolen
			for range rounds {
				d.clock.advance(time.Minute)
				var err error
				if last, err = d.refresh(t, last.RefreshToken); err != nil {
					t.Fatal(err)
				}
			}
			d.clock.advance(time.Minute)
			_, err := d.refresh(t, stolen.RefreshToken)
			wantCode(t, err, promptz.CodeUnauthenticated)
			d.wantOut(t, last)
		})
	}
}

// Who lost the answer gets the same one again, for a short time and while nobody
// went on from it.
func TestRefreshAnswerLost(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	first, _ := d.enter(t, "maria@example.com")
	second, err := d.refresh(t, first.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	d.clock.advance(29 * time.Second)
	again, err := d.refresh(t, first.RefreshToken)
	if err != nil || again.RefreshToken != second.RefreshToken {
		t.Fatalf("again: %v, the same %t", err, err == nil && again.RefreshToken == second.RefreshToken)
	}
	if _, err := d.refresh(t, second.RefreshToken); err != nil {
		t.Fatal(err)
	}
	_, err = d.refresh(t, first.RefreshToken) // its successor was used
	wantCode(t, err, promptz.CodeUnauthenticated)
}

func TestRefreshTokenRotatedInParallel(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	first, _ := d.enter(t, "maria@example.com")
	const callers = 20
	tokens, errs := make(chan string, callers), make(chan error, callers)
	for range callers {
		go func() {
			g, err := d.signIn.Refresh(t.Context(), first.RefreshToken)
			if err == nil {
				tokens <- g.RefreshToken
			}
			errs <- err
		}()
	}
	for range callers {
		if err := <-errs; err != nil {
			t.Errorf("refused: %v", err)
		}
	}
	close(tokens)
	same := map[string]bool{}
	for token := range tokens {
		same[token] = true
	}
	if len(same) != 1 {
		t.Errorf("%d different successors", len(same))
	}
}

// Nobody who knows a session's id, which access tokens show, can end it by making
// tokens up.
func TestForgedRefreshTokensEndNothing(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	good, p := d.enter(t, "maria@example.com")
	body := strings.TrimPrefix(good.RefreshToken, "promptz_rt_")
	for name, forged := range map[string]string{
		"made up":                "promptz_rt_" + p.SessionID + ".1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA",
		"of another generation":  "promptz_rt_" + strings.Replace(body, ".1.", ".2.", 1),
		"of another session":     "promptz_rt_0123456789ab" + body[promptz.IDLength:],
		"cut":                    good.RefreshToken[:len(good.RefreshToken)-1],
		"longer":                 good.RefreshToken + "A",
		"without its prefix":     body,
		"nothing":                "",
		"dots":                   "promptz_rt_...",
		"an access token":        good.AccessToken,
		"a negative generation":  "promptz_rt_" + strings.Replace(body, ".1.", ".-1.", 1),
		"a generation in Arabic": "promptz_rt_" + strings.Replace(body, ".1.", ".١.", 1),
	} {
		if _, err := d.refresh(t, forged); promptz.ErrorCode(err) != promptz.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
		if name != "an access token" {
			if err := d.signIn.Revoke(t.Context(), forged); err != nil {
				t.Errorf("%s: revoke: %v", name, err)
			}
		}
	}
	if _, err := d.refresh(t, good.RefreshToken); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *door, *promptz.Grant, promptz.Principal) error{
		"refresh token revoked": func(t *testing.T, d *door, g *promptz.Grant, _ promptz.Principal) error {
			return d.signIn.Revoke(t.Context(), g.RefreshToken)
		},
		"access token revoked": func(t *testing.T, d *door, g *promptz.Grant, _ promptz.Principal) error {
			return d.signIn.Revoke(t.Context(), g.AccessToken)
		},
		"ended by its owner": func(t *testing.T, d *door, _ *promptz.Grant, p promptz.Principal) error {
			return d.signIn.DeleteSession(t.Context(), p, p.SessionID)
		},
		"all ended": func(t *testing.T, d *door, _ *promptz.Grant, p promptz.Principal) error {
			return d.signIn.DeleteSessions(t.Context(), p)
		},
		"account erased": func(t *testing.T, d *door, _ *promptz.Grant, p promptz.Principal) error {
			return d.identity.Erase(t.Context(), p, true)
		},
		"suspended": func(t *testing.T, d *door, _ *promptz.Grant, p promptz.Principal) error {
			u, err := d.store.FindUser(t.Context(), p.UserID)
			if err == nil {
				_, err = d.identity.Suspend(t.Context(), u.Handle)
			}
			return err
		},
		"idle": func(_ *testing.T, d *door, _ *promptz.Grant, _ promptz.Principal) error {
			d.clock.advance(promptz.SessionIdle)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t)
			g, p := d.enter(t, "maria@example.com")
			other := d.open(t, d.process("live"))
			if _, err := other.AuthenticateBearer(t.Context(), g.AccessToken); err != nil {
				t.Fatal(err)
			}
			if err := end(t, d, g, p); err != nil {
				t.Fatal(err)
			}
			d.wantOut(t, g) // here at once
			d.clock.advance(identity.CredentialLifetime)
			_, err := other.AuthenticateBearer(t.Context(), g.AccessToken)
			wantCode(t, err, promptz.CodeUnauthenticated)
		})
	}
}

// However often it is refreshed, a session ends 90 days after the sign-in.
func TestSessionsDoNotLastForever(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	g, _ := d.enter(t, "maria@example.com")
	days := 0
	for ; days < 200; days += 20 {
		next, err := d.refresh(t, g.RefreshToken)
		if err != nil {
			break
		}
		g = next
		d.clock.advance(20 * 24 * time.Hour)
	}
	if days != 100 {
		t.Errorf("refused after %d days", days)
	}
}

// Roles count at the time of use, not at that of the sign-in.
func TestDemotionActsOnSessions(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	g, p := d.enter(t, "maria@example.com")
	u, err := d.store.FindUser(t.Context(), p.UserID)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		role  promptz.Role
		admin bool
	}{{promptz.RoleModerator, true}, {promptz.RoleUser, false}} {
		if _, err := d.identity.Promote(t.Context(), u.Handle, tt.role); err != nil {
			t.Fatal(err)
		}
		now, err := d.signIn.AuthenticateBearer(t.Context(), g.AccessToken)
		if err != nil || now.Role != tt.role || now.Has(promptz.ScopeAdmin) != tt.admin {
			t.Errorf("as %s she is %+v, %v", tt.role, now, err)
		}
	}
}

func TestOthersSessionsAreNotThere(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	_, maria := d.enter(t, "maria@example.com")
	g, otto := d.enter(t, "otto@example.com")
	wantCode(t, d.signIn.DeleteSession(t.Context(), maria, otto.SessionID), promptz.CodeNotFound)
	sessions, err := d.signIn.FindSessions(t.Context(), maria)
	if err != nil || len(sessions) != 1 || sessions[0].ID != maria.SessionID {
		t.Errorf("she sees %+v, %v", sessions, err)
	}
	if _, err := d.signIn.AuthenticateBearer(t.Context(), g.AccessToken); err != nil {
		t.Errorf("his session: %v", err)
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	begun, letter := d.ask(t, "maria@example.com")
	g, err := d.signIn.Answer(t.Context(), promptz.Principal{}, promptz.AnswerRequest{
		ChallengeID: begun.ChallengeID, Code: letter.Code, Transport: promptz.TransportCookie, Asker: home,
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.signIn.AuthenticateCookie(t.Context(), g.Cookie)
	if err != nil || p.SessionID == "" || g.AccessToken != "" || g.RefreshToken != "" {
		t.Fatalf("%+v, %+v, %v", p, g, err)
	}
	id, secret, _ := strings.Cut(g.Cookie, ".")
	for name, bad := range map[string]string{
		"another secret": id + "." + strings.Repeat("A", len(secret)), "no secret": id, "empty secret": id + ".",
		"another session": "0123456789ab." + secret, "cut": g.Cookie[:len(g.Cookie)-1], "nothing": "",
	} {
		if _, err := d.signIn.AuthenticateCookie(t.Context(), bad); promptz.ErrorCode(err) != promptz.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.signIn.AuthenticateBearer(t.Context(), g.Cookie); promptz.ErrorCode(err) != promptz.CodeUnauthenticated {
		t.Errorf("a cookie as bearer: %v", err)
	}
	for range 4 { // used each day, it does not go idle
		d.clock.advance(20 * 24 * time.Hour)
		if _, err := d.signIn.AuthenticateCookie(t.Context(), g.Cookie); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.signIn.Revoke(t.Context(), g.Cookie); err != nil {
		t.Fatal(err)
	}
	_, err = d.signIn.AuthenticateCookie(t.Context(), g.Cookie)
	wantCode(t, err, promptz.CodeUnauthenticated)
}

func TestLinkSignsInAndKillsTheCode(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	begun, letter := d.ask(t, "maria@example.com")
	token := letter.Link[strings.LastIndexByte(letter.Link, '/')+1:]
	for range 3 { // scanners follow links
		target, err := d.signIn.FindLink(t.Context(), token)
		if err != nil || target.Email != "maria@example.com" || target.Handle != "" {
			t.Fatalf("%+v, %v", target, err)
		}
	}
	for name, bad := range map[string]string{"another secret": begun.ChallengeID + "." + strings.Repeat("A", 43), "no secret": begun.ChallengeID, "the code": begun.ChallengeID + "." + letter.Code} {
		if _, err := d.signIn.FollowLink(t.Context(), bad, home); promptz.ErrorCode(err) != promptz.CodeUnauthenticated {
			t.Errorf("%s: %v", name, err)
		}
	}
	g, err := d.signIn.FollowLink(t.Context(), token, home)
	if err != nil || g.Cookie == "" {
		t.Fatalf("%+v, %v", g, err)
	}
	_, err = d.answer(t, begun.ChallengeID, letter.Code)
	wantCode(t, err, promptz.CodeUnauthenticated)
	_, err = d.signIn.FollowLink(t.Context(), token, home)
	wantCode(t, err, promptz.CodeUnauthenticated)
}
