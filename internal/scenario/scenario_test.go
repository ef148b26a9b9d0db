package scenario_test

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"promptz/internal/scenario"
)

// The scenarios themselves run in cmd/server's tests, against real deployments.

func TestNames(t *testing.T) {
	t.Parallel()
	names := scenario.Names()
	if len(names) < 100 {
		t.Errorf("there are %d scenarios only", len(names))
	}
	form, seen := regexp.MustCompile(`^[a-z -]+/[A-Za-z',. -]+$`), map[string]bool{}
	for _, name := range names {
		if !form.MatchString(name) || seen[name] {
			t.Errorf("%q is no name, or there twice", name)
		}
		seen[name] = true
	}
}

func TestLeftOutHasToBeThere(t *testing.T) {
	t.Parallel()
	got := scenario.Unknown(map[string]string{"changes/wait": "it can't", "changes/wait for rain": "it can't", "late": "no"})
	if want := []string{"changes/wait for rain", "late"}; !slices.Equal(got, want) {
		t.Errorf("unknown are %q, not %q", got, want)
	}
}

// good is an answer with which nothing is wrong.
func good() scenario.Answer {
	return scenario.Answer{
		Method: http.MethodGet, Path: "/v1/users/maria", Asked: http.Header{}, Status: http.StatusOK,
		Header: http.Header{
			"Content-Type": {"application/json"}, "Cache-Control": {"public, max-age=0, s-maxage=30, stale-while-revalidate=30"},
			"Vary": {"Accept, Accept-Encoding, Authorization, Cookie"}, "X-Request-Id": {"request-1"}, "X-Content-Type-Options": {"nosniff"},
		},
		Body: `{"handle":"maria","displayName":"","bio":"","createdAt":"2026-11-28T08:00:00.000Z"}`,
	}
}

// refusal is a refusal with which nothing is wrong.
func refusal() scenario.Answer {
	a := good()
	a.Status = http.StatusNotFound
	a.Header.Set("Content-Type", "application/problem+json")
	a.Header.Set("Cache-Control", "no-store")
	a.Body = `{"type":"/problems/not-found","code":"not_found","title":"There is nothing here","status":404,"detail":"Nothing.","requestId":"request-1"}`
	return a
}

// TestFaults spoils an answer, each time in one way that has to be seen.
func TestFaults(t *testing.T) {
	t.Parallel()
	spec, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		of    func() scenario.Answer
		spoil func(a *scenario.Answer)
		want  string // "" is no fault
	}{
		{"good", good, func(*scenario.Answer) {}, ""},
		{"refused", refusal, func(*scenario.Answer) {}, ""},
		{"a member that is not described in the wrong type", good, func(a *scenario.Answer) { a.Body = strings.Replace(a.Body, `"bio":""`, `"bio":1`, 1) }, "openapi.yaml"},
		{"a member missing", good, func(a *scenario.Answer) { a.Body = strings.Replace(a.Body, `"bio":"",`, "", 1) }, "openapi.yaml"},
		{"a status that is not described", good, func(a *scenario.Answer) { a.Status = http.StatusPartialContent }, "openapi.yaml"},
		{"no operation", good, func(a *scenario.Answer) { a.Path = "/v2/users/maria" }, "no such operation"},
		{"seconds without their fraction", good, func(a *scenario.Answer) { a.Body = strings.Replace(a.Body, ".000Z", "Z", 1) }, "a time is"},
		{"our fault", refusal, func(a *scenario.Answer) { a.Status = http.StatusInternalServerError }, "its own fault"},
		{"no request id", good, func(a *scenario.Answer) { a.Header.Del("X-Request-Id") }, "id is"},
		{"readable elsewhere", good, func(a *scenario.Answer) { a.Header.Set("Access-Control-Allow-Origin", "*") }, "another page"},
		{"types may be guessed", good, func(a *scenario.Answer) { a.Header.Del("X-Content-Type-Options") }, "guess"},
		{"kept too long", good, func(a *scenario.Answer) { a.Header.Set("Cache-Control", "public, max-age=3600") }, "Cache-Control"},
		{"kept though private", good, func(a *scenario.Answer) { a.Asked.Set("Authorization", "Bearer x") }, "Cache-Control"},
		{"one for all callers", good, func(a *scenario.Answer) { a.Header.Set("Vary", "Accept") }, "Vary"},
		{"a body to HEAD", good, func(a *scenario.Answer) { a.Method = http.MethodHead }, "it has a body"},
		{"a refusal that is kept", refusal, func(a *scenario.Answer) { a.Header.Set("Cache-Control", "private, no-store") }, "Cache-Control"},
		{"a refusal in plain JSON", refusal, func(a *scenario.Answer) { a.Header.Set("Content-Type", "application/json") }, "of the type"},
		{"a refusal of another status", refusal, func(a *scenario.Answer) { a.Body = strings.Replace(a.Body, "404", "403", 1) }, "the problem is"},
		{"a refusal of another request", refusal, func(a *scenario.Answer) { a.Header.Set("X-Request-Id", "request-2") }, "of request"},
		{"a refusal that leads elsewhere", refusal, func(a *scenario.Answer) { a.Body = strings.Replace(a.Body, "not-found", "gone", 1) }, "type"},
		{"a refusal that does not say how to come in", refusal, func(a *scenario.Answer) {
			a.Status = http.StatusUnauthorized
			a.Body = strings.NewReplacer("404", "401", "not-found", "unauthenticated", "not_found", "unauthenticated").Replace(a.Body)
		}, "how to sign in"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := tt.of()
			tt.spoil(&a)
			faults, err := scenario.FaultsOf(spec, a)
			if err != nil {
				t.Fatal(err)
			}
			found := strings.Join(faults, "\n")
			if tt.want == "" && found != "" || !strings.Contains(found, tt.want) {
				t.Errorf("found %q, want %q", found, tt.want)
			}
		})
	}
	if faults, err := scenario.FaultsOf(spec, good(), good()); err != nil || len(faults) != 1 || !strings.Contains(faults[0], "another's") {
		t.Errorf("of two requests with one id: %q, %v", faults, err)
	}
}
