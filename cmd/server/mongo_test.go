package main

import (
	"path/filepath"
	"strings"
	"testing"

	"promptz/internal/mongotest"
)

// TestServerRefusesMongoWithoutReplicaSet starts the server where nothing could be
// written atomically: it says so, and leaves no more than what locks its folder.
func TestServerRefusesMongoWithoutReplicaSet(t *testing.T) {
	t.Setenv("MONGO_SERVER_URL", mongotest.Start(t).URL())
	dir := filepath.Join(t.TempDir(), "data")
	mustFail(t, []string{"serve", "--data", dir, "--listen", "127.0.0.1:0", "--documents", "mongo://" + mongotest.Database() + "/{collection}"},
		"is no replica set", "mongod --replSet", "rs.initiate()")
	for name := range readFiles(t, dir) {
		if name != "lock" {
			t.Errorf("it left %s", name)
		}
	}
}

// TestServerOpensMongoReplicaSet starts the server on one that says that it is a
// replica set. It goes as far as one that has no sessions lets it.
func TestServerOpensMongoReplicaSet(t *testing.T) {
	t.Setenv("MONGO_SERVER_URL", mongotest.StartReplicaSet(t).URL())
	server := startServer(t, t.TempDir(), "--documents", "mongo://"+mongotest.Database()+"/{collection}")
	if names := (client{t: t, url: server.url}).names("/v1/prompts"); len(names) > 0 {
		t.Errorf("prompts %q", names)
	}
	if err := server.stop(); err != nil {
		t.Errorf("it did not end in order: %v", err)
	}
	if !strings.Contains(server.stderr.String(), "mongo:// is experimental") {
		t.Errorf("it warned nobody:\n%s", server.stderr)
	}
}
