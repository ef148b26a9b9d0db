package sqlitedocstore_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"gocloud.dev/docstore"
	"gocloud.dev/gcerrors"

	"promptz/internal/gocdk/sqlitedocstore"
)

// The tests of several processes run the test binary again, with these set.
const (
	envFile  = "SQLITEDOCSTORE_TEST_FILE"
	envName  = "SQLITEDOCSTORE_TEST_NAME"
	envCount = "SQLITEDOCSTORE_TEST_COUNT"
)

func TestMain(m *testing.M) {
	if os.Getenv(envFile) == "" {
		os.Exit(m.Run())
	}
	if err := child(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child makes documents and counts them, the document and the count in one
// atomic list, and says the number of each once it is acknowledged.
func child(ctx context.Context) error {
	coll, err := sqlitedocstore.OpenCollection(ctx, os.Getenv(envFile), "cards", "id", nil)
	if err != nil {
		return err
	}
	count, err := strconv.Atoi(os.Getenv(envCount))
	if err != nil {
		return err
	}
	for i := range count {
		if err := createAndCount(ctx, coll, fmt.Sprintf("%s-%d", os.Getenv(envName), i)); err != nil {
			return err
		}
		fmt.Println(i)
	}
	return coll.Close()
}

// createAndCount adds one to the counter under its revision, so it must begin
// again when another writer came between.
func createAndCount(ctx context.Context, coll *docstore.Collection, id string) error {
	for {
		counter := map[string]any{"id": "counter"}
		if err := coll.Get(ctx, counter); err != nil {
			return err
		}
		counter["n"] = counter["n"].(int64) + 1
		err := coll.Actions().AtomicWrites().Create(map[string]any{"id": id}).Replace(counter).Do(ctx)
		if gcerrors.Code(err) != gcerrors.FailedPrecondition {
			return err
		}
	}
}

func startChild(t *testing.T, path, name string, count int) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), envFile+"="+path, envName+"="+name, envCount+"="+strconv.Itoa(count))
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(stdout)
}

// checkCounted checks that the documents and the counter agree, and returns
// how many documents there are.
func checkCounted(t *testing.T, coll *docstore.Collection) int {
	t.Helper()
	documents := len(ids(t, coll.Query())) - 1
	if counter := get(t, coll, "counter")["n"]; counter != int64(documents) {
		t.Errorf("%d documents, but the counter says %v", documents, counter)
	}
	return documents
}

func TestTwoProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	coll := open(t, path, nil)
	put(t, coll, docmap{"id": "counter", "n": 0, revisionField: nil})
	count := size(200, 30)
	cmd, out := startChild(t, path, "child", count)
	for i := range count {
		if err := createAndCount(t.Context(), coll, fmt.Sprintf("parent-%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	for out.Scan() {
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := checkCounted(t, coll); got != 2*count {
		t.Errorf("%d documents, want %d", got, 2*count)
	}
}

// A process is killed between any two writes or within one: what it was told
// is written must be there, and of an atomic list all or nothing.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	coll := open(t, path, nil)
	put(t, coll, docmap{"id": "counter", "n": 0, revisionField: nil})
	if err := coll.Close(); err != nil {
		t.Fatal(err)
	}
	for round := range size(20, 3) {
		name := strconv.Itoa(round)
		cmd, out := startChild(t, path, name, 1_000_000)
		acknowledged := 0
		for acknowledged < 3+7*round && out.Scan() {
			acknowledged++
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for out.Scan() { // what it still said before it died
			acknowledged++
		}
		cmd.Wait() // its error is that it was killed
		if cmd.ProcessState.Success() || acknowledged < 3 {
			t.Fatalf("the child was not killed at work: %v after %d writes", cmd.ProcessState, acknowledged)
		}
		checkAfterKill(t, path, name, acknowledged)
	}
}

func checkAfterKill(t *testing.T, path, name string, acknowledged int) {
	t.Helper()
	coll := open(t, path, nil)
	defer coll.Close()
	for i := range acknowledged {
		get(t, coll, fmt.Sprintf("%s-%d", name, i))
	}
	checkCounted(t, coll)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity check: %s, %v", verdict, err)
	}
}
