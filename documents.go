package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"

	"gocloud.dev/docstore"
	"gocloud.dev/docstore/awsdynamodb/v2"
	"gocloud.dev/docstore/memdocstore"
	"gocloud.dev/docstore/mongodocstore"

	"promptz/internal/config"
	"promptz/internal/gocdk/sqlitedocstore"
	"promptz/internal/gocdk/sqliteengine"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// documentSchemes are the stores that documents can be kept in.
var documentSchemes = []string{sqlitedocstore.Scheme, memdocstore.Scheme, awsdynamodb.Scheme, mongodocstore.Scheme}

// documents opens collections by URL. Safe for concurrent use.
type documents struct {
	mux   docstore.URLMux
	log   *slog.Logger
	mongo mongoServer

	mu      sync.Mutex
	engines map[string]*sqliteengine.Engine // of SQLite collections, for metrics
}

func newDocuments(log *slog.Logger) *documents {
	d := &documents{log: log, engines: map[string]*sqliteengine.Engine{}}
	d.mux.RegisterCollection(sqlitedocstore.Scheme, new(sqlitedocstore.URLOpener))
	d.mux.RegisterCollection(memdocstore.Scheme, new(memdocstore.URLOpener))
	return d
}

// openCollection is a collection the ways that package store wants it.
type openCollection struct {
	handles store.Handles
	tuning  store.Tuning
	close   func()
}

// open opens the collection that the configuration names.
func (d *documents) open(ctx context.Context, cfg config.Config, collection string) (openCollection, error) {
	raw, err := cfg.DocumentsURL(collection)
	if err != nil {
		return openCollection{}, err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return openCollection{}, fmt.Errorf("open collection %s: its URL can't be read", collection)
	}
	switch u.Scheme {
	case awsdynamodb.Scheme:
		return d.openDynamoDB(ctx, u)
	case mongodocstore.Scheme:
		return d.openMongo(ctx, u, collection)
	case sqlitedocstore.Scheme:
		u = withIndexes(u, store.IndexesOf(collection))
	}
	c, err := d.mux.OpenCollectionURL(ctx, u)
	if err != nil {
		return openCollection{}, err
	}
	d.watch(collection, c)
	return openCollection{handles: store.Handles{Consistent: c, Eventual: c}, close: d.closing(c)}, nil
}

// withIndexes adds what store declares to a SQLite URL.
func withIndexes(u *url.URL, indexes []store.Index) *url.URL {
	q := u.Query()
	for _, i := range indexes {
		q.Add("index", i.Partition+","+i.Sort)
	}
	with := *u
	with.RawQuery = q.Encode()
	return &with
}

// closing closes handles of a collection. What they acknowledged is safe whatever
// comes of it, so that an error is one for the log.
func (d *documents) closing(handles ...*docstore.Collection) func() {
	return func() {
		for _, h := range handles {
			if err := h.Close(); err != nil {
				d.log.Error("a collection was not closed in order", "error", err)
			}
		}
	}
}

// CheckShared fails when the documents are in this process's memory, where no
// server sees what a command does.
func CheckShared(cfg config.Config) error {
	if strings.HasPrefix(cfg.Documents, memdocstore.Scheme+"://") {
		return promptz.Errorf(promptz.CodeNotValid,
			"Documents at %s:// are gone when the command ends. Name a store that a server can share.", memdocstore.Scheme)
	}
	return nil
}
