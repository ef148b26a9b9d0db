package scenario

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// caller sends requests as one user, or as nobody.
type caller struct {
	w      *world
	handle string // "" is nobody
	token  string // "" is nobody
	agent  string // the User-Agent, by which visitors are told apart
}

// answer is a response, read whole.
type answer struct {
	w      *world
	method string
	path   string
	asked  http.Header // of the request
	status int
	header http.Header
	body   []byte
}

// apart is longer than the millisecond to which times are told: of two things that
// one scenario does, the second is the later.
const apart = 2 * time.Millisecond

// raw is a body that is sent as it stands.
type raw string

// send sends a request and holds what comes to what holds for every answer. body
// becomes JSON unless it is raw; nil is none. headers are names and values in turn;
// an empty value removes the header.
func (c *caller) send(method, path string, body any, headers ...string) answer {
	c.w.Helper()
	a, err := c.try(method, path, body, headers...)
	if err != nil {
		c.w.Fatalf("%s %s: %v", method, path, err)
	}
	if method != http.MethodGet && method != http.MethodHead {
		<-time.After(apart)
	}
	for _, fault := range c.w.faults(a) {
		c.w.Errorf("%s %s → %d: %s", method, path, a.status, fault)
	}
	return a
}

func (c *caller) try(method, path string, body any, headers ...string) (answer, error) {
	r, err := c.request(method, path, body, headers...)
	if err != nil {
		return answer{}, err
	}
	res, err := c.w.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return answer{c.w, method, path, r.Header, res.StatusCode, res.Header, text}, err
}

func (c *caller) request(method, path string, body any, headers ...string) (*http.Request, error) {
	text, given := body.(raw)
	if body != nil && !given {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		text = raw(encoded)
	}
	r, err := http.NewRequestWithContext(c.w.Context(), method, c.w.URL+path, strings.NewReader(string(text)))
	if err != nil {
		return nil, err
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
		if method == http.MethodPatch {
			r.Header.Set("Content-Type", "application/merge-patch+json")
		}
	}
	r.Header.Set("User-Agent", c.agent)
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if len(headers)%2 != 0 {
		return nil, errors.New("a header has no value")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Del(headers[i])
		if headers[i+1] != "" {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	return r, nil
}

// want is send for an answer of one status alone.
func (c *caller) want(status int, method, path string, body any, headers ...string) answer {
	c.w.Helper()
	a := c.send(method, path, body, headers...)
	if a.status != status {
		c.w.Fatalf("%s %s: status %d instead of %d\n%s", method, path, a.status, status, a.body)
	}
	return a
}

// get is want for what is there to be read.
func (c *caller) get(path string, headers ...string) answer {
	c.w.Helper()
	return c.want(http.StatusOK, http.MethodGet, path, nil, headers...)
}

// refused is want for a refusal with a code, whose status belongs to it.
func (c *caller) refused(code, method, path string, body any, headers ...string) answer {
	c.w.Helper()
	a := c.want(statusOf[code], method, path, body, headers...)
	if got := read[problem](a).Code; method != http.MethodHead && got != code {
		c.w.Errorf("%s %s: refused as %q instead of %q\n%s", method, path, got, code, a.body)
	}
	return a
}

// hidden is refused for what is not there, or not the caller's to see.
func (c *caller) hidden(method, path string, body any, headers ...string) answer {
	c.w.Helper()
	return c.refused("not_found", method, path, body, headers...)
}

// sees tells whether something is there for the caller to be read.
func (c *caller) sees(path string) bool {
	c.w.Helper()
	switch a := c.send(http.MethodGet, path, nil); a.status {
	case http.StatusOK:
		return true
	case http.StatusNotFound:
		return false
	default:
		c.w.Fatalf("GET %s: status %d\n%s", path, a.status, a.body)
		return false
	}
}

// read reads the body of an answer as JSON; of one without a body it gives nothing.
func read[T any](a answer) T {
	a.w.Helper()
	var v T
	if len(a.body) == 0 {
		return v
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.w.Fatalf("%s %s → %d: %v\n%s", a.method, a.path, a.status, err, a.body)
	}
	return v
}

// text gives the body as it was before it was compressed.
func (a answer) text() ([]byte, error) {
	if a.header.Get("Content-Encoding") != "gzip" {
		return a.body, nil
	}
	whole, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(whole)
}

// has tells whether the body holds a text.
func (a answer) has(text string) bool { return bytes.Contains(a.body, []byte(text)) }

// tag is the answer's ETag.
func (a answer) tag() string { return a.header.Get("ETag") }

// wantHeader checks one header; an empty want is that there is none.
func (a answer) wantHeader(name, want string) {
	a.w.Helper()
	if got := strings.Join(a.header.Values(name), "\n"); got != want {
		a.w.Errorf("%s %s → %d: %s is %q, want %q", a.method, a.path, a.status, name, got, want)
	}
}

// wantField checks that a refusal names a field, by its JSON pointer.
func (a answer) wantField(pointer string) {
	a.w.Helper()
	for _, field := range read[problem](a).Errors {
		if field.Pointer == pointer && field.Code != "" && field.Message != "" {
			return
		}
	}
	a.w.Errorf("%s %s → %d: %q is not named\n%s", a.method, a.path, a.status, pointer, a.body)
}
