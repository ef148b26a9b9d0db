package identity

import (
	"context"
	"io"
	"time"

	"promptz/internal/promptz"
)

// Store is where users and keys are kept; package store is one.
type Store interface {
	CreateUser(ctx context.Context, u *promptz.User) error
	FindUser(ctx context.Context, id string) (*promptz.User, error)
	FindUserByHandle(ctx context.Context, handle string) (*promptz.User, error)
	UpdateUser(ctx context.Context, old, u *promptz.User) error
	CreateKey(ctx context.Context, k *promptz.Key) error
	FindKey(ctx context.Context, hash [32]byte) (*promptz.Key, error)
	FindKeys(ctx context.Context, user string) ([]*promptz.Key, error)
	UseKey(ctx context.Context, k *promptz.Key, at time.Time) error
	DeleteKey(ctx context.Context, id string) error
}

// Service keeps users and keys. Safe for concurrent use.
type Service struct {
	store       Store
	environment string
	now         func() time.Time
	random      io.Reader
	seen        *credentials
}

// NewService makes the service on its store. environment is the second part of
// every key it makes ("live"); now is the clock, random is crypto/rand.Reader;
// both are others in tests.
func NewService(store Store, environment string, now func() time.Time, random io.Reader) *Service {
	return &Service{store: store, environment: environment, now: now, random: random, seen: newCredentials(now)}
}
