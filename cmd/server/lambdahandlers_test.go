package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"promptz/internal/server/lambda/runtimetest"
)

const userPool = "SIGN_IN=cognito://eu-central-1/eu-central-1_abc?client_id=client"

// TestEveryHandler lets each function start, fail at an event of another kind
// without its process ending, freeze, go on, and end in order.
func TestEveryHandler(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		handler, foreign string
		failure          string // the type of the error
	}{
		{"http", `{"Records":[]}`, "errorString"},
		{"relay", `{"Records":[{"eventName":"INSERT","eventSourceARN":"arn:aws:dynamodb:::table/library/stream/1","dynamodb":{"Keys":{"key":{"N":"1"}}}}]}`, "errorString"},
		{"events", `[]`, "UnmarshalTypeError"},
		{"activity", `{"activity":"Nothing"}`, "TaskFailed"},
		{"post-auth", `[]`, "UnmarshalTypeError"},
	} {
		t.Run(tt.handler, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), commandWithin)
			defer cancel()
			f := startFunction(t, t.TempDir(), tt.handler, userPool, elsewhere(t))
			if _, err := f.Ready(ctx); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				_, err := f.Invoke(ctx, []byte(tt.foreign))
				if failure, ok := errors.AsType[*runtimetest.Failure](err); !ok || failure.Type != tt.failure {
					t.Errorf("error %v, want a %s", err, tt.failure)
				}
				if err := errors.Join(f.Freeze(), f.Thaw()); err != nil {
					t.Fatal(err)
				}
			}
			if status, err := f.Terminate(ctx); status != 0 || err != nil {
				t.Errorf("asked to end, its status is %d, %v", status, err)
			}
		})
	}
}

// TestPostAuthenticationOnLambda gives the event back, and the account is there.
func TestPostAuthenticationOnLambda(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := startFunction(t, dir, "post-auth", userPool, "ADMINS=ada@example.com")
	answer := invoke(t, f, `{"version":"1","triggerSource":"PostAuthentication_Authentication","region":"eu-central-1","userPoolId":"eu-central-1_abc",
		"userName":"ada","request":{"userAttributes":{"sub":"0001","email":"ada@example.com","email_verified":"true"},"newDeviceUsed":false},"response":{}}`)
	if answer["userName"] != "ada" || answer["response"] == nil {
		t.Errorf("it gives back %v", answer)
	}
	if strings.Contains(f.Output(), "ERROR") {
		t.Errorf("it wrote %s", f.Output())
	}
	invoke(t, startFunction(t, dir, "sweep", elsewhere(t)), `{}`) // gives the event its number
	_, url := startHTTP(t, dir)
	maria := client{t, url, newKey(t, dir, "maria")}
	// Whose it is, Maria may not know; how many there are, the cursor tells.
	happened := maria.expecting(http.StatusOK, http.MethodGet, "/v1/changes?feed=accounts&cursor=0", nil)
	if !strings.Contains(happened.body, `{"cursor":"1","items":[]}`) {
		t.Errorf("there is not one account:\n%s", happened.body)
	}
}

// TestActivityOnLambda ranks an item that is there.
func TestActivityOnLambda(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := newKey(t, dir, "maria")
	_, url := startHTTP(t, dir)
	item := client{t, url, key}.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("Ranked")).member(t, "id")
	answer := invoke(t, startFunction(t, dir, "activity"), `{"activity":"Rescore","execution":"e","state":"Rescore","input":{"id":"`+item+`"}}`)
	if answer["id"] != item {
		t.Errorf("it answers %v", answer)
	}
}

// TestTimeoutOnLambda leaves so little time that none is left for the handler: its
// caller is told, and the process lives.
func TestTimeoutOnLambda(t *testing.T) {
	t.Parallel()
	c := functionConfig(t.TempDir(), "http")
	c.Timeout = 900 * time.Millisecond
	f := runtimetest.Start(t, c)
	if _, err := f.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		text, err := f.Invoke(t.Context(), []byte(`{"version":"2.0","rawPath":"/v1/prompts","headers":{"host":"prompts.example.com"},
			"requestContext":{"http":{"method":"GET","sourceIp":"192.0.2.1"}}}`))
		if err != nil || !strings.Contains(string(text), `"statusCode":503`) || !strings.Contains(string(text), "application/problem+json") {
			t.Errorf("%v: %s", err, text)
		}
	}
}
