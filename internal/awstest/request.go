package awstest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// Account is the AWS account that ministack has.
const Account = "000000000000"

// request is one to a service that the program calls nowhere, so that the module
// has no client of it: a few calls of a test are no reason for one.
type request struct {
	service      string // by its name in signatures
	method, path string
	mediaType    string
	body         []byte
}

// plea makes a request of a service that speaks JSON. body nil is none.
func plea(t testing.TB, service, method, path string, body any) request {
	t.Helper()
	r := request{service: service, method: method, path: path, mediaType: "application/json"}
	if body == nil {
		return r
	}
	var err error
	if r.body, err = json.Marshal(body); err != nil {
		t.Fatal(err)
	}
	return r
}

// send signs and sends a request. An answer that is no success is an error.
func send(ctx context.Context, cfg aws.Config, r request) (http.Header, []byte, error) {
	ask, err := http.NewRequestWithContext(ctx, r.method, *cfg.BaseEndpoint+r.path, bytes.NewReader(r.body))
	if err != nil {
		return nil, nil, err
	}
	ask.Header.Set("Content-Type", r.mediaType)
	who, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256(r.body)
	if err := v4.NewSigner().SignHTTP(ctx, who, ask, hex.EncodeToString(sum[:]), r.service, cfg.Region, time.Now()); err != nil {
		return nil, nil, err
	}
	answer, err := http.DefaultClient.Do(ask)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %s: %s", r.method, r.path, answer.Status, body)
	}
	return answer.Header, body, err
}

// must is send for what has to succeed; it reads the answer, which is JSON, unless
// answer is nil.
func must(t testing.TB, cfg aws.Config, r request, answer any) {
	t.Helper()
	_, body, err := send(context.WithoutCancel(t.Context()), cfg, r) // cleanups call it too
	if err == nil && answer != nil {
		err = json.Unmarshal(body, answer)
	}
	if err != nil {
		t.Fatal(err)
	}
}
