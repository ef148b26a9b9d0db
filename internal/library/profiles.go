package library

import (
	"context"
	"sync"
	"time"

	"promptz/internal/promptz"
)

// profileLifetime is how long a profile may be out of date on items.
const profileLifetime = time.Minute

// maxProfiles bounds the cache; when it is full it begins anew.
const maxProfiles = 10_000

// profiles joins items and versions with who owns and wrote them: many at once,
// each read at most once a minute. Safe for concurrent use.
type profiles struct {
	users Users
	now   func() time.Time

	mu    sync.Mutex
	cache map[string]cachedProfile
}

type cachedProfile struct {
	profile promptz.Profile
	read    time.Time
}

func newProfiles(users Users, now func() time.Time) *profiles {
	return &profiles{users: users, now: now, cache: map[string]cachedProfile{}}
}

// fill sets the owners of items.
func (c *profiles) fill(ctx context.Context, items ...*promptz.Item) error {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.OwnerID
	}
	found, err := c.find(ctx, ids)
	for i, item := range items {
		item.Owner = found[ids[i]]
	}
	return err
}

// fillVersions sets the authors of versions.
func (c *profiles) fillVersions(ctx context.Context, versions ...*promptz.Version) error {
	ids := make([]string, len(versions))
	for i, v := range versions {
		ids[i] = v.AuthorID
	}
	found, err := c.find(ctx, ids)
	for i, v := range versions {
		v.Author = found[ids[i]]
	}
	return err
}

// find gives the profiles of users by id; an erased user's is empty.
func (c *profiles) find(ctx context.Context, ids []string) (map[string]promptz.Profile, error) {
	found := map[string]promptz.Profile{}
	missing := c.cached(ids, found)
	if len(missing) == 0 {
		return found, nil
	}
	asked := c.now()
	users, err := c.users.FindUsers(ctx, missing)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.cache)+len(missing) > maxProfiles {
		clear(c.cache)
	}
	for _, id := range missing {
		if u := users[id]; u != nil {
			found[id] = u.Profile()
		}
		c.cache[id] = cachedProfile{found[id], asked}
	}
	return found, nil
}

// cached puts what it knows into found and gives the rest, each once.
func (c *profiles) cached(ids []string, found map[string]promptz.Profile) (missing []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := map[string]bool{}
	for _, id := range ids {
		if asked[id] {
			continue
		}
		asked[id] = true
		hit, ok := c.cache[id]
		if age := c.now().Sub(hit.read); !ok || age >= profileLifetime || age < 0 {
			missing = append(missing, id)
			continue
		}
		found[id] = hit.profile
	}
	return missing
}
