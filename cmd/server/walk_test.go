package main

import (
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// revokedWithin is how long a key may go on after it was revoked by another
// process.
const revokedWithin = 5 * time.Second

// TestNewcomersFirstHour walks through the README with nothing there at the
// beginning: accounts and keys beside the running server, a draft, its
// publication, its versions, its end, and the end of the key.
func TestNewcomersFirstHour(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	walk(t, startServer(t, dir).url, "--data", dir)
}

// walk is what a newcomer does to the server at url. flags tell commands where
// its data is.
func walk(t *testing.T, url string, flags ...string) {
	shell := func(args ...string) outcome {
		t.Helper()
		return mustRun(t, append(slices.Clone(flags), args...)...)
	}
	maria := client{t, url, createKey(t, shell, "maria")}
	other := client{t, url, createKey(t, shell, "otto")}
	anonymous := client{t: t, url: url}

	draft := maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", map[string]any{
		"name": "Review a pull request", "description": "Reads a change the way a stranger would.",
		"content": "Read the *diff*.\n", "tags": []string{"Review", "Go"},
	})
	if visibility := draft.member(t, "visibility"); visibility != "private" {
		t.Fatalf("a new item is %s", visibility)
	}
	id := draft.member(t, "id")
	checkHidden(t, id, anonymous, other)
	path := draft.header.Get("Location")
	if read := maria.expecting(http.StatusOK, http.MethodGet, path, nil); read.header.Get("ETag") != draft.header.Get("ETag") {
		t.Errorf("its owner reads %s, and made %s", read.header.Get("ETag"), draft.header.Get("ETag"))
	}
	publish(t, maria, anonymous, path)
	checkVersions(t, maria, anonymous, path)
	deleteItem(t, maria, anonymous, path)
	checkRevoked(t, shell, other)
}

// createKey makes a user and a key, each by a command, and sees that the key is
// all there is on standard output.
func createKey(t testing.TB, shell func(...string) outcome, handle string) string {
	t.Helper()
	if made := shell("users", "create", handle); made.stdout != "" || !strings.Contains(made.stderr, handle) {
		t.Errorf("users create: standard output %q, standard error %q", made.stdout, made.stderr)
	}
	made := shell("keys", "create", "--user", handle)
	key, ended := strings.CutSuffix(made.stdout, "\n")
	if !ended || !regexp.MustCompile(`^promptz_live_[0-9A-Za-z]{36}$`).MatchString(key) {
		t.Fatalf("keys create: standard output %q", made.stdout)
	}
	if strings.Contains(made.stderr, key) || !strings.Contains(made.stderr, "never shown again") {
		t.Errorf("keys create: standard error %q", made.stderr)
	}
	return key
}

// checkHidden sees that who may not see an item can't tell that it exists: the
// answer is that for an id that never was, byte for byte.
func checkHidden(t *testing.T, id string, callers ...client) {
	t.Helper()
	for _, caller := range callers {
		hidden := caller.expecting(http.StatusNotFound, http.MethodGet, "/v1/prompts/"+id, nil)
		never := caller.expecting(http.StatusNotFound, http.MethodGet, "/v1/prompts/zzzzzzzzzzzz", nil)
		if diff := cmp.Diff(anonymized(never), anonymized(hidden), cmp.AllowUnexported(answer{})); diff != "" {
			t.Errorf("a draft differs from what never was (-never +draft):\n%s", diff)
		}
	}
}

// anonymized is an answer without what differs from request to request.
func anonymized(a answer) answer {
	a.body = strings.ReplaceAll(a.body, a.header.Get("X-Request-Id"), "REQUEST")
	a.header = a.header.Clone()
	a.header.Del("X-Request-Id")
	a.header.Del("Apigw-Requestid") // a gateway's own
	a.header.Del("Date")
	return a
}

// publish makes an item public, which takes If-Match, and reads it as anybody.
func publish(t *testing.T, owner, anonymous client, path string) {
	t.Helper()
	public := map[string]any{"visibility": "public"}
	owner.expecting(http.StatusPreconditionRequired, http.MethodPatch, path, public)
	owner.expecting(http.StatusPreconditionFailed, http.MethodPatch, path, public, "If-Match", `"999.x"`)
	tag := owner.expecting(http.StatusOK, http.MethodGet, path, nil).header.Get("ETag")
	owner.expecting(http.StatusOK, http.MethodPatch, path, public, "If-Match", tag)

	item := anonymous.expecting(http.StatusOK, http.MethodGet, path, nil)
	if item.member(t, "content") != "Read the *diff*." {
		t.Errorf("anybody reads\n%s", item.body)
	}
	text := anonymous.expecting(http.StatusOK, http.MethodGet, path, nil, "Accept", "text/markdown")
	if text.body != item.member(t, "content") || !strings.HasPrefix(text.header.Get("Content-Type"), "text/markdown") {
		t.Errorf("as Markdown it is %s\n%s", text.header.Get("Content-Type"), text.body)
	}
	if names := anonymous.names("/v1/prompts"); !slices.Equal(names, []string{"Review a pull request"}) {
		t.Errorf("the list holds %q", names)
	}
}

// checkVersions edits a public item and sees that its history tells both states,
// to anybody.
func checkVersions(t *testing.T, owner, anonymous client, path string) {
	t.Helper()
	tag := owner.expecting(http.StatusOK, http.MethodGet, path, nil).header.Get("ETag")
	edit := map[string]any{"content": "Read the tests first.", "note": "tests first"}
	owner.expecting(http.StatusOK, http.MethodPatch, path, edit, "If-Match", tag)
	owner.expecting(http.StatusPreconditionFailed, http.MethodPatch, path, edit, "If-Match", tag)
	for number, content := range map[string]string{"1": "Read the *diff*.", "2": "Read the tests first."} {
		version := anonymous.expecting(http.StatusOK, http.MethodGet, path+"/versions/"+number, nil)
		if version.member(t, "content") != content {
			t.Errorf("version %s is\n%s", number, version.body)
		}
	}
	anonymous.expecting(http.StatusNotFound, http.MethodGet, path+"/versions/3", nil)
}

// deleteItem deletes an item and sees that it is gone for its owner too.
func deleteItem(t *testing.T, owner, anonymous client, path string) {
	t.Helper()
	anonymous.expecting(http.StatusUnauthorized, http.MethodDelete, path, nil, "If-Match", "*")
	owner.expecting(http.StatusNoContent, http.MethodDelete, path, nil, "If-Match", "*")
	for _, caller := range []client{owner, anonymous} {
		caller.expecting(http.StatusNotFound, http.MethodGet, path, nil)
		if names := caller.names("/v1/prompts"); len(names) != 0 {
			t.Errorf("the list still holds %q", names)
		}
	}
}

// checkRevoked revokes the caller's key by a command and sees the running server
// refuse it in time, for what is public too.
func checkRevoked(t *testing.T, shell func(...string) outcome, caller client) {
	t.Helper()
	caller.expecting(http.StatusOK, http.MethodGet, "/v1/me", nil)
	list := shell("keys", "list", "--user", "otto").stdout
	row := regexp.MustCompile(`(?m)^([0-9a-z]{12}) .* ` + caller.key[len(caller.key)-4:] + ` `).FindStringSubmatch(list)
	if row == nil {
		t.Fatalf("keys list does not name the key:\n%s", list)
	}
	if strings.Contains(list, caller.key) {
		t.Error("keys list shows the key")
	}
	shell("keys", "revoke", row[1])
	deadline := time.Now().Add(revokedWithin)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		late := time.Now().After(deadline) // when it is asked: the answer may take its time
		if caller.send(http.MethodGet, "/v1/me", nil).status == http.StatusUnauthorized {
			break
		}
		if late {
			t.Fatalf("the key still works %v after it was revoked", revokedWithin)
		}
		<-tick.C
	}
	caller.expecting(http.StatusUnauthorized, http.MethodGet, "/v1/prompts", nil)
}
