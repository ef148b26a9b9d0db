package api_test

import (
	"context"
	cryptorand "crypto/rand"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"gocloud.dev/docstore/memdocstore"

	"promptz/internal/identity"
	"promptz/internal/library"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// TestGeneratedRequestsOnTheRealLibrary sends generated requests, valid and
// broken, to the library and the store that the program has: never a 5xx.
func TestGeneratedRequestsOnTheRealLibrary(t *testing.T) {
	t.Parallel()
	rounds := 30
	if testing.Short() {
		rounds = 10
	}
	root := readContract(t)
	for i, op := range root.operations() {
		for round := range rounds {
			g := &generator{root: root, random: rand.New(rand.NewPCG(uint64(i), uint64(round))), noise: "\u2028noise"}
			r, ok := g.request(op)
			if !ok {
				continue
			}
			if w := do(t, newRealHandler(t), r); w.Code >= 500 {
				t.Errorf("%s %s → %d: %s", r.Method, r.URL, w.Code, w.Body)
			}
		}
	}
}

// newRealHandler makes the handler on a library in memory that has maria, and an
// item of hers with three versions.
func newRealHandler(t *testing.T) http.Handler {
	t.Helper()
	items := store.NewLibrary(memory(t), store.Tuning{}, time.Now, cryptorand.Reader)
	users := store.NewIdentity(memory(t), store.Tuning{}, time.Now, cryptorand.Reader)
	service := library.NewService(library.Deps{Items: items, Users: users, DayKeys: noKey{}, Now: time.Now, Random: cryptorand.Reader})
	u := &promptz.User{ID: maria, Handle: "Maria", Role: promptz.RoleUser, CreatedAt: time.Now(), Revision: 1}
	if err := users.CreateUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Truncate(time.Millisecond)
	item := &promptz.Item{
		Text: promptz.Text{Name: "First name", Description: "A description.", Content: "one"},
		ID:   publicPrompt, Kind: promptz.KindPrompt, OwnerID: maria, Visibility: promptz.VisibilityPublic,
		Version: 1, Revision: 1, Shown: true, CreatedAt: now, UpdatedAt: now, PublishedAt: now,
	}
	var err error
	if item.Digest, err = item.Text.Digest(); err != nil {
		t.Fatal(err)
	}
	if err := items.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"two", "three"} {
		_, err := service.UpdateItem(t.Context(), principals["maria"], promptz.KindPrompt, publicPrompt,
			func(cur *promptz.Item) (promptz.Draft, error) {
				d := promptz.Draft{Text: cur.Text, Visibility: cur.Visibility}
				d.Content = content
				return d, nil
			})
		if err != nil {
			t.Fatal(err)
		}
	}
	return newHandlerOn(t, service, identity.NewService(identity.Deps{
		Store: users, Counters: store.NewEphemeral(memory(t), store.Tuning{}, time.Now), Environment: "live",
		Now: time.Now, Random: cryptorand.Reader,
	}), new(fakeSignIn))
}

// memory opens an empty collection in memory.
func memory(t *testing.T) store.Handles {
	t.Helper()
	c, err := memdocstore.OpenCollection(store.KeyField, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return store.Handles{Consistent: c, Eventual: c}
}

// noKey is the key of no bytes every day.
type noKey struct{}

func (noKey) DayKey(context.Context, time.Time) ([]byte, error) { return nil, nil }
