package library

import (
	"context"
	"io"
	"time"

	"promptz/internal/promptz"
)

// Items is where items are kept; package store is one.
type Items interface {
	FindItem(ctx context.Context, id string, consistent bool) (*promptz.Item, error)
	FindItems(ctx context.Context, f promptz.ItemFilter) (promptz.ItemPage, error)
	FindVersion(ctx context.Context, id string, number int) (*promptz.Version, error)
	FindVersions(ctx context.Context, id string, from, to int) ([]*promptz.Version, error)
	FindOnce(ctx context.Context, once *promptz.Once) (id string, err error)
	FindSource(ctx context.Context, owner, path string) (s promptz.Source, found bool, err error)
	CreateItem(ctx context.Context, item *promptz.Item, marks promptz.Marks) error
	UpdateItem(ctx context.Context, old, item *promptz.Item, marks promptz.Marks) error
	DeleteItem(ctx context.Context, old *promptz.Item) error
	EraseVersion(ctx context.Context, item *promptz.Item, number int) error
	Interactions
}

// Users is where the users are kept who own items.
type Users interface {
	FindUsers(ctx context.Context, ids []string) (map[string]*promptz.User, error)
}

// Service is the library. Safe for concurrent use.
type Service struct {
	items    Items
	profiles *profiles
	dayKeys  DayKeys
	views    views
	now      func() time.Time
	random   io.Reader
}

// Deps are what the library is made of.
type Deps struct {
	Items   Items
	Users   Users
	DayKeys DayKeys
	Now     func() time.Time
	Random  io.Reader // crypto/rand.Reader outside tests
}

// NewService makes the library.
func NewService(d Deps) *Service {
	return &Service{items: d.Items, profiles: newProfiles(d.Users, d.Now), dayKeys: d.DayKeys, now: d.Now, random: d.Random}
}

func notFound() error {
	return promptz.Errorf(promptz.CodeNotFound, "There is nothing here, or nothing that you may see.")
}

// find gives an item that p may read. Anonymous readers may get a state that is
// a moment old; whoever is signed in sees their own writes.
func (s *Service) find(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) (*promptz.Item, error) {
	item, err := s.items.FindItem(ctx, id, !p.Anonymous())
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		return nil, notFound()
	}
	if err != nil {
		return nil, err
	}
	if item.Kind != kind || !canRead(p, item) {
		return nil, notFound()
	}
	return item, nil
}

// findForEdit gives an item that p may change.
func (s *Service) findForEdit(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) (*promptz.Item, error) {
	if err := p.Require(promptz.ScopeWrite); err != nil {
		return nil, err
	}
	item, err := s.find(ctx, p, kind, id)
	if err != nil {
		return nil, err
	}
	if !canEdit(p, item) {
		return nil, promptz.Errorf(promptz.CodeForbidden, "Only its owner may change this.")
	}
	return item, nil
}
