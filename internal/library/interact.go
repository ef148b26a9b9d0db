package library

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"promptz/internal/promptz"
)

// statsDays is for how many days an item's owner sees the counts of each.
const statsDays = 90

// interactionLifetime is how long after its day's beginning a visitor's mark
// lasts: longer than the key it was made with is used.
const interactionLifetime = 48 * time.Hour

// Interactions is where stars and counts are kept; package store is one.
type Interactions interface {
	FindCard(ctx context.Context, id string, consistent bool) (*promptz.Item, error)
	StarItem(ctx context.Context, user string, item *promptz.Item) error
	UnstarItem(ctx context.Context, user string, item *promptz.Item) error
	HasStarred(ctx context.Context, user string, items []string) (map[string]bool, error)
	FindStarredItems(ctx context.Context, user, position string, limit int) (promptz.ItemPage, error)
	// CreateInteraction writes an event that counts once for a mark.
	CreateInteraction(ctx context.Context, e promptz.Event, mark string, expires time.Time) (done bool, err error)
	AddViews(ctx context.Context, item string, day time.Time, n int64) error
	FindStats(ctx context.Context, id string) (promptz.Stats, error)
	FindDays(ctx context.Context, item string, from, to time.Time) ([]promptz.DayStats, error)
}

// DayKeys gives the key under which a day's visitors are hashed.
type DayKeys interface {
	DayKey(ctx context.Context, day time.Time) ([]byte, error)
}

// findCard gives an item that p may read, without its long texts.
func (s *Service) findCard(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) (*promptz.Item, error) {
	item, err := s.items.FindCard(ctx, id, !p.Anonymous())
	if promptz.ErrorCode(err) == promptz.CodeNotFound || err == nil && (item.Kind != kind || !canRead(p, item)) {
		return nil, notFound()
	}
	return item, err
}

// StarItem makes p's star on an item stand, and gives its counts. Doing it twice
// does what doing it once does. It fails with [promptz.CodeNotFound].
func (s *Service) StarItem(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) (promptz.Stats, error) {
	if err := p.Require(promptz.ScopeWrite); err != nil {
		return promptz.Stats{}, err
	}
	item, err := s.findCard(ctx, p, kind, id)
	if err != nil {
		return promptz.Stats{}, err
	}
	return s.afterStar(ctx, id, s.items.StarItem(ctx, p.UserID, item))
}

// UnstarItem takes p's star back, also from an item that p may not read any more.
// It fails with [promptz.CodeNotFound] for what p neither sees nor has starred.
func (s *Service) UnstarItem(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) (promptz.Stats, error) {
	if err := p.Require(promptz.ScopeWrite); err != nil {
		return promptz.Stats{}, err
	}
	item, err := s.items.FindCard(ctx, id, true)
	if promptz.ErrorCode(err) == promptz.CodeNotFound || err == nil && item.Kind != kind {
		return promptz.Stats{}, notFound()
	}
	if err != nil {
		return promptz.Stats{}, err
	}
	readable := canRead(p, item)
	if !readable {
		starred, err := s.items.HasStarred(ctx, p.UserID, []string{id})
		if err != nil {
			return promptz.Stats{}, err
		}
		if !starred[id] {
			return promptz.Stats{}, notFound()
		}
	}
	stats, err := s.afterStar(ctx, id, s.items.UnstarItem(ctx, p.UserID, item))
	if !readable {
		stats = promptz.Stats{} // it is not p's to know
	}
	return stats, err
}

// afterStar gives the counts after a star that was set or taken back with err.
func (s *Service) afterStar(ctx context.Context, id string, err error) (promptz.Stats, error) {
	var stats promptz.Stats
	if err == nil {
		stats, err = s.items.FindStats(ctx, id)
	}
	if promptz.ErrorCode(err) == promptz.CodeNotFound { // it was deleted meanwhile
		err = notFound()
	}
	return stats, err
}

// FindStarredItems gives a page of what p has starred and may still read, the
// last first. A page may be short for what is gone.
func (s *Service) FindStarredItems(ctx context.Context, p promptz.Principal, position string, limit int) (promptz.ItemPage, error) {
	if err := p.Require(promptz.ScopeRead); err != nil {
		return promptz.ItemPage{}, err
	}
	page, err := s.items.FindStarredItems(ctx, p.UserID, position, limit)
	if err != nil {
		return promptz.ItemPage{}, err
	}
	page.Items = readable(p, page.Items)
	for _, item := range page.Items {
		item.Starred = true
	}
	return page, s.profiles.fill(ctx, page.Items...)
}

// readable keeps those of the items that p may read.
func readable(p promptz.Principal, items []*promptz.Item) []*promptz.Item {
	kept := items[:0]
	for _, item := range items {
		if canRead(p, item) {
			kept = append(kept, item)
		}
	}
	return kept
}

// fillStars marks what p has starred.
func (s *Service) fillStars(ctx context.Context, p promptz.Principal, items ...*promptz.Item) error {
	if p.Anonymous() || len(items) == 0 {
		return nil
	}
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	starred, err := s.items.HasStarred(ctx, p.UserID, ids)
	if err != nil {
		return err
	}
	for _, item := range items {
		item.Starred = starred[item.ID]
	}
	return nil
}

// Interact counts that a visitor copied or downloaded an item's current version,
// within a moment and once a day; counted is false for a repeat. visitor is
// whatever tells visitors apart who are not signed in; it is hashed under a key
// that is gone two days later, so that no log links what a visitor did.
func (s *Service) Interact(ctx context.Context, p promptz.Principal, kind promptz.Kind, id, visitor string, action promptz.Interaction) (counted bool, err error) {
	item, err := s.findCard(ctx, p, kind, id)
	if err != nil {
		return false, err
	}
	now := s.now()
	day := promptz.DayOf(now)
	key, err := s.dayKeys.DayKey(ctx, day)
	if err != nil {
		return false, err
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%q %q %s %d %s", p.UserID, anonymously(p, visitor), item.ID, item.Version, action)
	e := promptz.ItemEvent(action.EventType(), item, now)
	return s.items.CreateInteraction(ctx, e, hex.EncodeToString(mac.Sum(nil)), day.Add(interactionLifetime))
}

// anonymously gives what tells visitors apart who are not signed in; who is, is the
// same everywhere.
func anonymously(p promptz.Principal, visitor string) string {
	if p.Anonymous() {
		return visitor
	}
	return ""
}

// FindStats gives an item's counts, and for its owner those of each of the last
// 90 days, the latest last.
func (s *Service) FindStats(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) (item *promptz.Item, days []promptz.DayStats, err error) {
	item, err = s.findCard(ctx, p, kind, id)
	if err != nil {
		return nil, nil, err
	}
	item.Stats, err = s.items.FindStats(ctx, id)
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		return nil, nil, notFound()
	}
	if err != nil || !isOwner(p, item) {
		return item, nil, err
	}
	today := promptz.DayOf(s.now())
	days, err = s.items.FindDays(ctx, id, today.AddDate(0, 0, 1-statsDays), today)
	return item, days, err
}

// views are what was looked at since they were last written.
type views struct {
	mu     sync.Mutex
	counts map[view]int64
}

// view is an item on a day.
type view struct {
	item string
	day  time.Time
}

// View notes that an item was looked at. It is written by [Service.FlushViews];
// what is not written yet is lost when the process dies.
func (s *Service) View(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) error {
	if _, err := s.findCard(ctx, p, kind, id); err != nil {
		return err
	}
	s.views.mu.Lock()
	defer s.views.mu.Unlock()
	if s.views.counts == nil {
		s.views.counts = map[view]int64{}
	}
	s.views.counts[view{id, promptz.DayOf(s.now())}]++
	return nil
}

// FlushViews writes the views that were noted. What can't be written is noted
// again for the next time.
func (s *Service) FlushViews(ctx context.Context) error {
	s.views.mu.Lock()
	counts := s.views.counts
	s.views.counts = nil
	s.views.mu.Unlock()
	var failure error
	for v, n := range counts {
		if failure == nil {
			if failure = s.items.AddViews(ctx, v.item, v.day, n); failure == nil {
				continue
			}
		}
		s.views.mu.Lock()
		if s.views.counts == nil {
			s.views.counts = map[view]int64{}
		}
		s.views.counts[v] += n
		s.views.mu.Unlock()
	}
	return failure
}
