package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readpref"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"
	"gocloud.dev/docstore"
	"gocloud.dev/docstore/mongodocstore"

	"promptz/internal/promptz"
	"promptz/internal/store"
)

const (
	// mongoVariable names the server, as it does for gocloud's own opener.
	mongoVariable = "MONGO_SERVER_URL"
	// mongoPatience is how long a server may be away before that is an error.
	mongoPatience = 10 * time.Second
	// noSuchCommand is MongoDB's error code CommandNotFound.
	noSuchCommand = 59
)

// openMongo opens a collection mongo://<database>/<collection>, with its indexes.
func (d *documents) openMongo(ctx context.Context, u *url.URL, collection string) (openCollection, error) {
	client, leave, err := d.mongo.enter(ctx, d.log)
	if err != nil {
		return openCollection{}, fmt.Errorf("open collection %s: %w", collection, err)
	}
	c, err := openMongoCollection(ctx, client, u, collection)
	if err != nil {
		leave()
		return openCollection{}, err
	}
	closeHandle := d.closing(c)
	return openCollection{
		handles: store.Handles{Consistent: c, Eventual: c},
		tuning:  mongoTuning(),
		close:   func() { closeHandle(); leave() },
	}, nil
}

// mongoTuning is what Mongo wants beyond the portable API: the driver goes on without
// the rest of a list of reads whose second batch fails.
func mongoTuning() store.Tuning { return store.Tuning{Doubtful: true} }

// mongoServer is the client of the one server that all mongo:// collections are on.
// The zero value is ready. Safe for concurrent use.
type mongoServer struct {
	mu     sync.Mutex
	client *mongo.Client
	users  int
}

// enter gives the client, and connects it for the first who enters. The last who
// leaves disconnects it.
func (s *mongoServer) enter(ctx context.Context, log *slog.Logger) (client *mongo.Client, leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == 0 {
		if s.client, err = connectMongo(ctx, os.Getenv(mongoVariable)); err != nil {
			return nil, nil, err
		}
		log.Warn("mongo:// is experimental: it was never tested on a real replica set")
	}
	s.users++
	return s.client, sync.OnceFunc(func() { s.leave(ctx, log) }), nil
}

func (s *mongoServer) leave(ctx context.Context, log *slog.Logger) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users > 0 {
		return
	}
	if err := disconnectMongo(ctx, s.client); err != nil {
		log.Warn("the Mongo server was not left in order", "error", err)
	}
}

// connectMongo connects to a server that can write atomically, and fails when that
// takes longer than mongoPatience.
func connectMongo(ctx context.Context, server string) (*mongo.Client, error) {
	client, err := dialMongo(ctx, server)
	if err != nil {
		return nil, err
	}
	if err := checkReplicaSet(ctx, client); err != nil {
		return nil, errors.Join(err, disconnectMongo(ctx, client))
	}
	return client, nil
}

// dialMongo makes a client, which connects by itself. Whatever the URL says, reads
// see every acknowledged write, and such a write outlives the primary.
func dialMongo(ctx context.Context, server string) (*mongo.Client, error) {
	o := options.Client().ApplyURI(server)
	if server == "" || o.Validate() != nil { // what is wrong with it may hold a password
		return nil, promptz.Errorf(promptz.CodeNotValid,
			"The variable %s must name the Mongo server, such as mongodb://127.0.0.1:27017/?replicaSet=rs0.", mongoVariable)
	}
	o.SetServerSelectionTimeout(mongoPatience).SetReadPreference(readpref.Primary()).SetWriteConcern(writeconcern.Majority())
	return mongo.Connect(ctx, o)
}

func disconnectMongo(ctx context.Context, client *mongo.Client) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mongoPatience)
	defer cancel()
	return client.Disconnect(ctx)
}

// checkReplicaSet fails unless the server is of a replica set, or a router of sharded
// ones. On any other an atomic list of writes is refused, with an error that says "not
// found".
func checkReplicaSet(ctx context.Context, client *mongo.Client) error {
	ctx, cancel := context.WithTimeout(ctx, mongoPatience)
	defer cancel()
	said, err := hello(ctx, client)
	if err != nil {
		return &promptz.Error{Code: promptz.CodeUnavailable, Op: "ask Mongo", Err: err, Message: fmt.Sprintf(
			"The Mongo server that %s names, or the primary of its replica set, did not answer as it should within %s.", mongoVariable, mongoPatience)}
	}
	if said.SetName == "" && said.Msg != "isdbgrid" {
		return promptz.Errorf(promptz.CodeNotValid,
			"The Mongo server is no replica set, without which nothing is written atomically: "+
				"start it as `mongod --replSet rs0` and call rs.initiate() once, for a set of one server is enough.")
	}
	return nil
}

// greeting is what a server says of itself: SetName by a member of a replica set, Msg
// by a router.
type greeting struct {
	SetName string `bson:"setName"`
	Msg     string `bson:"msg"`
}

// hello asks a server what it is, by the name that the command has, or had.
func hello(ctx context.Context, client *mongo.Client) (said greeting, err error) {
	for _, name := range []string{"hello", "isMaster"} {
		err = client.Database("admin").RunCommand(ctx, bson.D{{Key: name, Value: 1}}).Decode(&said)
		if refused, ok := errors.AsType[mongo.CommandError](err); !ok || refused.Code != noSuchCommand {
			break
		}
	}
	return said, err
}

// openMongoCollection opens a collection on a server, and makes the indexes that it
// lacks.
func openMongoCollection(ctx context.Context, client *mongo.Client, u *url.URL, collection string) (*docstore.Collection, error) {
	q := u.Query()
	q.Set("id_field", store.KeyField)
	q.Set("revision_field", docstore.DefaultRevisionField)
	with := *u
	with.RawQuery = q.Encode()
	c, err := (&mongodocstore.URLOpener{Client: client}).OpenCollectionURL(ctx, &with)
	if err != nil {
		return nil, err
	}
	var on *mongo.Collection
	c.As(&on)
	if _, err := on.Indexes().CreateMany(ctx, mongoIndexes(store.IndexesOf(collection))); err != nil {
		return nil, errors.Join(fmt.Errorf("make indexes of collection %s: %w", collection, err), c.Close())
	}
	return c, nil
}

// mongoIndexes are sparse: a document that lacks an index's attributes is not on it.
// To make one that is there already does nothing.
func mongoIndexes(indexes []store.Index) []mongo.IndexModel {
	models := make([]mongo.IndexModel, len(indexes))
	for i, index := range indexes {
		models[i] = mongo.IndexModel{
			Keys:    bson.D{{Key: index.Partition, Value: 1}, {Key: index.Sort, Value: 1}},
			Options: options.Index().SetName(index.Name).SetSparse(true),
		}
	}
	return models
}
