package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"gocloud.dev/docstore"
	"gocloud.dev/docstore/awsdynamodb/v2"
	"gocloud.dev/docstore/memdocstore"

	"promptz/internal/config"
	"promptz/internal/gocdk/sqlitedocstore"
	"promptz/internal/gocdk/sqliteengine"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// documentSchemes are the stores that documents can be kept in.
var documentSchemes = []string{sqlitedocstore.Scheme, memdocstore.Scheme, awsdynamodb.Scheme}

// documents opens collections by URL. Safe for concurrent use.
type documents struct {
	mux docstore.URLMux
	log *slog.Logger

	mu      sync.Mutex
	engines map[string]*sqliteengine.Engine // of SQLite collections, for metrics
}

func newDocuments(log *slog.Logger) *documents {
	d := &documents{log: log, engines: map[string]*sqliteengine.Engine{}}
	d.mux.RegisterCollection(sqlitedocstore.Scheme, new(sqlitedocstore.URLOpener))
	d.mux.RegisterCollection(memdocstore.Scheme, new(memdocstore.URLOpener))
	d.mux.RegisterCollection(awsdynamodb.Scheme, new(awsdynamodb.URLOpener))
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

// openDynamoDB opens a table twice: index queries refuse to be consistent.
func (d *documents) openDynamoDB(ctx context.Context, u *url.URL) (openCollection, error) {
	eventual, err := d.mux.OpenCollectionURL(ctx, withQuery(u, "partition_key", store.KeyField))
	if err != nil {
		return openCollection{}, err
	}
	consistent, err := d.mux.OpenCollectionURL(ctx, withQuery(u, "partition_key", store.KeyField, "consistent_read", "true"))
	if err != nil {
		eventual.Close()
		return openCollection{}, err
	}
	return openCollection{
		handles: store.Handles{Consistent: consistent, Eventual: eventual},
		tuning:  dynamoDBTuning(),
		close:   d.closing(eventual, consistent),
	}, nil
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

// dynamoDBTuning is what DynamoDB wants beyond the portable API.
func dynamoDBTuning() store.Tuning {
	return store.Tuning{TTL: true, Limit: limitDynamoDBQuery, NoCollection: isMissingTable}
}

// limitDynamoDBQuery sets the limit on the SDK's own type: the portable one is
// applied by the client.
func limitDynamoDBQuery(as func(any) bool, n int) error {
	var in *dynamodb.QueryInput
	if !as(&in) {
		return errors.New("the query would be a scan: its index is missing on the table")
	}
	limit := int32(n)
	in.Limit = &limit
	return nil
}

// isMissingTable tells a missing table from a missing document: the portable code
// is the same.
func isMissingTable(err error) bool {
	_, missing := errors.AsType[*types.ResourceNotFoundException](err)
	return missing
}

// withQuery sets query parameters, given as name and value in turn.
func withQuery(u *url.URL, pairs ...string) *url.URL {
	q := u.Query()
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	with := *u
	with.RawQuery = q.Encode()
	return &with
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
