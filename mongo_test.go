package app

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"gocloud.dev/docstore"
	"gocloud.dev/gcerrors"
	"golang.org/x/sync/errgroup"

	"promptz/internal/config"
	"promptz/internal/mongotest"
	"promptz/internal/promptz"
	"promptz/internal/store"
	"promptz/internal/store/storetest"
)

// dialTestMongo connects to the server that has no atomic writes, which the program
// itself refuses.
func dialTestMongo(t testing.TB) *mongo.Client {
	t.Helper()
	client, err := dialMongo(t.Context(), mongotest.Start(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := disconnectMongo(t.Context(), client); err != nil {
			t.Error(err)
		}
	})
	return client
}

// mongoDocuments opens a collection as the program does, but for what it refuses, and
// closes it when t ends. It may be called by any goroutine.
func mongoDocuments(t testing.TB, client *mongo.Client, database, collection string) (*docstore.Collection, error) {
	c, err := openMongoCollection(t.Context(), client, &url.URL{Scheme: "mongo", Host: database, Path: "/" + collection}, collection)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { c.Close() })
	return c, nil
}

// TestStoreOnMongo runs the suite but for what needs atomic writes.
func TestStoreOnMongo(t *testing.T) {
	t.Parallel()
	client := dialTestMongo(t)
	storetest.Run(t, func(t testing.TB, collection string) (store.Handles, store.Tuning) {
		c, err := mongoDocuments(t, client, mongotest.Database(), collection)
		if err != nil {
			t.Fatal(err)
		}
		return store.Handles{Consistent: c, Eventual: c}, mongoTuning()
	}, storetest.NoAtomicWrites)
}

// TestMongoRefusesAtomicWrites pins how the server that has none refuses them: when it
// has them one day, nothing of the suite is to be skipped there.
func TestMongoRefusesAtomicWrites(t *testing.T) {
	t.Parallel()
	c, err := mongoDocuments(t, dialTestMongo(t), mongotest.Database(), store.LibraryCollection)
	if err != nil {
		t.Fatal(err)
	}
	doc := func(key string) map[string]any { return map[string]any{store.KeyField: key} }
	if err := c.Create(t.Context(), doc("there")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		list *docstore.ActionList
		code gcerrors.ErrorCode
		says string
	}{
		{"creates", c.Actions().AtomicWrites().Create(doc("a")).Create(doc("b")), gcerrors.Unknown, "does not support sessions"},
		{"with a replace", c.Actions().AtomicWrites().Create(doc("a")).Replace(doc("there")), gcerrors.NotFound, "some writes failed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.list.Do(t.Context())
			if gcerrors.Code(err) != test.code || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v (%v), want one that says %q", err, gcerrors.Code(err), test.says)
			}
			if err := c.Get(t.Context(), doc("a")); gcerrors.Code(err) != gcerrors.NotFound {
				t.Errorf("half of it is done: %v", err)
			}
		})
	}
}

// TestMongoHasDeclaredIndexes opens a collection by several processes at a time.
func TestMongoHasDeclaredIndexes(t *testing.T) {
	t.Parallel()
	database := mongotest.Database()
	client := dialTestMongo(t)
	for _, collection := range []string{store.LibraryCollection, store.IdentityCollection, store.EphemeralCollection} {
		var opening errgroup.Group
		for range 4 {
			opening.Go(func() error {
				_, err := mongoDocuments(t, client, database, collection)
				return err
			})
		}
		if err := opening.Wait(); err != nil {
			t.Fatal(err)
		}
		want := map[string]mongoIndex{"_id_": {Keys: bson.D{{Key: "_id", Value: int32(1)}}}}
		for _, i := range store.IndexesOf(collection) {
			want[i.Name] = mongoIndex{bson.D{{Key: i.Partition, Value: int32(1)}, {Key: i.Sort, Value: int32(1)}}, true}
		}
		if diff := cmp.Diff(want, indexesOnMongo(t, client.Database(database).Collection(collection))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", collection, diff)
		}
	}
}

// mongoIndex is an index as the server tells of it.
type mongoIndex struct {
	Keys   bson.D
	Sparse bool
}

func indexesOnMongo(t *testing.T, c *mongo.Collection) map[string]mongoIndex {
	t.Helper()
	cursor, err := c.Indexes().List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var listed []struct {
		Name   string
		Key    bson.D
		Sparse bool
	}
	if err := cursor.All(t.Context(), &listed); err != nil {
		t.Fatal(err)
	}
	indexes := map[string]mongoIndex{}
	for _, i := range listed {
		indexes[i.Name] = mongoIndex{i.Key, i.Sparse}
	}
	return indexes
}

// TestMongoWithoutReplicaSetIsRefused holds the refusal to its words, and to leaving
// nothing on the server.
func TestMongoWithoutReplicaSetIsRefused(t *testing.T) {
	database := mongotest.Database()
	t.Setenv(mongoVariable, mongotest.Start(t).URL())
	docs := newDocuments(slog.New(slog.DiscardHandler))
	_, err := docs.open(t.Context(), config.Config{Documents: "mongo://" + database + "/{collection}"}, store.LibraryCollection)
	if err == nil {
		t.Fatal("it was opened")
	}
	want := "The Mongo server is no replica set, without which nothing is written atomically: " +
		"start it as `mongod --replSet rs0` and call rs.initiate() once, for a set of one server is enough."
	if got := Explain(err); promptz.ErrorCode(err) != promptz.CodeNotValid || got != "open collection library: "+want {
		t.Errorf("got %q", got)
	}
	names, err := dialTestMongo(t).ListDatabaseNames(t.Context(), bson.D{})
	if err != nil || slices.Contains(names, database) {
		t.Errorf("databases are %q, %v", names, err)
	}
}

// TestMongoReplicaSetIsOpened opens two collections of a server that says that it is a
// replica set: it is warned once, and the last who leaves disconnects.
func TestMongoReplicaSetIsOpened(t *testing.T) {
	t.Setenv(mongoVariable, mongotest.StartReplicaSet(t).URL())
	var log bytes.Buffer
	docs := newDocuments(slog.New(slog.NewTextHandler(&log, nil)))
	var opened []openCollection
	for _, collection := range []string{store.LibraryCollection, store.EphemeralCollection} {
		c, err := docs.open(t.Context(), config.Config{Documents: "mongo://promptz/{collection}"}, collection)
		if err != nil {
			t.Fatal(err)
		}
		opened = append(opened, c)
	}
	ping := func() error { return docs.mongo.client.Ping(t.Context(), nil) }
	opened[0].close()
	if err := ping(); err != nil {
		t.Errorf("the second who entered finds it closed: %v", err)
	}
	ephemeral := store.NewEphemeral(opened[1].handles, opened[1].tuning, testClock().now)
	if held, err := ephemeral.AcquireLease(t.Context(), "test", "me", time.Minute); err != nil || !held {
		t.Errorf("lease: %t, %v", held, err)
	}
	opened[1].close()
	if err := ping(); !errors.Is(err, mongo.ErrClientDisconnected) {
		t.Errorf("after the last has left: %v", err)
	}
	if got := log.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, "mongo:// is experimental") {
		t.Errorf("it logged %s", got)
	}
}

// TestMongoServerIsAway connects to servers that give no answer: it is told in time,
// and without the password.
func TestMongoServerIsAway(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	for _, test := range []struct{ name, server, says string }{
		{"nobody listens", "mongodb://ada:secret@" + gone.Addr().String(), "within 10s"},
		{"it says nothing", "mongodb://ada:secret@" + silent.Addr().String(), "within 10s"},
		{"no URL", "", "MONGO_SERVER_URL must name the Mongo server"},
		{"no URL of Mongo", "http://ada:secret@" + gone.Addr().String(), "MONGO_SERVER_URL must name the Mongo server"},
		{"a URL that can't be read", "mongodb://ada:secret%zz@" + gone.Addr().String(), "MONGO_SERVER_URL must name the Mongo server"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			_, err := connectMongo(t.Context(), test.server)
			// It may wait for the server and for connections to end, mongoPatience each:
			// more is a hang.
			if took := time.Since(begun); took > time.Minute {
				t.Errorf("it took %s", took)
			}
			if err == nil || !strings.Contains(Explain(err), test.says) || strings.Contains(err.Error()+Explain(err), "secret") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestMongoURLIsChecked opens collections by URLs that are wrong.
func TestMongoURLIsChecked(t *testing.T) {
	t.Parallel()
	client := dialTestMongo(t)
	for _, raw := range []string{"mongo://library", "mongo:///library", "mongo://promptz/library?colour=red"} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openMongoCollection(t.Context(), client, u, store.LibraryCollection); err == nil {
			t.Errorf("%s was opened", raw)
		}
	}
}
