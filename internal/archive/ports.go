package archive

import (
	"context"

	"promptz/internal/promptz"
)

// Library takes one source at a time into a user's library; package library is
// one. It must be safe for concurrent use.
type Library interface {
	ImportItem(ctx context.Context, p promptz.Principal, in promptz.Import) (promptz.ImportOutcome, *promptz.Item, error)
}

// Items is where items are kept with all their versions; package store has one.
// An item is read and written version by version, so that nobody holds all of
// them: PutVersion writes a version that nobody sees until CreateCard makes the
// item. FindItem and FindVersion fail with [promptz.CodeNotFound], CreateCard
// with [promptz.CodeConflict] when there is such an item. It must be safe for
// concurrent use.
type Items interface {
	ItemIDs(ctx context.Context) ([]string, error)
	FindPresence(ctx context.Context, id string) (promptz.Presence, error)
	FindItem(ctx context.Context, id string, consistent bool) (*promptz.Item, error)
	FindVersion(ctx context.Context, id string, n int) (*promptz.Version, error)
	FindVersions(ctx context.Context, id string, from, to int) ([]*promptz.Version, error)
	PutVersion(ctx context.Context, v *promptz.Version) error
	CreateCard(ctx context.Context, item *promptz.Item) error
	Interactions
}

// Interactions is where stars and what was counted are; package store has it.
// Putting something twice is putting it once.
type Interactions interface {
	FindStars(ctx context.Context, item, position string, limit int) (stars []promptz.Star, next string, err error)
	FindAllDays(ctx context.Context, id string) ([]promptz.DayStats, error)
	PutStar(ctx context.Context, s promptz.Star) error
	PutDays(ctx context.Context, item string, days []promptz.DayStats) error
	Rescore(ctx context.Context, id string) (promptz.Stats, error)
}

// Users is where users are kept; package store has one. CreateUser fails with
// [promptz.CodeConflict] when the handle is taken, FindUser with
// [promptz.CodeNotFound] when there is no such user.
type Users interface {
	UserIDs(ctx context.Context) ([]string, error)
	FindUser(ctx context.Context, id string) (*promptz.User, error)
	CreateUser(ctx context.Context, u *promptz.User) error
}
