package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

// crowd is people who do things to items at random, several at a time, while
// relays number the events and consumers count them, again and again.
type crowd struct {
	*fixture
	items []*promptz.Item
	// step is how far the clock goes on between two deeds.
	step time.Duration

	mu     sync.Mutex
	logged []promptz.Event // of what was copied and downloaded
}

// testInterleavings lets a crowd do things in random order: whatever comes between
// what, the counts are those of the log in the end.
func testInterleavings(t *testing.T, f *fixture) {
	const people, deeds = 6, 40
	c := &crowd{fixture: f, step: 17 * time.Minute}
	for range 3 {
		c.items = append(c.items, f.createPublic(t, promptz.KindPrompt, "owner"))
	}
	ctx := context.WithoutCancel(t.Context())
	for i, err := range inParallel(people, func(person int) error {
		random := rand.New(rand.NewPCG(uint64(person), 7))
		for range deeds {
			if err := c.deed(ctx, random, person); err != nil {
				return err
			}
		}
		return nil
	}) {
		if err != nil {
			t.Errorf("person %d: %v", i, err)
		}
	}
	appendAll(t, f.library.Log())
	c.countAgain(t)
	for _, item := range c.items {
		c.checkCounts(t, item)
	}
}

// deed does one thing to one item.
func (c *crowd) deed(ctx context.Context, random *rand.Rand, person int) error {
	item := c.items[random.IntN(len(c.items))]
	user := fmt.Sprint("user", random.IntN(4)) // whom others are, too
	at := c.clock.advance(c.step)
	switch random.IntN(8) {
	case 0, 1:
		return c.library.StarItem(ctx, user, item)
	case 2:
		return c.library.UnstarItem(ctx, user, item)
	case 3, 4:
		e := promptz.ItemEvent([]promptz.EventType{promptz.EventItemCopied, promptz.EventItemDownloaded}[random.IntN(2)], item, at)
		_, err := c.library.CreateInteraction(ctx, e, fmt.Sprint(user, item.ID, e.Type, at.YearDay()), at.Add(48*time.Hour))
		return err
	case 5:
		_, err := c.library.Rescore(ctx, item.ID)
		return err
	case 6:
		return c.relaySome(ctx)
	}
	return c.countOne(ctx, random)
}

// relaySome numbers some of what waits.
func (c *crowd) relaySome(ctx context.Context) error {
	ids, err := c.library.Log().FindPendingEvents(ctx, 3)
	if err != nil {
		return err
	}
	appended, err := c.library.Log().AppendEvents(ctx, ids)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range appended {
		if promptz.Counted([]promptz.Event{e}) != (promptz.Stats{}) {
			c.logged = append(c.logged, e)
		}
	}
	return err
}

// countOne counts an event, which may have been counted before.
func (c *crowd) countOne(ctx context.Context, random *rand.Rand) error {
	c.mu.Lock()
	if len(c.logged) == 0 {
		c.mu.Unlock()
		return nil
	}
	e := c.logged[random.IntN(len(c.logged))]
	c.mu.Unlock()
	return c.library.CountEvents(ctx, e.ItemID, []promptz.Event{e})
}

// countAgain delivers everything ten times, in any order and in batches of any
// size.
func (c *crowd) countAgain(t *testing.T) {
	t.Helper()
	all := events(t, c.library.Log(), promptz.FeedActivity)
	for range 10 {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for some := range slices.Chunk(all, 1+rand.IntN(len(all))) {
			byItem := map[string][]promptz.Event{}
			for _, e := range some {
				byItem[e.ItemID] = append(byItem[e.ItemID], e)
			}
			for item, some := range byItem {
				if err := c.library.CountEvents(t.Context(), item, some); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// checkCounts holds an item's totals, days and stars to the log.
func (c *crowd) checkCounts(t *testing.T, item *promptz.Item) {
	t.Helper()
	var want promptz.Stats
	days := map[time.Time]promptz.Stats{}
	stands := map[string]bool{}
	for _, e := range events(t, c.library.Log(), promptz.FeedActivity) {
		if e.ItemID != item.ID {
			continue
		}
		one := promptz.Counted([]promptz.Event{e})
		switch e.Type {
		case promptz.EventItemStarred:
			one.Stars = 1
			stands[e.ActorID] = true
		case promptz.EventItemUnstarred:
			one.Stars = -1
			stands[e.ActorID] = false
		}
		day := days[promptz.DayOf(e.At)]
		for sum := range slices.Values([]*promptz.Stats{&want, &day}) {
			sum.Stars, sum.Copies, sum.Downloads = sum.Stars+one.Stars, sum.Copies+one.Copies, sum.Downloads+one.Downloads
		}
		days[promptz.DayOf(e.At)] = day
	}
	if want.Copies == 0 || want.Downloads == 0 || len(stands) == 0 {
		t.Errorf("the log tells of %+v: this tested next to nothing", want)
	}
	c.wantStats(t, item.ID, want)
	got, err := c.library.FindDays(t.Context(), item.ID, item.CreatedAt, c.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range got {
		if diff := cmp.Diff(days[d.Day], d.Stats); diff != "" {
			t.Errorf("%s on %s (-in the log +counted):\n%s", item.ID, d.Day.Format(time.DateOnly), diff)
		}
	}
	for user, stands := range stands {
		starred, err := c.library.HasStarred(t.Context(), user, []string{item.ID})
		if err != nil || starred[item.ID] != stands {
			t.Errorf("the star of %s stands %t, %v; the log says %t", user, starred[item.ID], err, stands)
		}
	}
}
