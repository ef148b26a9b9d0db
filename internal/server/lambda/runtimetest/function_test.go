package runtimetest_test

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	runtime "github.com/aws/aws-lambda-go/lambda"

	"promptz/internal/server/lambda"
	"promptz/internal/server/lambda/runtimetest"
)

// asFunction makes the test binary be a function: a tiny one that does what its
// event says.
const asFunction = "PROMPTZ_TEST_AS_FUNCTION"

func TestMain(m *testing.M) {
	switch os.Getenv(asFunction) {
	case "":
		os.Exit(m.Run())
	case "broken":
		if err := lambda.ReportInitError(context.Background(), os.Getenv(lambda.Variable), "there is no table"); err != nil {
			panic(err)
		}
		os.Exit(1)
	case "dead":
		os.Exit(3)
	case "polite":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		lambda.Start(ctx, handle)
	default:
		runtime.Start(handle)
	}
}

func handle(ctx context.Context, event string) (string, error) {
	switch event {
	case "fail":
		return "", errors.New("as you like")
	case "panic":
		panic("as you like")
	case "exit":
		os.Exit(4)
	case "large":
		return strings.Repeat("a", 7<<20), nil
	case "hang":
		<-ctx.Done()
		select {} // and on: it is killed
	}
	return "got " + event, nil
}

// start starts a function of a kind.
func start(t *testing.T, kind string, timeout time.Duration) *runtimetest.Function {
	t.Helper()
	return runtimetest.Start(t, runtimetest.Config{Command: os.Args[0], Env: []string{asFunction + "=" + kind}, Timeout: timeout})
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestInvoke(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, event, response, failure string
		ends                           bool // the process
	}{
		{name: "response", event: `"work"`, response: `"got work"`},
		{name: "error", event: `"fail"`, failure: "errorString: as you like"},
		{name: "no event for it", event: `{}`, failure: "UnmarshalTypeError: "},
		{name: "panic", event: `"panic"`, failure: "string: as you like", ends: true},
		{name: "exit", event: `"exit"`, failure: "Runtime.ExitError: Runtime exited: exit status 4", ends: true},
		{name: "too large", event: `"large"`, failure: "Function.ResponseSizeTooLarge: ", ends: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx := within(t)
			f := start(t, "plain", 0)
			if _, err := f.Invoke(ctx, []byte(`"warm"`)); err != nil {
				t.Fatal(err)
			}
			response, err := f.Invoke(ctx, []byte(tt.event))
			if string(response) != tt.response {
				t.Errorf("response %s, want %s", response, tt.response)
			}
			failure, failed := errors.AsType[*runtimetest.Failure](err)
			if failed != (tt.failure != "") || failed && !strings.HasPrefix(failure.Error(), tt.failure) {
				t.Errorf("error %v, want %q", err, tt.failure)
			}
			if tt.ends {
				select {
				case <-f.Exited():
				case <-ctx.Done():
					t.Error("the process goes on")
				}
				return
			}
			if _, err := f.Invoke(ctx, []byte(`"again"`)); err != nil {
				t.Errorf("it does not go on: %v", err)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	f := start(t, "plain", 300*time.Millisecond)
	if _, err := f.Ready(within(t)); err != nil {
		t.Fatal(err)
	}
	_, err := f.Invoke(within(t), []byte(`"hang"`))
	if failure, ok := errors.AsType[*runtimetest.Failure](err); !ok || failure.Type != "Sandbox.Timedout" {
		t.Errorf("error %v", err)
	}
	<-f.Exited()
}

func TestStarts(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"broken": "Runtime.InitError: there is no table",
		"dead":   "Runtime.ExitError: Runtime exited: exit status 3",
	} {
		if _, err := start(t, kind, 0).Ready(within(t)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", kind, err, want)
		}
	}
	if took, err := start(t, "plain", 0).Ready(within(t)); err != nil || took <= 0 {
		t.Errorf("ready after %v, %v", took, err)
	}
}

// A frozen process answers nothing; once thawed it goes on with what waits.
func TestFreeze(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	f := start(t, "plain", 0)
	if _, err := f.Invoke(ctx, []byte(`"warm"`)); err != nil {
		t.Fatal(err)
	}
	if err := f.Freeze(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := f.Invoke(ctx, []byte(`"work"`))
		answered <- err
	}()
	select {
	case err := <-answered:
		t.Fatalf("frozen, it answered with error %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	if err := f.Thaw(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Errorf("thawed, it failed: %v", err)
	}
}

// A function of ours ends in order when it is asked to; one that does not care is
// ended by the signal.
func TestTerminate(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]int{"polite": 0, "plain": -1} {
		f := start(t, kind, 0)
		if _, err := f.Invoke(within(t), []byte(`"warm"`)); err != nil {
			t.Fatal(err)
		}
		if status, err := f.Terminate(within(t)); err != nil || status != want {
			t.Errorf("%s: status %d, %v; want %d", kind, status, err, want)
		}
	}
}
