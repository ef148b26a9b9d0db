package awstest_test

import (
	"context"
	"net"
	"net/url"
	"os"
	"strings"
	"testing"

	"gocloud.dev/docstore"
	_ "gocloud.dev/docstore/awsdynamodb/v2"

	"promptz/internal/awstest"
	"promptz/internal/launcher"
)

func TestServerListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	_, port, err := net.SplitHostPort(hostOf(t, awstest.StartDynamoDB(t).Endpoint()))
	if err != nil {
		t.Fatal(err)
	}
	launcher.WantLoopbackOnly(t, port)
}

func TestOneServerPerBinary(t *testing.T) {
	t.Parallel()
	if a, b := awstest.StartDynamoDB(t), awstest.StartDynamoDB(t); a != b {
		t.Errorf("two servers: %s and %s", a.Endpoint(), b.Endpoint())
	}
}

func TestOpenRefusals(t *testing.T) {
	t.Parallel()
	awstest.StartDynamoDB(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		folder string
		want   string
	}{
		{"relative folder", t.Context(), "cache", "not an absolute path"},
		{"empty folder", t.Context(), t.TempDir(), "ClassNotFoundException"},
		{"no time", ended, os.Getenv(awstest.FolderVariable), "context canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := awstest.OpenDynamoDB(c.ctx, c.folder)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
}

func TestServerEndsWithItsCleanup(t *testing.T) {
	t.Parallel()
	awstest.StartDynamoDB(t)
	db, cleanup, err := awstest.OpenDynamoDB(t.Context(), os.Getenv(awstest.FolderVariable))
	if err != nil {
		t.Fatal(err)
	}
	cleanup()
	cleanup()
	if conn, err := net.Dial("tcp", hostOf(t, db.Endpoint())); err == nil {
		_ = conn.Close()
		t.Error("answers after the cleanup")
	}
}

// helperVariable makes TestHelperThatDies start a server and die.
const helperVariable = "PROMPTZ_TEST_AWSTEST_HELPER"

func TestServerEndsWithItsParent(t *testing.T) {
	t.Parallel()
	awstest.StartDynamoDB(t)
	endsWithParent(t, "TestHelperThatDies")
}

func TestHelperThatDies(t *testing.T) {
	if os.Getenv(helperVariable) == "" {
		t.Skip("is run by TestServerEndsWithItsParent")
	}
	_, _ = os.Stdout.WriteString(awstest.StartDynamoDB(t).Endpoint() + "\n")
	_, _ = os.Stdin.Read(make([]byte, 1))
	panic("as told")
}

func TestCollectionURL(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	for _, variable := range db.Environment() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	collection, err := docstore.OpenCollection(t.Context(), db.CollectionURL(db.NewTable(t).Name))
	if err != nil {
		t.Fatal(err)
	}
	defer collection.Close()
	if err := collection.Create(t.Context(), &card{ID: "a", Kind: "prompt"}); err != nil {
		t.Fatal(err)
	}
	got := &card{ID: "a"}
	if err := collection.Get(t.Context(), got); err != nil || got.Kind != "prompt" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func hostOf(t *testing.T, endpoint string) string {
	t.Helper()
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}
