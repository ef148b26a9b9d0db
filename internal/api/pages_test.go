package api_test

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
)

func TestPagesOfHTML(t *testing.T) {
	t.Parallel()
	html := headers("Content-Type", "text/html; charset=utf-8", "X-Content-Type-Options", "nosniff", "Referrer-Policy", "no-referrer")
	run(t, []scenario{
		{name: "reference", method: "GET", path: "/docs", status: 200, wantHeaders: html, want: []string{"restoreVersion", "/v1/{items}/{ref}", "needs a credential with the scope write", `id="schema-AgentSettings"`, "characters to 200000", "RFC 7396"}},
		{name: "problems", method: "GET", path: "/problems/", status: 200, wantHeaders: html, want: []string{`href="/problems/not-valid"`, `href="/problems/precondition-required"`}},
		{name: "problem", method: "GET", path: "/problems/not-valid", status: 200, wantHeaders: html, want: []string{"422", "not_valid", "JSON pointer"}},
		{name: "unknown problem", method: "GET", path: "/problems/not_valid", status: 404},
		{name: "contract", method: "GET", path: "/openapi.yaml", status: 200, wantHeaders: headers("Content-Type", "application/yaml"), want: []string{"openapi: 3.1.0"}},
	})
}

// TestEveryCodeHasAPage follows the type of every problem in the contract.
func TestEveryCodeHasAPage(t *testing.T) {
	t.Parallel()
	h := newHandler(t, newFake())
	codes := readContract(t).at("components", "schemas", "Problem", "properties", "code")["enum"].([]any)
	index := do(t, h, scenario{method: "GET", path: "/problems/"}.request()).Body.String()
	for _, code := range codes {
		path := "/problems/" + strings.ReplaceAll(code.(string), "_", "-")
		if w := do(t, h, scenario{method: "GET", path: path}.request()); w.Code != 200 {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	if got := strings.Count(index, "<tr><td>"); got != len(codes) {
		t.Errorf("%d codes are in the index, %d in the contract", got, len(codes))
	}
}

// TestPagesLoadNothing finds what a page would load, run or be styled by, and
// compares the style with the policy.
func TestPagesLoadNothing(t *testing.T) {
	t.Parallel()
	h := newHandler(t, newFake())
	for _, path := range []string{"/docs", "/problems/", "/problems/stale"} {
		w := do(t, h, scenario{method: "GET", path: path}.request())
		body := w.Body.String()
		if loaded := regexp.MustCompile(`(?i)<(script|link|img|iframe|form|object)\b|\bsrc=|\bstyle=|\bon\w+=|@import|url\(|https?://`).FindString(body); loaded != "" {
			t.Errorf("%s has %q", path, loaded)
		}
		style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(body)
		if style == nil {
			t.Fatalf("%s has no style", path)
		}
		hash := sha256.Sum256([]byte(style[1]))
		want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
		if got := w.Header().Get("Content-Security-Policy"); got != want {
			t.Errorf("%s: policy %q, want %q", path, got, want)
		}
		ids := map[string]bool{}
		for _, id := range regexp.MustCompile(`\bid="([^"]*)"`).FindAllStringSubmatch(body, -1) {
			if ids[id[1]] {
				t.Errorf("%s has the id %q twice", path, id[1])
			}
			ids[id[1]] = true
		}
		for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(body, -1) {
			if !ids[link[1]] {
				t.Errorf("%s: a link to #%s, which is not there", path, link[1])
			}
		}
	}
}
