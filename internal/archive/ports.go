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

// Histories is where items with all their versions are kept; package store has
// one. CreateHistory fails with [promptz.CodeConflict] when there is such an
// item, FindHistory with [promptz.CodeNotFound] when there is none. It must be
// safe for concurrent use.
type Histories interface {
	ItemIDs(ctx context.Context) ([]string, error)
	FindHistory(ctx context.Context, id string) (*promptz.History, error)
	CreateHistory(ctx context.Context, h *promptz.History) error
}

// Users is where users are kept; package store has one. CreateUser fails with
// [promptz.CodeConflict] when the handle is taken, FindUser with
// [promptz.CodeNotFound] when there is no such user.
type Users interface {
	UserIDs(ctx context.Context) ([]string, error)
	FindUser(ctx context.Context, id string) (*promptz.User, error)
	CreateUser(ctx context.Context, u *promptz.User) error
}
