package main

import (
	"net/url"
	"strings"
	"testing"

	"promptz/internal/awstest"
)

// TestScenariosOnDynamoDB runs them with one URL changed.
func TestScenariosOnDynamoDB(t *testing.T) {
	documents := createTables(t)
	dir := t.TempDir()
	flags := []string{"--documents", documents}
	server := startServer(t, dir, flags...)
	runScenarios(t, server.url, newByShell(t, server.url, dir, append(flags, "--data", dir)...), nil)
}

// TestScenariosOnAWS runs them as the program is on AWS, by URLs alone: documents in
// DynamoDB, events through EventBridge to SQS, files in S3. Each of them is another's
// stand-in.
func TestScenariosOnAWS(t *testing.T) {
	documents := createTables(t)
	events, files := awstest.StartMinistack(t), awstest.Config(awstest.StartMoto(t))
	bus := awstest.NewBus(t, events.Config())
	queue := awstest.NewTarget(t, events.Config(), bus)
	bucket := awstest.NewBucket(t, files)
	dir := t.TempDir()
	flags := []string{
		"--documents", documents,
		"--topic", "eventbridge://" + bus + at(events.Endpoint()) + "&source=promptz",
		"--subscription", "awssqs://" + withoutScheme(t, queue) + at(events.Endpoint()) + "&waittime=1s",
		"--blobs", "s3://" + bucket + at(*files.BaseEndpoint) + "&use_path_style=true",
	}
	server := startServer(t, dir, flags...)
	t.Cleanup(func() {
		if exports := awstest.Objects(t, files, bucket, "exports/"); len(exports) == 0 {
			t.Errorf("nothing that was published lies in the bucket\n%s", server.stderr)
		}
	})
	runScenarios(t, server.url, newByShell(t, server.url, dir, append(flags, "--data", dir)...), nil)
}

// at is the part of a URL that says where a service of AWS answers.
func at(endpoint string) string {
	return "?region=" + awstest.Region + "&endpoint=" + url.QueryEscape(endpoint)
}

// withoutScheme gives host and path of a URL.
func withoutScheme(t *testing.T, address string) string {
	t.Helper()
	_, place, ok := strings.Cut(address, "://")
	if !ok {
		t.Fatalf("%q is no URL", address)
	}
	return place
}
