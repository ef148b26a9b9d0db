package api_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"testing/fstest"
	"time"

	"promptz/internal/promptz"
)

// interactions is what of a fake is stars, counts and changes.
type interactions struct {
	stars  map[string]map[string]bool // user to items
	marks  map[string]bool
	events []promptz.Event
}

func (f *fake) StarItem(_ context.Context, p promptz.Principal, kind promptz.Kind, id string) (promptz.Stats, error) {
	return f.setStar("StarItem", p, kind, id, true)
}

func (f *fake) UnstarItem(_ context.Context, p promptz.Principal, kind promptz.Kind, id string) (promptz.Stats, error) {
	return f.setStar("UnstarItem", p, kind, id, false)
}

func (f *fake) setStar(call string, p promptz.Principal, kind promptz.Kind, id string, star bool) (promptz.Stats, error) {
	err := f.begin(call)
	defer f.mu.Unlock()
	if err != nil {
		return promptz.Stats{}, err
	}
	item, err := f.find(p, kind, id)
	if err != nil {
		return promptz.Stats{}, err
	}
	if f.stars == nil {
		f.stars = map[string]map[string]bool{}
	}
	if f.stars[p.UserID] == nil {
		f.stars[p.UserID] = map[string]bool{}
	}
	if f.stars[p.UserID][id] != star {
		f.stars[p.UserID][id] = star
		item.Stats.Stars += map[bool]int64{true: 1, false: -1}[star]
	}
	return item.Stats, nil
}

func (f *fake) FindStarredItems(_ context.Context, p promptz.Principal, _ string, _ int) (promptz.ItemPage, error) {
	err := f.begin("FindStarredItems")
	defer f.mu.Unlock()
	page := promptz.ItemPage{}
	for id, starred := range f.stars[p.UserID] {
		if item := f.shown(f.items[id]); starred {
			item.Starred = true
			page.Items = append(page.Items, item)
		}
	}
	return page, err
}

func (f *fake) Interact(_ context.Context, p promptz.Principal, kind promptz.Kind, id, visitor string, action promptz.Interaction) (bool, error) {
	err := f.begin("Interact " + string(action))
	defer f.mu.Unlock()
	if err != nil {
		return false, err
	}
	if _, err := f.find(p, kind, id); err != nil {
		return false, err
	}
	mark := p.UserID + visitor + id + string(action)
	if f.marks == nil {
		f.marks = map[string]bool{}
	}
	counted := !f.marks[mark]
	f.marks[mark] = true
	return counted, nil
}

func (f *fake) View(_ context.Context, p promptz.Principal, kind promptz.Kind, id string) error {
	err := f.begin("View")
	defer f.mu.Unlock()
	if err == nil {
		_, err = f.find(p, kind, id)
	}
	return err
}

func (f *fake) FindStats(_ context.Context, p promptz.Principal, kind promptz.Kind, id string) (*promptz.Item, []promptz.DayStats, error) {
	err := f.begin("FindStats")
	defer f.mu.Unlock()
	if err != nil {
		return nil, nil, err
	}
	item, err := f.find(p, kind, id)
	if err != nil || item.OwnerID != p.UserID {
		return item, nil, err
	}
	return item, []promptz.DayStats{{Day: promptz.DayOf(f.clock), Stats: promptz.Stats{Stars: -1, Copies: 2}}}, nil
}

// FindChanges gives the events that were put there, to everybody.
func (f *fake) FindChanges(_ context.Context, p promptz.Principal, filter promptz.EventFilter) (promptz.EventPage, error) {
	err := f.begin("FindChanges")
	defer f.mu.Unlock()
	if filter.Feed == promptz.FeedAccounts {
		err = p.Require(promptz.ScopeRead)
	}
	if err != nil {
		return promptz.EventPage{}, err
	}
	page := promptz.EventPage{}
	if filter.After != nil {
		page.Cursor = *filter.After
	}
	if page.Cursor > 1000 {
		return page, promptz.ErrTrimmed
	}
	for _, e := range f.events {
		if e.Number <= page.Cursor {
			continue
		}
		if page.More = len(page.Events) == filter.Limit; page.More {
			break
		}
		page.Events, page.Cursor = append(page.Events, e), e.Number
	}
	return page, nil
}

// watch ends when there are events, looking again and again.
func (f *fake) watch(ctx context.Context, _ promptz.Feed, after int64) error {
	for tick := time.NewTicker(time.Millisecond); ; {
		f.mu.Lock()
		there := len(f.events) > 0 && f.events[len(f.events)-1].Number > after
		f.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// happen puts an event there.
func (f *fake) happen(t promptz.EventType, item *promptz.Item) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := promptz.ItemEvent(t, item, f.clock)
	e.ID, e.Number = "01933b1c-8d00-7000-8000-000000000000", int64(len(f.events)+1)
	f.events = append(f.events, e)
}

// fakeEnvelope is a CloudEvent as the contract wants it.
func fakeEnvelope(e promptz.Event) ([]byte, error) {
	return json.Marshal(map[string]any{
		"specversion": "1.0", "id": e.ID, "source": "https://prompts.example.com", "type": e.Type, "subject": e.Subject(),
		"time": e.At, "dataschema": "https://prompts.example.com/schemas/x.json", "datacontenttype": "application/json",
		"sequence": "1", "audience": e.Audience, "data": map[string]any{"id": e.ItemID},
	})
}

func fakeSchemas() fs.FS {
	return fstest.MapFS{"item.created.v1.json": {Data: []byte(`{"title":"promptz.item.created"}`)}}
}

func fakeVisitor(r *http.Request) string { return r.UserAgent() }
