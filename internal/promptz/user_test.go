package promptz_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

func TestFoldHandle(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":          "",
		"ada":       "ada",
		"Ada-_09Z":  "ada-_09z",
		"AZ[@`az{":  "az[@`az{",
		"\u212aATE": "\u212aate", // the Kelvin sign is no k: look-alikes never meet
		"ÉİΣ":       "ÉİΣ",
		"\xffA":     "\ufffda",
	} {
		if got := promptz.FoldHandle(in); got != want {
			t.Errorf("FoldHandle(%q) = %q, want %q", in, got, want)
		}
	}
}

// userTest says which fields of a user are wrong.
type userTest struct {
	name string
	user promptz.User
	want []string
}

func (tt userTest) run(t *testing.T) {
	t.Run(tt.name, func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff(tt.want, wrong(t, tt.user.Validate())); diff != "" {
			t.Error(diff)
		}
	})
}

func TestUserHandle(t *testing.T) {
	t.Parallel()
	handle := func(handle string) promptz.User { return promptz.User{Handle: handle, Role: promptz.RoleUser} }
	for _, tt := range []userTest{
		{"the shortest handle", handle("ada"), nil},
		{"the longest handle", handle(long("a", 20)), nil},
		{"all that a handle may hold", handle("Ada_Love-lace09"), nil},
		{"begins with a digit", handle("0day"), nil},
		{"ends with a dash", handle("ada-"), nil},
		{"none", handle(""), []string{"/handle too_short"}},
		{"too short", handle("ab"), []string{"/handle too_short"}},
		{"too long", handle(long("a", 21)), []string{"/handle too_long"}},
		{"begins with a dash", handle("-ada"), []string{"/handle bad_character"}},
		{"begins with an underscore", handle("_ada"), []string{"/handle bad_character"}},
		{"a dot", handle("ada.l"), []string{"/handle bad_character"}},
		{"a slash", handle("../ada"), []string{"/handle bad_character"}},
		{"a space after it", handle("ada "), []string{"/handle bad_character"}},
		{"a newline after it", handle("ada\n"), []string{"/handle bad_character"}},
		{"a letter that looks alike", handle("аda"), []string{"/handle bad_character"}},
		{"an accent", handle("adé"), []string{"/handle bad_character"}},
		{"not UTF-8", handle("ada\xff"), []string{"/handle bad_character"}},
		{"reserved", handle("admin"), []string{"/handle reserved"}},
		{"reserved in other capitals", handle("PromptZ"), []string{"/handle reserved"}},
		{"reserved with a dash", handle("Deleted-User"), []string{"/handle reserved"}},
		{"reserved for paths", handle("prompts"), []string{"/handle reserved"}},
		{"begins like a reserved one", handle("admin2"), nil},
	} {
		tt.run(t)
	}
}

func TestUserProfileAndRole(t *testing.T) {
	t.Parallel()
	role := func(role promptz.Role) promptz.User { return promptz.User{Handle: "ada", Role: role} }
	shown := func(name, bio string) promptz.User {
		return promptz.User{Handle: "ada", DisplayName: name, Bio: bio, Role: promptz.RoleUser}
	}
	for _, tt := range []userTest{
		{"the longest name and bio", shown(long("é", 80), long("é", 500)), nil},
		{"too long name and bio", shown(long("é", 81), long("é", 501)), []string{"/displayName too_long", "/bio too_long"}},
		{"lines in a bio", shown("Ada", "a\n\tb"), nil},
		{"lines in a name", shown("A\nda", ""), []string{"/displayName control_character"}},
		{"control characters", shown("A\x00da", "\x1b"), []string{"/displayName control_character", "/bio control_character"}},
		{"name and bio that are not UTF-8", shown("\xff", "\xc3"), []string{"/displayName control_character", "/bio control_character"}},
		{"a moderator", role(promptz.RoleModerator), nil},
		{"an admin", role(promptz.RoleAdmin), nil},
		{"no role", role(""), []string{"/role not_one_of"}},
		{"a role that is none", role("root"), []string{"/role not_one_of"}},
		{"several", promptz.User{Handle: "a", DisplayName: "\n", Bio: "\r"}, []string{"/handle too_short", "/displayName control_character", "/bio control_character", "/role not_one_of"}},
	} {
		tt.run(t)
	}
}

// Whoever is called like a part of the site could be taken for it.
func TestKindsAreReservedHandles(t *testing.T) {
	t.Parallel()
	for _, info := range promptz.Kinds {
		u := promptz.User{Handle: info.Plural, Role: promptz.RoleUser}
		if diff := cmp.Diff([]string{"/handle reserved"}, wrong(t, u.Validate())); diff != "" {
			t.Errorf("%s: %s", info.Plural, diff)
		}
	}
}

func TestUserProfile(t *testing.T) {
	t.Parallel()
	u := promptz.User{ID: someID, Handle: "ada", DisplayName: "Ada", Bio: "b", Role: promptz.RoleAdmin}
	if diff := cmp.Diff(promptz.Profile{Handle: "ada", DisplayName: "Ada"}, u.Profile()); diff != "" {
		t.Error(diff)
	}
}

func TestKeyValidate(t *testing.T) {
	t.Parallel()
	named := func(name string) promptz.Key {
		return promptz.Key{Name: name, Scopes: []promptz.Scope{promptz.ScopeRead}}
	}
	scoped := func(scopes ...promptz.Scope) promptz.Key { return promptz.Key{Name: "laptop", Scopes: scopes} }
	tests := []struct {
		name string
		key  promptz.Key
		want []string
	}{
		{"as it should be", named("laptop"), nil},
		{"the longest name", named(long("é", 80)), nil},
		{"no name", named(""), []string{"/name too_short"}},
		{"a name too long", named(long("é", 81)), []string{"/name too_long"}},
		{"a name of two lines", named("a\nb"), []string{"/name control_character"}},
		{"a name that is not UTF-8", named("a\xff"), []string{"/name control_character"}},
		{"all scopes", scoped(promptz.Scopes...), nil},
		{"no scopes", scoped(), []string{"/scopes too_short"}},
		{"a scope twice", scoped("read", "write", "read"), []string{"/scopes duplicate"}},
		{"too many scopes", scoped("read", "read", "read", "read", "read"), []string{"/scopes too_long"}},
		{"scopes that are none", scoped("read", "root", "Admin", ""), []string{"/scopes/1 not_one_of", "/scopes/2 not_one_of", "/scopes/3 not_one_of"}},
		{"nothing at all", promptz.Key{}, []string{"/name too_short", "/scopes too_short"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, wrong(t, tt.key.Validate())); diff != "" {
				t.Error(diff)
			}
		})
	}
}
