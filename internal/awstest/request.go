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
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
)

// Account is the AWS account that ministack has.
const Account = "000000000000"

// request is one to a service that the program calls nowhere, so that the module
// has no client of it: a few calls of a test are no reason for one.
type request struct {
	service      string // by its name in signatures
	method, path string
	mediaType    string
	target       string // the operation, where the path does not say it
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

// operation makes a request of a service that tells operations by a header.
func operation(t testing.TB, service, target string, body any) request {
	t.Helper()
	r := plea(t, service, http.MethodPost, "/", body)
	r.mediaType, r.target = "application/x-amz-json-1.1", target
	return r
}

// send signs and sends a request. An answer that is no success is an error, a
// [smithy.APIError] as the SDK's.
func send(ctx context.Context, cfg aws.Config, r request) (http.Header, []byte, error) {
	ask, err := http.NewRequestWithContext(ctx, r.method, *cfg.BaseEndpoint+r.path, bytes.NewReader(r.body))
	if err != nil {
		return nil, nil, err
	}
	ask.Header.Set("Content-Type", r.mediaType)
	if r.target != "" {
		ask.Header.Set("X-Amz-Target", r.target)
	}
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
		err = &smithy.GenericAPIError{
			Code: errorCode(answer.Header, body), Message: fmt.Sprintf("%s %s%s: %s: %s", r.method, r.path, r.target, answer.Status, body),
		}
	}
	return answer.Header, body, err
}

// errorCode gives what AWS calls an error, from where its protocols on JSON have it,
// "" where it is not.
func errorCode(header http.Header, body []byte) string {
	var said struct {
		Type string `json:"__type"`
	}
	code := header.Get("X-Amzn-Errortype")
	if code == "" && json.Unmarshal(body, &said) == nil {
		code = said.Type
	}
	code, _, _ = strings.Cut(code, ":")
	return code[strings.LastIndex(code, "#")+1:]
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
