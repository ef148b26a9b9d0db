package scenario

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

const (
	cachePublic  = "public, max-age=0, s-maxage=30, stale-while-revalidate=30"
	cachePrivate = "private, no-store"
	varies       = "Accept, Accept-Encoding, Authorization, Cookie"
)

var (
	requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)
	// instant is any time of day in a body: RFC 3339, UTC, milliseconds.
	instant = regexp.MustCompile(`"(?:createdAt|updatedAt|publishedAt|expiresAt|lastUsedAt|signedInAt|at)":"([^"]*)"`)
	millis  = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
)

// faults says what is wrong with an answer that must be wrong with none.
func (s *suite) faults(a answer) []string {
	faults := s.contract.faults(a)
	add := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if a.status >= http.StatusInternalServerError {
		add("the server says that it is its own fault: %s", a.body)
	}
	id := a.header.Get("X-Request-Id")
	if !requestID.MatchString(id) {
		add("the request's id is %q", id)
	}
	if _, again := s.requests.LoadOrStore(id, true); again {
		add("the request's id %q was another's already", id)
	}
	if (a.method == http.MethodHead || a.status == http.StatusNotModified || a.status == http.StatusNoContent) && len(a.body) > 0 {
		add("it has a body: %s", a.body)
	}
	if a.header.Get("Content-Type") != "" && a.header.Get("X-Content-Type-Options") != "nosniff" && !asksHealth(a) {
		add("a browser may guess its type")
	}
	for name := range a.header {
		if strings.HasPrefix(name, "Access-Control-") {
			add("another page may read it: %s", name)
		}
	}
	for _, match := range instant.FindAllSubmatch(a.body, -1) {
		if !millis.Match(match[1]) {
			add("a time is %s", match[0])
		}
	}
	if a.status >= http.StatusBadRequest {
		return append(faults, problemFaults(a)...)
	}
	return append(faults, cacheFaults(a)...)
}

func asksHealth(a answer) bool { return strings.HasPrefix(a.path, "/healthz/") }

// problemFaults says what is wrong with a refusal (RFC 9457).
func problemFaults(a answer) []string {
	var faults []string
	add := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		add("a refusal of the type %q", got)
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		add("a refusal with Cache-Control %q", got)
	}
	if a.status == http.StatusUnauthorized && a.header.Get("WWW-Authenticate") != "Bearer" {
		add("it does not say how to sign in")
	}
	if a.method == http.MethodHead {
		return faults
	}
	var p problem
	if err := json.Unmarshal(a.body, &p); err != nil {
		return append(faults, err.Error())
	}
	if p.Status != a.status || statusOf[p.Code] != a.status || p.Title == "" || p.Detail == "" {
		add("the problem is %s", a.body)
	}
	if p.RequestID != a.header.Get("X-Request-Id") {
		add("the problem is of request %q", p.RequestID)
	}
	if p.Type != "/problems/"+strings.ReplaceAll(p.Code, "_", "-") {
		add("the problem is of the type %q", p.Type)
	}
	return faults
}

// cacheFaults says where caches may do with an answer what they must not.
func cacheFaults(a answer) []string {
	if asksHealth(a) || strings.HasPrefix(a.path, "/.well-known/") {
		return nil
	}
	want := cachePublic
	private := a.asked.Get("Authorization") != "" || strings.HasPrefix(a.path, "/v1/me") || strings.HasPrefix(a.path, "/v1/changes")
	page := isBeside(strings.SplitN(a.path, "?", 2)[0])
	if private && !page || a.method == http.MethodPost {
		want = cachePrivate
	}
	var faults []string
	if got := a.header.Get("Cache-Control"); got != want && !(page && got == cachePublic) {
		faults = append(faults, fmt.Sprintf("Cache-Control is %q, want %q", got, want))
	}
	if got := strings.Join(a.header.Values("Vary"), ", "); got != varies && !strings.HasPrefix(a.path, "/v1/me/export") {
		faults = append(faults, fmt.Sprintf("Vary is %q", got))
	}
	return faults
}
