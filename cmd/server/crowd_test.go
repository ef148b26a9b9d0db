package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// crowd is callers that do everything at once: one author who makes, edits and
// publishes items, and fans who star, copy and download them. What they were told
// is in the ledger.
type crowd struct {
	t       testing.TB
	author  author
	fans    []*fan
	ledger  ledger
	callers sync.WaitGroup
}

// author writes items, and has a state of each that the next edit goes from.
type author struct {
	key    string
	most   int               // writes; 0 is no end
	stage  []string          // ids of items that are public for good, which everybody visits
	drafts []string          // ids of items that are published and taken back
	tags   map[string]string // the last ETag of an item; none: to be read first
	public map[string]bool   // of drafts; of one without a tag it is not known
}

// fan stars, and knows what is starred; what is not in the map is not known.
type fan struct {
	id, key string
	starred map[string]bool
}

const (
	stageItems = 6
	draftItems = 2
)

// newCrowd makes accounts and items on the server at url.
func newCrowd(t testing.TB, dir, url string, fans int) *crowd {
	t.Helper()
	c := &crowd{t: t, ledger: ledger{done: map[deed]int{}, perhaps: map[deed]int{}}}
	c.author = author{tags: map[string]string{}, public: map[string]bool{}}
	_, c.author.key = newAccount(t, dir, "maria")
	for n := range fans {
		f := &fan{starred: map[string]bool{}}
		f.id, f.key = newAccount(t, dir, fmt.Sprintf("fan%d", n))
		c.fans = append(c.fans, f)
	}
	maria := client{t, url, c.author.key}
	for n := range stageItems + draftItems {
		if id := c.make(maria, fmt.Sprintf("Item %d", n)); n < stageItems {
			c.author.stage = append(c.author.stage, id)
			for _, f := range c.fans {
				f.starred[id] = false
			}
		} else {
			c.author.drafts, c.author.public[id] = append(c.author.drafts, id), true
		}
	}
	return c
}

// newAccount makes a user with an address, who is greeted, and a key of theirs.
func newAccount(t testing.TB, dir, handle string) (id, key string) {
	t.Helper()
	made, _ := command(t, "--data", dir, "--json", "users", "create", handle, "--email", handle+"@example.com")
	key, _ = command(t, "--data", dir, "keys", "create", "--user", handle)
	return answer{body: made}.member(t, "id"), strings.TrimSpace(key)
}

// begin lets all of them work, each on one of the servers after the other, until
// end is closed or a server is gone. [sync.WaitGroup.Wait] of callers waits for that.
func (c *crowd) begin(end <-chan struct{}, urls ...string) {
	goesOn := func() bool {
		select {
		case <-end:
			return false
		default:
			return true
		}
	}
	c.callers.Go(func() {
		most := c.author.most
		for n := 0; (most == 0 || n < most) && goesOn() && c.write(client{c.t, urls[n%len(urls)], c.author.key}); n++ {
		}
	})
	for i, f := range c.fans {
		c.callers.Go(func() {
			for n := i; goesOn() && c.visit(f, client{c.t, urls[n%len(urls)], f.key}); n++ {
			}
		})
	}
}

// write does one thing that authors do.
func (c *crowd) write(maria client) (goesOn bool) {
	switch roll := rand.IntN(8); {
	case roll == 0:
		return c.make(maria, "Item "+strconv.Itoa(rand.Int())) != ""
	case roll < 3:
		return c.publish(maria, c.author.drafts[rand.IntN(draftItems)])
	default:
		return c.edit(maria, c.author.stage[rand.IntN(stageItems)])
	}
}

func (c *crowd) make(maria client, name string) (id string) {
	made := c.ask(maria, http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt(name))
	id, ok := made.created()
	if !ok {
		return "" // if it was made, nobody knows which it is
	}
	c.author.tags[id] = made.header.Get("ETag")
	c.ledger.note(deed{"created", id, ""}, nil)
	c.ledger.note(deed{"published", id, ""}, nil)
	return id
}

func (c *crowd) edit(maria client, id string) bool {
	if !c.look(maria, id) {
		return false
	}
	a := c.patch(maria, id, map[string]any{"content": "Say " + strconv.Itoa(rand.Int()) + "."})
	if a.status == 0 {
		return false // it may be there as the next version, or not
	}
	var item struct{ Version int }
	if err := json.Unmarshal([]byte(a.body), &item); err != nil {
		c.t.Error(err)
	}
	c.ledger.note(deed{"updated", id, strconv.Itoa(item.Version)}, nil)
	return true
}

// publish takes an item back, or makes it public again.
func (c *crowd) publish(maria client, id string) bool {
	if !c.look(maria, id) {
		return false
	}
	d, next := deed{"published", id, ""}, "public"
	if c.author.public[id] {
		d.kind, next = "unpublished", "private"
	}
	a := c.patch(maria, id, map[string]any{"visibility": next})
	c.author.public[id] = next == "public"
	return c.ledger.note(d, &a)
}

// look reads an item whose last change got no answer.
func (c *crowd) look(maria client, id string) bool {
	if c.author.tags[id] != "" {
		return true
	}
	a := c.ask(maria, http.StatusOK, http.MethodGet, "/v1/prompts/"+id, nil)
	if a.status == 0 {
		return false
	}
	c.author.tags[id], c.author.public[id] = a.header.Get("ETag"), a.member(c.t, "visibility") == "public"
	return true
}

func (c *crowd) patch(maria client, id string, change map[string]any) answer {
	a := c.ask(maria, http.StatusOK, http.MethodPatch, "/v1/prompts/"+id, change, "If-Match", c.author.tags[id])
	c.author.tags[id] = a.header.Get("ETag")
	return a
}

// visit does one thing that readers do with an item on the stage.
func (c *crowd) visit(f *fan, reader client) (goesOn bool) {
	id := c.author.stage[rand.IntN(stageItems)]
	path := "/v1/prompts/" + id
	stranger := client{t: c.t, url: reader.url}
	newcomer := []string{"User-Agent", strconv.Itoa(rand.Int())}
	switch rand.IntN(4) {
	case 0:
		a := c.ask(stranger, http.StatusOK, http.MethodPost, path+"/copies", nil, newcomer...)
		return c.ledger.note(deed{"copied", id, ""}, &a)
	case 1:
		a := c.ask(stranger, http.StatusOK, http.MethodGet, path+"/download", nil, newcomer...)
		return c.ledger.note(deed{"downloaded", id, ""}, &a)
	}
	starred, known := f.starred[id]
	d, method := deed{"starred", id, f.id}, http.MethodPut
	if starred {
		d.kind, method = "unstarred", http.MethodDelete
	}
	a := c.ask(reader, http.StatusOK, method, path+"/star", nil)
	if f.starred[id] = !starred; a.status == 0 {
		delete(f.starred, id)
	}
	if !known { // it may be as it was before
		c.ledger.note(d, new(answer))
		return a.status != 0
	}
	return c.ledger.note(d, &a)
}

// ask is try for a server that may be killed: its status is 0 then. Any other
// answer than the one that has to be is an error.
func (c *crowd) ask(caller client, status int, method, path string, body any, headers ...string) answer {
	a, err := caller.try(c.t.Context(), method, path, body, headers...)
	if err != nil || a.status == status {
		return a
	}
	c.t.Errorf("%s %s: status %d instead of %d\n%s", method, path, a.status, status, a.body)
	return answer{}
}

// workFor lets the crowd work for a while on servers that answer.
func (c *crowd) workFor(d time.Duration, urls ...string) {
	c.t.Helper()
	end := make(chan struct{})
	timer := time.AfterFunc(d, func() { close(end) })
	c.begin(end, urls...)
	c.callers.Wait()
	if timer.Stop() || len(c.ledger.perhaps) > 0 {
		c.t.Errorf("not every request was answered: %v", c.ledger.perhaps)
	}
}
