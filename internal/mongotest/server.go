package mongotest

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"promptz/internal/launcher"
)

// FolderVariable is the environment variable that holds the absolute path of the
// folder internal/launcher/fetch.sh has filled from mongoserver.
const FolderVariable = "PROMPTZ_TEST_MONGO"

// startTimeout is for what hangs: a start takes seconds, on a busy machine many.
const startTimeout = 2 * time.Minute

// Server is a running mongo-java-server. It keeps its documents in memory. It is safe
// for concurrent use.
type Server struct {
	url     string
	process *launcher.Process // held, or the collector would close its lifeline
}

// ReplicaSet is the argument with which a server says that it is a replica set.
const ReplicaSet = "replica-set"

// Open starts mongo-java-server from folder, an absolute path, on 127.0.0.1 and a
// free port. ctx bounds the start only. The cleanup kills the server and returns when
// it is gone; a server whose cleanup was never called ends together with this
// process, however that ends.
func Open(ctx context.Context, folder string, args ...string) (*Server, func(), error) {
	java, err := launcher.Java(folder, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("start mongo-java-server: %w", err)
	}
	p, port, err := launcher.Start(ctx, java)
	if err != nil {
		return nil, nil, fmt.Errorf("start mongo-java-server: %w", err)
	}
	return &Server{url: fmt.Sprintf("mongodb://127.0.0.1:%d", port), process: p}, p.Kill, nil
}

// shared is the one server of this test binary.
var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Start returns the server that all tests of this binary share, and starts it for the
// first of them. It skips t when FolderVariable is not set, and fails it when the
// server does not start. The server ends with the binary.
func Start(t testing.TB) *Server {
	t.Helper()
	folder := folderOf(t)
	shared.once.Do(func() {
		ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
		defer cancel()
		shared.server, _, shared.err = Open(ctx, folder)
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// StartReplicaSet starts a server that says that it is a replica set, and ends with t.
// It skips t when FolderVariable is not set.
func StartReplicaSet(t testing.TB) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	s, kill, err := Open(ctx, folderOf(t), ReplicaSet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kill)
	return s
}

func folderOf(t testing.TB) string {
	t.Helper()
	folder := os.Getenv(FolderVariable)
	if folder == "" {
		t.Skip("needs mongo-java-server: `make test-aws` fetches it and runs this test")
	}
	return folder
}

// URL is what MONGO_SERVER_URL is to be.
func (s *Server) URL() string { return s.url }

// Database is a name that no other test has.
func Database() string { return "test-" + strings.ToLower(rand.Text()) }
