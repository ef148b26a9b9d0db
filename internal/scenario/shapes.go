package scenario

import (
	"encoding/json"
	"net/http"
)

// The shapes of answers, as far as scenarios look at them; openapi.yaml has the
// whole of them, and every answer is held to that.

type profile struct{ Handle, DisplayName string }

type stats struct{ Stars, Copies, Downloads, Views int64 }

type item struct {
	ID, Kind, Slug                    string
	Name, Description, Content, Howto string
	SourceURL                         string
	License, Visibility               string
	Tags                              []string
	Owner                             profile
	Version                           int
	Digest, Note                      string
	CreatedAt, UpdatedAt, PublishedAt string
	Stats                             stats
	Starred                           *bool
	Held                              *struct{ Reason, At string }
	Agent                             json.RawMessage

	path string // under which it is found
	tag  string // of the state that was read
}

type version struct {
	Number                     int
	Digest, Note, CreatedAt    string
	Shown, Erased              bool
	Author                     profile
	Name, Content, Description string
}

type itemList struct {
	Items []item
	Next  string
}

type versionList struct {
	Items []version
	Next  string
}

type account struct {
	Handle, DisplayName, Bio, Email, Role, CreatedAt string
	Provisional                                      bool
}

type itemStats struct {
	stats
	Days []struct {
		Day string
		stats
	}
}

type problem struct {
	Type, Code, Title, Detail, RequestID string
	Status                               int
	Errors                               []struct{ Pointer, Code, Message string }
}

// statusOf is the status that each code of a problem is answered with.
var statusOf = map[string]int{
	"unreadable": 400, "unauthenticated": 401, "forbidden": 403, "not_found": 404, "method_not_allowed": 405,
	"not_acceptable": 406, "conflict": 409, "held": 409, "expired": 410, "stale": 412, "too_large": 413,
	"unsupported": 415, "misdirected": 421, "not_valid": 422, "precondition_required": 428, "rate_limited": 429,
	"internal": 500, "unavailable": 503,
}

// body is a JSON object to send.
type body map[string]any

// draft is the body of a request that makes a private item.
func (w *world) draft(name string) body {
	name = w.unique(name)
	return body{"name": name, "description": "Made by a scenario, for " + name + ".", "content": "Say " + name + "."}
}

// with gives the body with a member more, or another.
func (b body) with(name string, value any) body {
	next := body{name: value}
	for other, v := range b {
		if other != name {
			next[other] = v
		}
	}
	return next
}

// without gives the body without a member.
func (b body) without(name string) body {
	next := b.with(name, nil)
	delete(next, name)
	return next
}

// public is draft for an item that everybody sees.
func (w *world) public(name string) body { return w.draft(name).with("visibility", "public") }

// itemOf reads an answer that shows an item.
func itemOf(a answer) item {
	a.w.Helper()
	it := read[item](a)
	it.tag = a.tag()
	it.path = "/v1/" + it.Kind + "s/" + it.ID
	return it
}

// create makes a prompt.
func (c *caller) create(b body, headers ...string) item {
	c.w.Helper()
	return itemOf(c.want(http.StatusCreated, http.MethodPost, "/v1/prompts", b, headers...))
}

// edit changes members of an item, on the state that was read.
func (c *caller) edit(it item, changes body) item {
	c.w.Helper()
	return itemOf(c.want(http.StatusOK, http.MethodPatch, it.path, changes, "If-Match", it.tag))
}

// reread gives an item as it is now.
func (c *caller) reread(it item) item {
	c.w.Helper()
	return itemOf(c.get(it.path))
}

// remove deletes an item.
func (c *caller) remove(it item) {
	c.w.Helper()
	c.want(http.StatusNoContent, http.MethodDelete, it.path, nil, "If-Match", "*")
}

// entries gives all entries of a list, page by page.
func (c *caller) entries(path string) []item {
	c.w.Helper()
	var all []item
	for path != "" {
		page := read[itemList](c.get(path))
		all = append(all, page.Items...)
		path = page.Next
	}
	return all
}

// ids gives the ids of items.
func ids(items []item) []string {
	all := make([]string, len(items))
	for i, it := range items {
		all[i] = it.ID
	}
	return all
}
