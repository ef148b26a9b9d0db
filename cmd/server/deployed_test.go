package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"promptz/internal/awstest"
	"promptz/internal/workflow/machines"
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

// site is where a deployment is put up.
type site struct {
	at        *awstest.Ministack // which runs the functions
	prefix    string             // of the names of functions and machines
	documents string             // URL
	blobs     string             // URL
	secrets   string             // URL
	// grant makes the role of each function, and that of the machines by the name
	// "states"; nil is none.
	grant func(d *deployment) map[string]string
}

// deployment is the program as functions of Lambda, with what is around them.
type deployment struct {
	site
	url   string   // of the API
	dir   string   // of commands, and of mails that functions send
	flags []string // by which commands are about it
	bus   string   // its name
	queue string   // URL of the queue of events
	dead  string   // URL of that of its dead letters
}

// name is the name of a function or machine there.
func (s *site) name(what string) string { return s.prefix + what }

// deployOutside puts the program up with documents in DynamoDB Local and files at
// moto, so that they are somebody else's than the functions.
func deployOutside(t *testing.T) *deployment {
	t.Helper()
	s := site{documents: createTables(t), prefix: "test-" + rand.Text() + "-"}
	files := awstest.Config(awstest.StartMoto(t))
	s.at = awstest.StartMinistack(t)
	s.blobs = "s3://" + awstest.NewBucket(t, files) + at(*files.BaseEndpoint) + "&use_path_style=true"
	key := make([]byte, 32)
	rand.Read(key)
	s.secrets = "base64key://" + base64.URLEncoding.EncodeToString(key)
	return deploy(t, s)
}

// functions are those that are deployed. No table of DynamoDB Local has a stream that
// ministack reads, so there is no relay: the sweep, which is its backstop, relays, and
// is called all the time.
var functions = []string{"http", "events", "activity", "sweep"}

// deploy puts the program up as Terraform does: each function is the same zip, told
// by its environment alone which one it is and where everything lies.
func deploy(t *testing.T, s site) *deployment {
	t.Helper()
	zip, err := bootstrap()
	if err != nil {
		t.Fatal(err)
	}
	d := &deployment{site: s, dir: t.TempDir()}
	api := awstest.NewHTTPAPI(t, d.at.Config())
	d.url, d.bus = api.URL, awstest.NewBus(t, d.at.Config())
	d.queue = awstest.NewTarget(t, d.at.Config(), d.bus)
	d.dead = awstest.NewDeadLetters(t, d.at.Config(), d.queue, 2)
	variables := d.configure(t, api.Host)
	var roles map[string]string
	if d.grant != nil {
		roles = d.grant(d)
	}
	for _, handler := range functions {
		environment := maps.Clone(variables)
		environment["PROMPTZ_HANDLER"] = handler
		awstest.NewFunction(t, d.at.Config(), awstest.FunctionSpec{
			Name: d.name(handler), Zip: zip, Environment: environment, Timeout: 30 * time.Second, Role: roles[handler],
		})
	}
	api.Serve(t, d.name("http"))
	d.makeMachines(t, roles["states"])
	awstest.MapQueue(t, d.at.Config(), awstest.QueueARN(t, d.at.Config(), d.queue), awstest.FunctionARN(d.name("events")))
	d.sweep(t)
	return d
}

// configure gives the functions' variables, and keeps the same as flags of commands.
func (d *deployment) configure(t *testing.T, host string) (variables map[string]string) {
	t.Helper()
	here := at(d.at.Endpoint())
	variables = map[string]string{}
	for flag, value := range map[string]string{
		"data":         d.dir,
		"public-url":   d.url,
		"hosts":        host,
		"documents":    d.documents,
		"topic":        "eventbridge://" + d.bus + here + "&source=promptz",
		"subscription": "awssqs://" + withoutScheme(t, d.queue) + here,
		"blobs":        d.blobs,
		"workflows":    "stepfunctions://" + here + "&account=" + awstest.Account + "&prefix=" + d.prefix,
		"secrets":      d.secrets,
		"mail":         "file://" + filepath.Join(d.dir, "outbox"),
		"limits":       "off",
	} {
		d.flags = append(d.flags, "--"+flag, value)
		variables["PROMPTZ_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))] = value
	}
	return variables
}

func (d *deployment) makeMachines(t *testing.T, role string) {
	t.Helper()
	all, err := machines.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		awstest.NewStateMachine(t, d.at.Config(), d.name(m.Name), role, m.Definition(awstest.FunctionARN(d.name("activity"))))
	}
}

// sweep calls the sweep function until t ends.
func (d *deployment) sweep(t *testing.T) {
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

// command is a command of the program about it.
func (d *deployment) command(t testing.TB, args ...string) (stdout string) {
	t.Helper()
	stdout, _ = command(t, append(slices.Clone(d.flags), args...)...)
	return strings.TrimSpace(stdout)
}

// executions gives those of a machine that have a status.
func (d *deployment) executions(t testing.TB, machine, status string) (list []execution) {
	t.Helper()
	out := d.command(t, "--json", "workflows", "list", "--machine", machine, "--status", status)
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return list
}
