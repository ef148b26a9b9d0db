package awstest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"promptz/internal/launcher"
)

// FolderVariable is the environment variable that holds the absolute path of the
// folder internal/launcher/fetch.sh has filled from dynamodblocal.
const FolderVariable = "PROMPTZ_TEST_DYNAMODB"

// startTimeout is for what hangs: a start takes seconds, on a busy machine many.
const startTimeout = 2 * time.Minute

// DynamoDB is a running DynamoDB Local. It keeps its tables in memory and shares
// them between all credentials and regions. It is safe for concurrent use.
type DynamoDB struct {
	endpoint string
	process  *launcher.Process // held, or the collector would close its lifeline
}

// OpenDynamoDB starts DynamoDB Local from folder, an absolute path, on 127.0.0.1
// and a free port, and returns when it answers. ctx bounds the start only. The
// cleanup kills the server and returns when it is gone; a server whose cleanup
// was never called ends together with this process, however that ends.
func OpenDynamoDB(ctx context.Context, folder string) (*DynamoDB, func(), error) {
	java, err := launcher.Java(folder, "-inMemory", "-sharedDb", "-disableTelemetry")
	if err != nil {
		return nil, nil, fmt.Errorf("start DynamoDB Local: %w", err)
	}
	p, port, err := launcher.Start(ctx, java)
	if err != nil {
		return nil, nil, fmt.Errorf("start DynamoDB Local: %w", err)
	}
	d := &DynamoDB{endpoint: fmt.Sprintf("http://127.0.0.1:%d", port), process: p}
	if _, err := d.Client().ListTables(ctx, &dynamodb.ListTablesInput{}); err != nil {
		p.Kill()
		return nil, nil, fmt.Errorf("ask DynamoDB Local: %w", err)
	}
	return d, d.process.Kill, nil
}

// shared is the one server of this test binary: a start takes seconds, and every
// test makes its own tables.
var shared struct {
	once sync.Once
	db   *DynamoDB
	err  error
}

// StartDynamoDB returns the server that all tests of this binary share, and
// starts it for the first of them. It skips t when FolderVariable is not set,
// and fails it when the server does not start. The server ends with the binary.
func StartDynamoDB(t testing.TB) *DynamoDB {
	t.Helper()
	folder := os.Getenv(FolderVariable)
	if folder == "" {
		t.Skip("needs DynamoDB Local: `make test-aws` fetches it and runs this test")
	}
	shared.once.Do(func() {
		ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
		defer cancel()
		shared.db, _, shared.err = OpenDynamoDB(ctx, folder)
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.db
}

// Endpoint is the server's URL.
func (d *DynamoDB) Endpoint() string { return d.endpoint }

// Client returns a client of the server, which reads nothing from the
// environment. Each of apiOptions changes the middleware of every request; see
// Meter.Attach.
func (d *DynamoDB) Client(apiOptions ...func(*middleware.Stack) error) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region:       Region,
		BaseEndpoint: aws.String(d.endpoint),
		Credentials:  aws.CredentialsProviderFunc(credentials),
		APIOptions:   apiOptions,
	})
}

// CollectionURL returns the docstore URL of a table that CreateTable made. A URL
// holds no credentials: who opens it needs Environment.
func (d *DynamoDB) CollectionURL(table string) string {
	q := url.Values{
		"partition_key": {keyAttribute},
		"region":        {Region},
		"endpoint":      {d.endpoint},
	}
	return (&url.URL{Scheme: "dynamodb", Host: table, RawQuery: q.Encode()}).String()
}

// Environment returns the variables ("name=value") that let a process, or after
// testing.T.Setenv this one, open what CollectionURL returns.
func (d *DynamoDB) Environment() []string { return environment() }
