package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// deed is something that a caller asked for, as its event tells it.
type deed struct {
	kind string // of the event, without "promptz.item."
	item string
	by   string // who starred, or which version an edit made; "" where it does not matter
}

// ledger counts what callers were told is done, and what they got no answer to.
type ledger struct {
	mu            sync.Mutex
	done, perhaps map[deed]int
}

// note enters a deed with its answer, nil is a good one. It tells whether there
// was one.
func (l *ledger) note(d deed, a *answer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a != nil && a.status == 0 {
		l.perhaps[d]++
		return false
	}
	l.done[d]++
	return true
}

// logged is what stands in the feeds.
type logged struct {
	counts map[deed]int
	last   map[deed]string // of item and actor: the kind of the last event
	events int
}

// readLog reads the feeds of items and activity to their ends, as the owner of all
// items, and sees that they are dense, and each event in them once.
func readLog(maria client) (logged, error) {
	l := logged{counts: map[deed]int{}, last: map[deed]string{}}
	seen := map[string]bool{}
	for _, feed := range []string{"items", "activity"} {
		for cursor, more := 0, true; more; {
			var page struct {
				Items []struct {
					ID, Type, Sequence string
					Data               struct {
						ID, Actor string
						Version   int
					}
				}
				Next string
			}
			a := maria.send(http.MethodGet, fmt.Sprintf("/v1/changes?feed=%s&cursor=%d&limit=100", feed, cursor), nil)
			if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != http.StatusOK {
				return l, fmt.Errorf("changes: status %d, %w\n%s", a.status, err, a.body)
			}
			for _, e := range page.Items {
				if cursor++; e.Sequence != strconv.Itoa(cursor) || seen[e.ID] {
					return l, fmt.Errorf("number %s of %s instead of %d, seen before: %t", e.Sequence, feed, cursor, seen[e.ID])
				}
				seen[e.ID] = true
				d := deed{strings.TrimPrefix(e.Type, "promptz.item."), e.Data.ID, e.Data.Actor}
				if d.kind == "updated" {
					d.by = strconv.Itoa(e.Data.Version)
				}
				if err := l.add(d); err != nil {
					return l, err
				}
			}
			more = page.Next != ""
		}
	}
	return l, nil
}

// add counts an event, which must be one that can follow what came before it.
func (l *logged) add(d deed) error {
	l.counts[d]++
	l.events++
	before := map[string]string{
		"starred": "unstarred", "unstarred": "starred", "published": "unpublished", "unpublished": "published",
	}[d.kind]
	if before == "" {
		return nil
	}
	of := deed{item: d.item, by: d.by}
	if was := l.last[of]; was == d.kind || was == "" && (d.kind == "unstarred" || d.kind == "unpublished") {
		return fmt.Errorf("%v follows %q", d, was)
	}
	l.last[of] = d.kind
	return nil
}

// check holds what callers were told against the log.
func (l *ledger) check(log logged) error {
	for d, n := range l.done {
		if got := log.counts[d]; got < n {
			return fmt.Errorf("%v: %d were acknowledged, the log has %d", d, n, got)
		}
	}
	for d, got := range log.counts {
		most := l.done[d] + l.perhaps[d]
		switch d.kind {
		case "milestone":
			continue
		case "created", "updated":
			most = 1 // an edit without an answer makes a version of which nobody knows
		case "published":
			most = max(most, 1)
		}
		if got > most {
			return fmt.Errorf("%v: the log has %d, and %d were asked for", d, got, most)
		}
	}
	return nil
}

// settled gives what is in the log once everything that follows from what the crowd
// did is done: it is logged, counted, ranked and exported, and nothing is under way.
func (c *crowd) settled(dir, url string) (logged, error) {
	if err := c.checkIdle(dir, url, logged{}); err != nil { // it costs the least
		return logged{}, err
	}
	log, err := readLog(client{c.t, url, c.author.key})
	if err != nil {
		return log, err
	}
	if err := c.ledger.check(log); err != nil {
		return log, err
	}
	for _, check := range []func(string, string, logged) error{c.checkCounts, c.checkStars, c.checkRank, c.checkExports, c.checkIdle, c.checkGreeted} {
		if err := check(dir, url, log); err != nil {
			return log, err
		}
	}
	return log, nil
}

// counts are an item's, as the API shows them.
type counts struct{ Stars, Copies, Downloads int }

// checkCounts holds the counts of the items on the stage, and those of their days,
// against the log.
func (c *crowd) checkCounts(_, url string, log logged) error {
	for _, id := range c.author.stage {
		var got struct {
			counts
			Days []counts
		}
		a := client{c.t, url, c.author.key}.send(http.MethodGet, "/v1/prompts/"+id+"/stats", nil)
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			return fmt.Errorf("stats: status %d, %w", a.status, err)
		}
		want := counts{0, log.counts[deed{"copied", id, ""}], log.counts[deed{"downloaded", id, ""}]}
		for _, f := range c.fans {
			want.Stars += log.counts[deed{"starred", id, f.id}] - log.counts[deed{"unstarred", id, f.id}]
		}
		var days counts
		for _, d := range got.Days {
			days = counts{days.Stars + d.Stars, days.Copies + d.Copies, days.Downloads + d.Downloads}
		}
		if got.counts != want || days != want {
			return fmt.Errorf("%s has %+v, its days %+v; the log %+v", id, got.counts, days, want)
		}
	}
	return nil
}

// checkStars holds what each fan has starred against the log and against what they
// were told.
func (c *crowd) checkStars(_, url string, log logged) error {
	for _, f := range c.fans {
		var page struct{ Items []struct{ ID string } }
		a := client{c.t, url, f.key}.send(http.MethodGet, "/v1/me/stars?limit=50", nil)
		if err := json.Unmarshal([]byte(a.body), &page); err != nil {
			return fmt.Errorf("stars: status %d, %w", a.status, err)
		}
		standing := map[string]bool{}
		for _, item := range page.Items {
			standing[item.ID] = true
		}
		for _, id := range c.author.stage {
			told, known := f.starred[id]
			if last := log.last[deed{item: id, by: f.id}] == "starred"; last != standing[id] || known && told != last {
				return fmt.Errorf("the star of %s on %s: the log has %t, it stands: %t, its answer was %t (known: %t)", f.id, id, last, standing[id], told, known)
			}
		}
	}
	return nil
}

// checkRank sees that the list by popularity is in the order of the counts.
func (c *crowd) checkRank(_, url string, _ logged) error {
	last := -1
	for path := "/v1/prompts?sort=popular&limit=50"; path != ""; {
		var page struct {
			Items []struct {
				ID    string
				Stats counts
			}
			Next string
		}
		a := client{t: c.t, url: url}.send(http.MethodGet, path, nil)
		if err := json.Unmarshal([]byte(a.body), &page); err != nil {
			return fmt.Errorf("popular: status %d, %w", a.status, err)
		}
		for _, item := range page.Items {
			score := 3*item.Stats.Stars + 2*item.Stats.Copies + item.Stats.Downloads
			if last >= 0 && score > last {
				return fmt.Errorf("%s with %d comes after one with %d", item.ID, score, last)
			}
			last = score
		}
		path = page.Next
	}
	return nil
}

// checkExports sees that the files of public items hold what the items do, and
// that others have none.
func (c *crowd) checkExports(dir, url string, _ logged) error {
	for _, id := range append(append([]string(nil), c.author.stage...), c.author.drafts...) {
		want := ""
		if a := (client{t: c.t, url: url}).send(http.MethodGet, "/v1/prompts/"+id, nil); a.status == http.StatusOK {
			want = a.member(c.t, "content")
		}
		text, err := os.ReadFile(filepath.Join(dir, "blobs", "exports", "prompts", id+".md"))
		if err != nil && !os.IsNotExist(err) || string(text) != want {
			return fmt.Errorf("the file of %s holds %q, want %q (%v)", id, text, want, err)
		}
	}
	return nil
}

// checkIdle sees that no execution runs, none has failed, and no event was given up.
func (c *crowd) checkIdle(dir, _ string, _ logged) error {
	for _, args := range [][]string{
		{"workflows", "list", "--status", "running"}, {"workflows", "list", "--status", "failed"},
		{"workflows", "list", "--status", "timed_out"}, {"events", "dead"},
	} {
		if out, _ := command(c.t, append([]string{"--data", dir, "--json"}, args...)...); strings.TrimSpace(out) != "[]" {
			return fmt.Errorf("%s: %.600s", strings.Join(args, " "), out)
		}
	}
	return nil
}

// checkGreeted sees that everybody who was made was greeted: who was made beside the
// server is, once its sweep has looked.
func (c *crowd) checkGreeted(dir, _ string, _ logged) error {
	if n := len(listExecutions(c.t, dir, "welcome")); n != len(c.fans)+1 {
		return fmt.Errorf("%d were greeted, of %d", n, len(c.fans)+1)
	}
	return nil
}

// settle waits until it is settled, and gives what is in the log.
func (c *crowd) settle(dir, url string, within time.Duration) (log logged) {
	c.t.Helper()
	began := time.Now()
	eventually(c.t, within, func() (err error) { log, err = c.settled(dir, url); return err })
	c.t.Logf("settled after %v with %d events", time.Since(began).Round(time.Millisecond), log.events)
	return log
}

// eventually tries until check gives nil.
func eventually(t testing.TB, within time.Duration, check func() error) {
	t.Helper()
	deadline := time.Now().Add(within)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for err := check(); err != nil; err = check() {
		if time.Now().After(deadline) {
			t.Fatalf("after %v: %v", within, err)
		}
		<-tick.C
	}
}
