package awstest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"promptz/internal/awstest"
)

// lateTransport looks for the end of a request's body when the body is closed.
type lateTransport struct{ err error }

func (l *lateTransport) Do(r *http.Request) (*http.Response, error) {
	if _, err := io.CopyN(io.Discard, r.Body, r.ContentLength); err != nil {
		return nil, err
	}
	if err := r.Body.Close(); err != nil {
		return nil, err
	}
	_, l.err = io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

func TestBodyEndsWellAfterItsClose(t *testing.T) {
	t.Parallel()
	transport := new(lateTransport)
	cfg := awstest.Config("http://127.0.0.1")
	cfg.HTTPClient = transport
	if _, err := sqs.NewFromConfig(cfg).ListQueues(t.Context(), &sqs.ListQueuesInput{}); err != nil {
		t.Fatal(err)
	}
	if transport.err != nil {
		t.Errorf("the end of the body is an error: %v", transport.err)
	}
}
