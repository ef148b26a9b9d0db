package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	app "promptz"
	"promptz/internal/config"
	"promptz/internal/server/lambda/runtimetest"
)

// elsewhere is where workflows run of functions that tests watch for other things: a
// server that says of everything that there are no executions. Real ones are run where
// the functions are deployed.
func elsewhere(t testing.TB) (setting string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		fmt.Fprint(w, `{"executions":[]}`)
	}))
	t.Cleanup(server.Close)
	return "WORKFLOWS=stepfunctions://?region=eu-central-1&account=123456789012&endpoint=" + url.QueryEscape(server.URL)
}

// functionConfig tells how the program runs as one of its functions, on the data
// in dir. Each of settings is one of our variables without its prefix.
func functionConfig(dir, handler string, settings ...string) runtimetest.Config {
	env := append(environment(), asServer+"=1", "PROMPTZ_DATA="+dir, "PROMPTZ_LIMITS=off", "PROMPTZ_HANDLER="+handler,
		"PROMPTZ_PUBLIC_URL=https://prompts.example.com", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test")
	for _, s := range settings {
		env = append(env, "PROMPTZ_"+s)
	}
	return runtimetest.Config{Command: os.Args[0], Env: env}
}

func startFunction(t testing.TB, dir, handler string, settings ...string) *runtimetest.Function {
	t.Helper()
	return runtimetest.Start(t, functionConfig(dir, handler, settings...))
}

// startHTTP starts the function behind a gateway, and gives both.
func startHTTP(t testing.TB, dir string, settings ...string) (f *runtimetest.Function, url string) {
	t.Helper()
	var gateway http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { gateway.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	f = startFunction(t, dir, "http", append(settings, "PUBLIC_URL="+server.URL)...)
	gateway = runtimetest.Gateway(f)
	return f, server.URL
}

// invoke lets a function work on an event and reads its answer.
func invoke(t testing.TB, f *runtimetest.Function, event string) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandWithin)
	defer cancel()
	text, err := f.Invoke(ctx, []byte(event))
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return answer
}

// TestNewcomersFirstHourOnLambda is the same walk as on a server, through a
// gateway and a function.
func TestNewcomersFirstHourOnLambda(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	_, url := startHTTP(t, dir)
	walk(t, url, "--data", dir)
}

// TestLambdaOnDynamoDB is the same walk with one URL changed.
func TestLambdaOnDynamoDB(t *testing.T) {
	url := createTables(t)
	dir := t.TempDir()
	_, gateway := startHTTP(t, dir, "DOCUMENTS="+url)
	walk(t, gateway, "--data", dir, "--documents", url)
}

// TestSignInOnLambda is the walk of TestSignIn there: a mail leaves before the
// answer does.
func TestSignInOnLambda(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, url := startHTTP(t, dir)
	walkSignIn(t, url, byMail(filepath.Join(dir, "outbox")))
}

// TestEventsOnLambda follows an event through the functions: written by one,
// numbered and published by another from the table's stream, consumed by a third,
// and what that leaves by the sweep.
func TestEventsOnLambda(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, url := startHTTP(t, dir)
	maria := client{t, url, newKey(t, dir, "maria")}
	item := maria.expecting(http.StatusCreated, http.MethodPost, "/v1/prompts", newPrompt("Followed")).member(t, "id")

	relay := startFunction(t, dir, "relay")
	if answer := invoke(t, relay, streamOf(t, dir, "library")); fmt.Sprint(answer["batchItemFailures"]) != "[]" {
		t.Errorf("the relay fails at %v", answer)
	}
	changes := maria.expecting(http.StatusOK, http.MethodGet, "/v1/changes?cursor=0&wait=20", nil)
	if !strings.Contains(changes.body, item) {
		t.Fatalf("the relay gave no number:\n%s", changes.body)
	}
	begin := time.Now()
	maria.expecting(http.StatusOK, http.MethodGet, "/v1/changes?wait=25", nil)
	maria.expecting(http.StatusOK, http.MethodGet, "/v1/changes", nil, "Accept", "text/event-stream")
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("a function waited %v for what might happen", took)
	}
	if answer := invoke(t, relay, streamOf(t, dir, "elsewhere")); fmt.Sprint(answer["batchItemFailures"]) == "[]" {
		t.Error("a stream of another table was taken")
	}

	maria.expecting(http.StatusOK, http.MethodPost, "/v1/prompts/"+item+"/copies", nil)
	swept := invoke(t, startFunction(t, dir, "sweep", elsewhere(t)), `{}`)
	if _, ok := swept["expired"].(float64); !ok {
		t.Errorf("the sweep says %v", swept)
	}
	copied := maria.expecting(http.StatusOK, http.MethodGet, "/v1/changes?feed=activity&cursor=0", nil)
	var feed struct{ Items []json.RawMessage }
	if err := json.Unmarshal([]byte(copied.body), &feed); err != nil || len(feed.Items) != 1 {
		t.Fatalf("the sweep gave no number: %v\n%s", err, copied.body)
	}
	consumer := startFunction(t, dir, "events", elsewhere(t))
	answer := invoke(t, consumer, queueOf(t, string(feed.Items[0]), `{"no":"event"}`, string(feed.Items[0])))
	if want := `[map[itemIdentifier:1]]`; fmt.Sprint(answer["batchItemFailures"]) != want {
		t.Errorf("the consumer fails at %v, want %s", answer["batchItemFailures"], want)
	}
	stats := maria.expecting(http.StatusOK, http.MethodGet, "/v1/prompts/"+item+"/stats", nil)
	if copies := stats.json(t)["copies"]; copies != 1.0 {
		t.Errorf("%v copies were counted of one that came twice:\n%s", copies, stats.body)
	}
}

// streamOf makes a batch of a table's stream with all events that wait.
func streamOf(t testing.TB, dir, table string) string {
	t.Helper()
	tools, cleanup := openTools(t, "PROMPTZ_DATA="+dir)
	defer cleanup()
	ids, err := tools.Items.Log().FindPendingEvents(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	if table == "library" && len(ids) == 0 {
		t.Fatal("no event waits")
	}
	var records []any
	for i, id := range append(ids, "gone-already") {
		records = append(records, map[string]any{
			"eventName": "INSERT", "eventSourceARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/" + table + "/stream/2026-11-23T00:00:00.000",
			"dynamodb": map[string]any{"SequenceNumber": fmt.Sprint(i), "Keys": map[string]any{"id": map[string]string{"S": "event#" + id}}},
		})
	}
	return eventOf(t, records)
}

// openTools opens what commands work on, in this process.
func openTools(t testing.TB, environ ...string) (tools *app.Tools, cleanup func()) {
	t.Helper()
	cfg, err := app.LoadConfig(new(config.Flags), environ)
	if err != nil {
		t.Fatal(err)
	}
	tools, cleanup, err = app.OpenTools(t.Context(), cfg, app.NewLogger(cfg, t.Output()))
	if err != nil {
		t.Fatal(err)
	}
	return tools, cleanup
}

// queueOf makes a batch of a queue, whose messages are named by their places.
func queueOf(t testing.TB, bodies ...string) string {
	t.Helper()
	var records []any
	for i, body := range bodies {
		records = append(records, map[string]any{"messageId": fmt.Sprint(i), "body": body, "eventSource": "aws:sqs"})
	}
	return eventOf(t, records)
}

func eventOf(t testing.TB, records []any) string {
	t.Helper()
	event, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	return string(event)
}

// TestFunctionThatCannotStart says why to the runtime, in the words that a person
// gets.
func TestFunctionThatCannotStart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ handler, setting, want string }{
		"no such function": {"web", "HANDLER=web", "handler: must be one of http, relay"},
		"no address":       {"http", "PUBLIC_URL=", "publicURL: is required on Lambda"},
		"no runner":        {"events", "WORKFLOWS=local://", "workflows: local:// runs them in a server"},
		"no runner later":  {"sweep", "WORKFLOWS=local://", "workflows: local:// runs them in a server"},
		"no user pool":     {"post-auth", "SIGN_IN=local://", "signIn: has to be cognito://"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), commandWithin)
			defer cancel()
			f := startFunction(t, t.TempDir(), tt.handler, tt.setting)
			if _, err := f.Ready(ctx); err == nil || !strings.Contains(err.Error(), "Runtime.InitError: ") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("it reports %v, want %q", err, tt.want)
			}
			<-f.Exited()
			if !strings.Contains(f.Output(), tt.want) {
				t.Errorf("it wrote %q", f.Output())
			}
		})
	}
}

// TestFunctionIsFrozenAndThawed loses nothing by it, and the function ends in
// order when it is asked to.
func TestFunctionIsFrozenAndThawed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), commandWithin)
	defer cancel()
	f, url := startHTTP(t, t.TempDir())
	anybody := client{t: t, url: url}
	for range 2 {
		anybody.expecting(http.StatusOK, http.MethodGet, "/healthz/readiness", nil)
		if err := f.Freeze(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(100*time.Millisecond, func() { f.Thaw() })
	}
	anybody.expecting(http.StatusOK, http.MethodGet, "/v1/prompts", nil)
	if status, err := f.Terminate(ctx); status != 0 || err != nil {
		t.Errorf("asked to end, its status is %d, %v", status, err)
	}
}

// TestFunctionTakesForeignEvents as errors of the one invocation.
func TestFunctionTakesForeignEvents(t *testing.T) {
	t.Parallel()
	f, url := startHTTP(t, t.TempDir())
	if _, err := f.Invoke(t.Context(), []byte(`{"Records":[]}`)); err == nil || !strings.Contains(err.Error(), "payload format 2.0") {
		t.Errorf("an event of a queue: %v", err)
	}
	anybody := client{t: t, url: url}
	got := anybody.expecting(http.StatusNotFound, http.MethodGet, "/v1/prompts/%E2%98%83", nil)
	if id := got.header.Get("X-Request-Id"); len(id) != 36 || got.member(t, "requestId") != id {
		t.Errorf("the request's id is %q, and in the problem %q", id, got.member(t, "requestId"))
	}
}

// BenchmarkFunctionStart is how long a process takes from its start to its first
// answer, its databases being there.
func BenchmarkFunctionStart(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		f, url := startHTTP(b, dir)
		client{t: b, url: url}.expecting(http.StatusOK, http.MethodGet, "/v1/prompts", nil)
		if _, err := f.Terminate(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
