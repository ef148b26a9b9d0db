package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"promptz/internal/awstest"
	"promptz/internal/config"
)

// bootstrap is the program as Lambda takes it, made once for all tests.
var bootstrap = sync.OnceValues(func() (zip []byte, err error) {
	dir, err := os.MkdirTemp("", "promptz-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program, packed := filepath.Join(dir, "bootstrap"), filepath.Join(dir, "promptz-lambda.zip")
	for _, args := range [][]string{
		{"build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", program, "."},
		{"run", "promptz/internal/lambdazip", program, packed},
	} {
		c := exec.Command("go", args...)
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := c.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	return os.ReadFile(packed)
})

// deployment is the program as functions of Lambda, with what is around them: it is
// what terraform/aws says, but for what an emulator lacks, and but for the times that
// are too long for a test or too short for a busy machine: hiddenFor and leastTimeout.
type deployment struct {
	at    *awstest.Ministack // which runs the functions
	stack *stack
	api   *awstest.HTTPAPI
	url   string // of the API
	dir   string // the data folder of the functions and of commands
	bus   string // its name
	queue string // URL of the queue of events
	dead  string // URL of that of its dead letters

	// changed are variables in place of those that terraform/aws gives.
	changed map[string]string
	// roles are ARNs, by handler, and those of the machines as "states" and of the
	// schedule as "scheduler"; nil are none.
	roles map[string]string
	// mails gives all mails that were sent.
	mails func(t testing.TB) []string
}

// hiddenFor is for how long the queue of events hides what was received, in place of
// the six minutes of terraform/aws, which no test can wait for. It is as long as the
// function may take, so that a slow one is not called again for what it is at.
const hiddenFor = time.Minute

// leastTimeout is how long a function may take that terraform/aws gives less: on a busy
// machine it is the emulator that takes its time.
const leastTimeout = 30 * time.Second

// begin makes what is around the functions of every deployment, with poison in the
// queue.
func begin(t *testing.T, at *awstest.Ministack) *deployment {
	t.Helper()
	d := &deployment{at: at, dir: t.TempDir(), changed: map[string]string{"PROMPTZ_LIMITS": "off"}}
	d.changed["PROMPTZ_DATA"] = d.dir
	d.api = awstest.NewHTTPAPI(t, at.Config())
	d.url = d.api.URL
	d.stack = readStack(t, "test-"+strings.ToLower(rand.Text())[:8], at.Endpoint(), d.url)
	d.bus = awstest.NewBus(t, at.Config())
	d.queue = awstest.NewTarget(t, at.Config(), d.bus, d.stack.patterns(t)...)
	awstest.HideFor(t, at.Config(), d.queue, hiddenFor)
	attempts := d.stack.attempts(t)
	d.dead = awstest.NewDeadLetters(t, at.Config(), d.queue, attempts)
	d.layPoison(t, attempts)
	maps.Copy(d.stack.made, map[string]string{
		"aws_apigatewayv2_api.api.api_endpoint": "http://" + d.api.Host,
		"aws_cloudwatch_event_bus.events.name":  d.bus,
		"aws_cloudwatch_event_bus.events.arn":   "arn:aws:events:" + awstest.Region + ":" + awstest.Account + ":event-bus/" + d.bus,
		"aws_sqs_queue.events.url":              d.queue,
		"aws_sqs_queue.events.arn":              awstest.QueueARN(t, at.Config(), d.queue),
	})
	return d
}

// userPoolID is that of the pool whose trigger the post-auth function is.
const userPoolID = awstest.Region + "_Test"

// deployOutside puts the program up with documents in DynamoDB Local and files at
// moto, so that they are somebody else's than the functions. No table of DynamoDB
// Local has a stream that ministack reads, so nothing calls the relay: the sweep, which
// is its backstop, relays, and is called all the time.
func deployOutside(t *testing.T) *deployment {
	t.Helper()
	documents := createTables(t)
	files := awstest.Config(awstest.StartMoto(t))
	d := begin(t, awstest.StartMinistack(t))
	key := make([]byte, 32)
	rand.Read(key)
	outbox := filepath.Join(d.dir, "outbox")
	d.mails = func(t testing.TB) []string { return readOutbox(t, outbox) }
	maps.Copy(d.changed, map[string]string{
		"PROMPTZ_DOCUMENTS": documents,
		"PROMPTZ_BLOBS":     "s3://" + awstest.NewBucket(t, files) + at(*files.BaseEndpoint) + "&use_path_style=true",
		"PROMPTZ_SECRETS":   "base64key://" + base64.URLEncoding.EncodeToString(key),
		"PROMPTZ_MAIL":      "file://" + outbox,
	})
	d.put(t)
	d.sweepAlways(t)
	return d
}

// name is the name of a function, table or machine there.
func (d *deployment) name(what string) string { return d.stack.prefix + what }

// put makes the functions, which are the same zip, told by its environment alone which
// one it is and where everything lies, and what calls them.
func (d *deployment) put(t *testing.T) {
	t.Helper()
	zip, err := bootstrap()
	if err != nil {
		t.Fatal(err)
	}
	for _, handler := range config.Handlers() {
		variables, timeout := d.stack.function(t, handler)
		maps.Copy(variables, d.changed)
		if handler == "post-auth" {
			// The others let people sign in by codes of our own: no emulator's user pool
			// has codes in mails.
			variables["PROMPTZ_SIGN_IN"] = "cognito://" + awstest.Region + "/" + userPoolID + "?client_id=client"
		}
		awstest.NewFunction(t, d.at.Config(), awstest.FunctionSpec{
			Name: d.name(handler), Zip: zip, Environment: variables, Timeout: max(timeout, leastTimeout), Role: d.roles[handler],
		})
	}
	d.api.Serve(t, d.name("http"))
	for _, m := range d.stack.instances(t, "aws_sfn_state_machine.machine") {
		awstest.NewStateMachine(t, d.at.Config(), m.Text("name"), d.roles["states"], []byte(m.Text("definition")))
	}
	// Who starts first seals the root key, which the function of events may not do: on
	// AWS a request or the sweep has come before any event.
	client{t: t, url: d.url}.expecting(http.StatusOK, http.MethodGet, "/healthz/readiness", nil)
	d.follow(t, "events")
}

// follow has functions called by the queues or streams of a name.
func (d *deployment) follow(t *testing.T, name string) {
	t.Helper()
	for _, m := range d.stack.mappings(t, name) {
		awstest.MapSource(t, d.at.Config(), m)
	}
}

// invoke lets a function work on a payload.
func (d *deployment) invoke(t testing.TB, handler, payload string) []byte {
	t.Helper()
	answer, err := awstest.Invoke(t.Context(), d.at.Config(), d.name(handler), payload)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// sweepAlways calls the sweep function until t ends.
func (d *deployment) sweepAlways(t *testing.T) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var going sync.WaitGroup
	going.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			if _, err := awstest.Invoke(ctx, d.at.Config(), d.name("sweep"), `{}`); err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	})
	t.Cleanup(func() { cancel(); going.Wait() })
}

// environ is what the function that answers requests is told, by which what runs
// beside the functions is about the same.
func (d *deployment) environ(t testing.TB) (environ []string) {
	t.Helper()
	variables, _ := d.stack.function(t, "http")
	maps.Copy(variables, d.changed)
	for name, value := range variables {
		environ = append(environ, name+"="+value)
	}
	return environ
}

// flags are the same for commands.
func (d *deployment) flags(t testing.TB) (flags []string) {
	t.Helper()
	for _, entry := range d.environ(t) {
		name, value, _ := strings.Cut(strings.TrimPrefix(entry, "PROMPTZ_"), "=")
		if value != "" {
			flags = append(flags, "--"+strings.ToLower(strings.ReplaceAll(name, "_", "-")), value)
		}
	}
	return flags
}

// executions gives those of a machine that have a status.
func (d *deployment) executions(t testing.TB, machine, status string) (list []execution) {
	t.Helper()
	args := append(d.flags(t), "--json", "workflows", "list", "--machine", machine, "--status", status)
	out, _ := command(t, args...)
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return list
}
