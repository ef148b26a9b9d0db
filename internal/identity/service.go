package identity

import (
	"io"
	"time"
)

// Store is where accounts are kept; package store has one.
type Store interface {
	Users
	Keys
	Sessions
}

// Deps is what a [Service] is made of. All of it has to be there.
type Deps struct {
	Store       Store
	Counters    Counters
	Secrets     Secrets
	Environment string // the second part of every key it makes: "live"
	Now         func() time.Time
	Random      io.Reader // crypto/rand.Reader outside tests
}

// Service keeps users and API keys. Safe for concurrent use.
type Service struct {
	store       Store
	counters    Counters
	secrets     Secrets
	environment string
	now         func() time.Time
	random      io.Reader
	seen        *credentials
}

// NewService makes the service.
func NewService(d Deps) *Service {
	return &Service{
		store: d.Store, counters: d.Counters, secrets: d.Secrets, environment: d.Environment,
		now: d.Now, random: d.Random, seen: newCredentials(d.Now),
	}
}
