package promptz_test

import (
	"testing"

	"promptz/internal/promptz"
)

func TestScopesIncludeOthers(t *testing.T) {
	t.Parallel()
	const (
		public, read, write, admin = promptz.ScopePublic, promptz.ScopeRead, promptz.ScopeWrite, promptz.ScopeAdmin
	)
	tests := []struct {
		name   string
		scopes []promptz.Scope
		has    []promptz.Scope // of all there are, and some that are none
	}{
		{"none", nil, nil},
		{"empty", []promptz.Scope{}, nil},
		{"public", []promptz.Scope{public}, []promptz.Scope{public}},
		{"read", []promptz.Scope{read}, []promptz.Scope{public, read}},
		{"write", []promptz.Scope{write}, []promptz.Scope{public, read, write}},
		{"admin", []promptz.Scope{admin}, []promptz.Scope{public, read, write, admin}},
		{"the greatest counts", []promptz.Scope{read, public, write, read}, []promptz.Scope{public, read, write}},
		{"one that is none", []promptz.Scope{"root"}, nil},
		{"one with other capitals", []promptz.Scope{"Admin"}, nil},
		{"an empty one", []promptz.Scope{""}, nil},
		{"one that is none beside one that is", []promptz.Scope{"root", public}, []promptz.Scope{public}},
	}
	asked := append([]promptz.Scope{"", "root", "Admin", "write "}, promptz.Scopes...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			has := map[promptz.Scope]bool{}
			for _, scope := range tt.has {
				has[scope] = true
			}
			p := promptz.Principal{UserID: "u", Role: promptz.RoleAdmin, Scopes: tt.scopes}
			for _, scope := range asked {
				if got := p.Has(scope); got != has[scope] {
					t.Errorf("Has(%q) = %t, want %t", scope, got, has[scope])
				}
				want := promptz.Code("")
				if !has[scope] {
					want = promptz.CodeForbidden
				}
				if err := p.Require(scope); promptz.ErrorCode(err) != want {
					t.Errorf("Require(%q) = %v, want code %q", scope, err, want)
				}
			}
		})
	}
}

func TestAnonymousPrincipal(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]promptz.Principal{
		"zero":             {},
		"scopes of nobody": {Scopes: promptz.Scopes},
		"a key of nobody":  {KeyID: someID, Scopes: promptz.Scopes},
		"a role of nobody": {Role: promptz.RoleAdmin},
	} {
		if !p.Anonymous() {
			t.Errorf("%s: not anonymous", name)
		}
		for _, scope := range promptz.Scopes {
			if err := p.Require(scope); promptz.ErrorCode(err) != promptz.CodeUnauthenticated {
				t.Errorf("%s: Require(%q) = %v, want %s", name, scope, err, promptz.CodeUnauthenticated)
			}
		}
	}
	if (promptz.Principal{UserID: "u"}).Anonymous() {
		t.Error("a user is anonymous")
	}
}
