package main

import (
	"crypto/rand"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"promptz/internal/awstest"
	"promptz/internal/terraformtest"
)

// TestServerInMemoryAnswers serves documents in memory: reads answer, and nothing is
// written to the data folder but what the process itself needs.
func TestServerInMemoryAnswers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	anybody := client{t: t, url: startServer(t, dir, "--documents", "mem://{collection}/id", "--topic", "mem://events", "--subscription", "mem://events").url}
	for _, kind := range []string{"prompts", "rules", "agents"} {
		if names := anybody.names("/v1/" + kind); len(names) > 0 {
			t.Errorf("%s: %q", kind, names)
		}
	}
	anybody.expecting(http.StatusNotFound, http.MethodGet, "/v1/prompts/zzzzzzzzzzzz", nil)
	anybody.expecting(http.StatusUnauthorized, http.MethodPost, "/v1/prompts", newPrompt("Nobody's"))
	for name := range readFiles(t, dir) {
		if !slices.Contains([]string{"address", "lock", "secret.key"}, name) {
			t.Errorf("the data folder holds %s", name)
		}
	}
}

// TestNewcomersFirstHourOnDynamoDB is the same walk as on SQLite, with one
// URL changed.
func TestNewcomersFirstHourOnDynamoDB(t *testing.T) {
	url := createTables(t)
	dir := t.TempDir()
	flags := []string{"--data", dir, "--documents", url}
	walk(t, startServer(t, dir, "--documents", url).url, flags...)
	mustFail(t, append(flags, "backup", dir+"/backup.tar"), "SQLite", "promptz export")
}

// TestSignInOnDynamoDB is the walk of TestSignIn there.
func TestSignInOnDynamoDB(t *testing.T) {
	dir := t.TempDir()
	server := startServer(t, dir, "--documents", createTables(t))
	walkSignIn(t, server.url, byMail(filepath.Join(dir, "outbox")))
}

// createTables makes the tables of a deployment on DynamoDB Local, and gives the
// URL that names them. It sets the credentials that they take.
func createTables(t testing.TB) (url string) {
	t.Helper()
	db := awstest.StartDynamoDB(t)
	for _, entry := range db.Environment() {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	prefix := "walk-" + rand.Text() + "-"
	makeTables(t, db.Endpoint(), prefix)
	return strings.Replace(db.CollectionURL(prefix+"COLLECTION"), "COLLECTION", "{collection}", 1)
}

// makeTables makes the tables of a deployment, whose names begin with prefix, at an
// emulator: those that Terraform makes.
func makeTables(t testing.TB, endpoint, prefix string) {
	t.Helper()
	declared, err := terraformtest.Declare("../..")
	if err != nil {
		t.Fatal(err)
	}
	for collection, table := range declared.Tables {
		spec := awstest.TableSpec{Name: prefix + collection, Stream: table.Outbox}
		for _, i := range table.Indexes {
			spec.Indexes = append(spec.Indexes, awstest.Index{Name: i.Name, Partition: i.Partition, Sort: i.Sort, KeysOnly: i.Projection == "KEYS_ONLY"})
		}
		if err := awstest.CreateTable(t.Context(), awstest.Tables(endpoint), spec); err != nil {
			t.Fatal(err)
		}
	}
}
