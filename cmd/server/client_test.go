package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// client sends requests as one caller.
type client struct {
	t   testing.TB
	url string // of the server, without a slash at its end
	key string // "" is anonymous
}

// answer is a response, read whole.
type answer struct {
	status int
	header http.Header
	body   string
}

// json reads the body as a JSON object.
func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(a.body), &object); err != nil {
		t.Fatalf("status %d, the body is no JSON object: %v\n%s", a.status, err, a.body)
	}
	return object
}

// member reads a member of the body that is a string.
func (a answer) member(t testing.TB, name string) string {
	t.Helper()
	s, ok := a.json(t)[name].(string)
	if !ok {
		t.Fatalf("no %s in\n%s", name, a.body)
	}
	return s
}

// created gives the id of an item when the answer is that it was made.
func (a answer) created() (id string, ok bool) {
	var item struct{ ID string }
	err := json.Unmarshal([]byte(a.body), &item)
	return item.ID, a.status == http.StatusCreated && err == nil && item.ID != ""
}

// expecting is send for an answer of one status alone.
func (c client) expecting(status int, method, path string, body any, headers ...string) answer {
	c.t.Helper()
	a := c.send(method, path, body, headers...)
	if a.status != status {
		c.t.Fatalf("%s %s: status %d instead of %d\n%s", method, path, a.status, status, a.body)
	}
	return a
}

// send is try for a server that has to answer; its status is 0 where none did.
func (c client) send(method, path string, body any, headers ...string) answer {
	c.t.Helper()
	a, err := c.try(c.t.Context(), method, path, body, headers...)
	if err != nil {
		c.t.Errorf("%s %s: %v", method, path, err)
	}
	return a
}

// try sends a request. body becomes JSON, or a form when it is [url.Values]; nil
// is none. headers are names and values in turn.
func (c client) try(ctx context.Context, method, path string, body any, headers ...string) (answer, error) {
	text, mediaType, err := encodeBody(method, body)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(text))
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", mediaType)
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	read, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	return answer{res.StatusCode, res.Header, string(read)}, nil
}

// encodeBody gives a body as it is sent, and its type.
func encodeBody(method string, body any) (text []byte, mediaType string, err error) {
	if form, ok := body.(url.Values); ok {
		return []byte(form.Encode()), "application/x-www-form-urlencoded", nil
	}
	if body != nil {
		text, err = json.Marshal(body)
	}
	if method == http.MethodPatch {
		return text, "application/merge-patch+json", err // RFC 7396
	}
	return text, "application/json", err
}

// names gives the names of all items of a list, page by page.
func (c client) names(path string) []string {
	c.t.Helper()
	var names []string
	for path != "" {
		var page struct {
			Items []struct{ Name string }
			Next  string
		}
		a := c.expecting(http.StatusOK, http.MethodGet, path, nil)
		if err := json.NewDecoder(strings.NewReader(a.body)).Decode(&page); err != nil {
			c.t.Fatal(err)
		}
		for _, item := range page.Items {
			names = append(names, item.Name)
		}
		path = page.Next
	}
	return names
}

// newPrompt is the body of a request that creates a public prompt.
func newPrompt(name string) map[string]any {
	return map[string]any{
		"name": name, "description": "Made by a test of this program.", "content": "Say " + name + ".",
		"visibility": "public",
	}
}
