package api_test

import (
	"context"
	"iter"
	"net/netip"
	"time"

	"promptz/internal/promptz"
)

// What the fake's sign-ins are made of.
const (
	someChallenge = "cha000000001"
	someSession   = "ses000000001"
	someKey       = "key000000001"
	rightCode     = "12345678"
	goodLink      = someChallenge + ".secret"
	goodRefresh   = "promptz_rt_good"
)

// fakeSignIn keeps the promises of [api.SignIn] and remembers who asked.
type fakeSignIn struct {
	fails   error
	asker   promptz.Asker
	revoked []string
	browser string
	// redirects says that the provider asks for itself.
	redirects bool
}

func clientAddr(context.Context) netip.Addr { return netip.MustParseAddr("192.0.2.77") }

var refused = promptz.Errorf(promptz.CodeUnauthenticated, "This is not valid, or no longer. Ask for a new code.")

func (f *fakeSignIn) Begin(_ context.Context, email string, a promptz.Asker) (promptz.Begun, error) {
	f.asker = a
	begun := promptz.Begun{ChallengeID: someChallenge, ExpiresAt: time.Unix(1_800_000_000, 0)}
	switch {
	case f.fails != nil:
		return promptz.Begun{}, f.fails
	case f.redirects:
		begun.URL, begun.Browser = "https://id.example.com/authorize?state=x", "browser-secret"
	case email == "":
		return promptz.Begun{}, promptz.NotValid("/email", "not_an_address", "must be a bare mail address, such as maria@example.com")
	}
	return begun, nil
}

func (f *fakeSignIn) BeginAddress(ctx context.Context, _ promptz.Principal, email string, a promptz.Asker) (promptz.Begun, error) {
	return f.Begin(ctx, email, a)
}

func (f *fakeSignIn) Answer(_ context.Context, p promptz.Principal, r promptz.AnswerRequest) (*promptz.Grant, error) {
	f.asker = r.Asker
	switch {
	case f.fails != nil:
		return nil, f.fails
	case r.Code != rightCode || r.ChallengeID != someChallenge:
		return nil, refused
	case !p.Anonymous(): // a change of address
		return nil, nil
	case r.Transport == promptz.TransportCookie:
		return cookieGrant(), nil
	}
	return tokenGrant(), nil
}

func cookieGrant() *promptz.Grant {
	return &promptz.Grant{Cookie: someSession + ".secret", Device: "device-secret", ExpiresAt: time.Unix(1_800_000_000, 0)}
}

func tokenGrant() *promptz.Grant {
	return &promptz.Grant{
		AccessToken: "access", RefreshToken: goodRefresh, Lifetime: 10 * time.Minute,
		Scopes: []promptz.Scope{promptz.ScopePublic, promptz.ScopeRead, promptz.ScopeWrite},
	}
}

func (f *fakeSignIn) FindLink(_ context.Context, token string) (promptz.LinkTarget, error) {
	switch {
	case f.fails != nil:
		return promptz.LinkTarget{}, f.fails
	case token != goodLink:
		return promptz.LinkTarget{}, refused
	}
	return promptz.LinkTarget{Handle: "Maria", Email: `maria"<script>@example.com`}, nil
}

func (f *fakeSignIn) FollowLink(_ context.Context, token string, _ promptz.Asker) (*promptz.Grant, error) {
	switch {
	case f.fails != nil:
		return nil, f.fails
	case token != goodLink:
		return nil, refused
	}
	return cookieGrant(), nil
}

func (f *fakeSignIn) Callback(_ context.Context, state, code, browser string, _ promptz.Asker) (promptz.Callback, error) {
	f.browser = browser
	switch {
	case f.fails != nil:
		return promptz.Callback{}, f.fails
	case state != "good" || code != "good":
		return promptz.Callback{}, refused
	case browser == "browser-secret":
		return promptz.Callback{Grant: cookieGrant()}, nil
	}
	return promptz.Callback{Code: rightCode}, nil
}

func (f *fakeSignIn) Refresh(_ context.Context, token string) (*promptz.Grant, error) {
	switch {
	case f.fails != nil:
		return nil, f.fails
	case token != goodRefresh:
		return nil, refused
	}
	return tokenGrant(), nil
}

func (f *fakeSignIn) Revoke(_ context.Context, token string) error {
	f.revoked = append(f.revoked, token)
	return f.fails
}

func authenticate(_ context.Context, bearer string) (promptz.Principal, error) {
	if bearer == "down" {
		return promptz.Principal{}, promptz.Errorf(promptz.CodeUnavailable, "secret detail of the store")
	}
	p, ok := principals[bearer]
	if !ok {
		return p, promptz.Errorf(promptz.CodeUnauthenticated, "This credential is not valid, or no longer.")
	}
	return p, nil
}

func (f *fakeSignIn) AuthenticateBearer(ctx context.Context, bearer string) (promptz.Principal, error) {
	return authenticate(ctx, bearer)
}

// AuthenticateCookie takes a name of principals after a dot.
func (f *fakeSignIn) AuthenticateCookie(ctx context.Context, cookie string) (promptz.Principal, error) {
	return authenticate(ctx, cookie)
}

func (f *fakeSignIn) FindSessions(_ context.Context, p promptz.Principal) ([]*promptz.Session, error) {
	at := time.Unix(1_790_000_000, 0)
	return []*promptz.Session{{ID: someSession, UserID: p.UserID, Client: "curl/8", Network: "192.0.2.0/24", SignedInAt: at, LastUsedAt: at, ExpiresAt: at}}, f.fails
}

func (f *fakeSignIn) DeleteSession(_ context.Context, _ promptz.Principal, id string) error {
	if id != someSession {
		return promptz.Errorf(promptz.CodeNotFound, "There is no such session.")
	}
	return f.fails
}

func (f *fakeSignIn) DeleteSessions(context.Context, promptz.Principal) error { return f.fails }

func keySet(context.Context) ([]byte, error) {
	return []byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":"a","x":"b"}]}`), nil
}

// The accounts' part of the fake.

func (f *fake) CreateOwnKey(_ context.Context, p promptz.Principal, r promptz.KeyRequest, once *promptz.Once) (*promptz.Key, string, bool, error) {
	err := f.begin("CreateOwnKey")
	defer f.mu.Unlock()
	if err != nil {
		return nil, "", false, err
	}
	at := time.Unix(1_790_000_000, 0)
	key := &promptz.Key{ID: someKey, UserID: p.UserID, Name: r.Name, Scopes: r.Scopes, Last4: "wxyz", CreatedAt: at, ExpiresAt: at.Add(r.Lifetime)}
	if err := key.Validate(); err != nil {
		return nil, "", false, err
	}
	if once != nil {
		if f.once[once.Key] != "" {
			return key, "", true, nil
		}
		f.once[once.Key] = key.ID
	}
	return key, "promptz_live_secret", false, nil
}

func (f *fake) FindOwnKeys(_ context.Context, p promptz.Principal) ([]*promptz.Key, error) {
	err := f.begin("FindOwnKeys")
	defer f.mu.Unlock()
	at := time.Unix(1_790_000_000, 0)
	return []*promptz.Key{{ID: someKey, UserID: p.UserID, Name: "laptop", Scopes: []promptz.Scope{"read"}, Last4: "wxyz", CreatedAt: at, ExpiresAt: at}}, err
}

func (f *fake) DeleteOwnKey(_ context.Context, _ promptz.Principal, id string) error {
	err := f.begin("DeleteOwnKey")
	defer f.mu.Unlock()
	if id != someKey {
		return promptz.Errorf(promptz.CodeNotFound, "There is no such key.")
	}
	return err
}

func (f *fake) ExportMe(_ context.Context, p promptz.Principal) (*promptz.AccountExport, error) {
	err := f.begin("ExportMe")
	defer f.mu.Unlock()
	return &promptz.AccountExport{User: f.users[p.UserID]}, err
}

func (f *fake) Erase(_ context.Context, _ promptz.Principal, keepPublic bool) error {
	call := "Erase"
	if keepPublic {
		call = "Erase, keep public"
	}
	err := f.begin(call)
	defer f.mu.Unlock()
	return err
}

// The library's part of the fake.

func (f *fake) Moderate(_ context.Context, p promptz.Principal, kind promptz.Kind, id string, m promptz.Moderation) (*promptz.Item, error) {
	err := f.begin("Moderate")
	defer f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	item, err := f.find(p, kind, id)
	if err != nil {
		return nil, err
	}
	if err := m.Prepare(); err != nil {
		return nil, err
	}
	next := *item
	next.Visibility, next.Held = promptz.VisibilityPrivate, &promptz.Hold{Reason: m.Reason, At: f.clock}
	return &next, nil
}

func (f *fake) OwnItems(_ context.Context, p promptz.Principal) iter.Seq2[*promptz.Item, error] {
	return func(yield func(*promptz.Item, error) bool) {
		for _, id := range []string{publicPrompt, privatePrompt} {
			if item := f.items[id]; item != nil && item.OwnerID == p.UserID && !yield(item, f.exportFails) {
				return
			}
		}
	}
}

func (f *fake) OwnVersions(_ context.Context, _ promptz.Principal, item *promptz.Item) iter.Seq2[*promptz.Version, error] {
	return func(yield func(*promptz.Version, error) bool) {
		for _, v := range f.versions[item.ID] {
			if !yield(v, nil) {
				return
			}
		}
	}
}
