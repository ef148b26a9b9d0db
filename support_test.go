package app

import (
	"crypto/rand"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"promptz/internal/promptz"
)

// ticking is a clock that goes on by a millisecond at each look.
type ticking struct{ ms atomic.Int64 }

func testClock() *ticking {
	c := new(ticking)
	c.ms.Store(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC).UnixMilli())
	return c
}

func (c *ticking) now() time.Time { return time.UnixMilli(c.ms.Add(1)).UTC() }

// testItem makes a public prompt of the usual size.
func testItem(t testing.TB, n int) *promptz.Item {
	t.Helper()
	item, err := newTestItem(n)
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func newTestItem(n int) (*promptz.Item, error) {
	id, err := promptz.NewID(rand.Reader)
	if err != nil {
		return nil, err
	}
	at := time.Date(2026, 11, 23, 7, 0, n, 0, time.UTC)
	return &promptz.Item{
		Text: promptz.Text{
			Name: "Review a pull request", Description: strings.Repeat("Reads a change as a stranger. ", 8),
			Content: strings.Repeat("Read the diff. ", 130), Tags: []string{"Review", "Go", "Quality"},
		},
		ID: id, Kind: promptz.KindPrompt, OwnerID: "owner", Visibility: promptz.VisibilityPublic,
		Version: 1, Digest: "sha256:" + strings.Repeat("0", 64), Revision: 1, Shown: true,
		CreatedAt: at, UpdatedAt: at, PublishedAt: at,
	}, nil
}
