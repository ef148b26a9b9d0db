package runtimetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Config is how a function runs.
type Config struct {
	Command string        // the bootstrap
	Args    []string      // Lambda gives none
	Env     []string      // all of its environment but the runtime's own variables
	Timeout time.Duration // of an invocation; 0 is 30 s
}

// Function is a function's process and the server that it asks for work. Safe for
// concurrent use; it works on one invocation at a time.
type Function struct {
	timeout time.Duration
	started time.Time
	cmd     *exec.Cmd
	output  output
	exited  chan struct{} // closed when the process is gone
	polled  chan struct{} // closed at the first call for work
	once    sync.Once     // of polled
	pending chan *invocation
	initErr chan Failure

	mu      sync.Mutex
	current *invocation // handed out and not answered
}

// Start starts the process. It is killed when t ends, if it is there then, and
// what it wrote is in the log of a test that failed.
func Start(t testing.TB, c Config) *Function {
	t.Helper()
	f := &Function{
		timeout: c.Timeout, exited: make(chan struct{}), polled: make(chan struct{}),
		pending: make(chan *invocation), initErr: make(chan Failure, 1),
	}
	if f.timeout == 0 {
		f.timeout = 30 * time.Second
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: f.api()}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })

	f.cmd = exec.Command(c.Command, c.Args...)
	f.cmd.Env = append(c.Env, "AWS_LAMBDA_RUNTIME_API="+l.Addr().String(), "AWS_LAMBDA_FUNCTION_NAME=promptz", "_HANDLER=bootstrap")
	f.cmd.Stdout, f.cmd.Stderr = &f.output, &f.output
	// In a group of its own: should this process die while the function is frozen,
	// the system thaws it and hangs up.
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	f.started = time.Now()
	if err := f.cmd.Start(); err != nil {
		t.Fatalf("start function: %v", err)
	}
	go func() {
		_ = f.cmd.Wait() // how it ended is in its state
		close(f.exited)
	}()
	t.Cleanup(func() {
		f.kill()
		if t.Failed() {
			t.Logf("the function wrote:\n%s", f.Output())
		}
	})
	return f
}

// kill ends the process and returns when it is gone.
func (f *Function) kill() {
	_ = f.cmd.Process.Kill() // gone already is as good
	<-f.exited
}

// Ready waits for the function's first call for work and gives how long that took
// from the start of the process. It fails when the function reports that it can't
// start, or ends.
func (f *Function) Ready(ctx context.Context) (time.Duration, error) {
	select {
	case <-f.polled:
		return time.Since(f.started), nil
	case failure := <-f.initErr:
		return 0, &failure
	case <-f.exited:
		select { // its report may have come at the same time
		case failure := <-f.initErr:
			return 0, &failure
		default:
			return 0, f.exitError()
		}
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Invoke lets the function work on an event and gives its response. What failed
// is a [*Failure]: what the function says, that its process ended, or that its
// time was up, whereupon it is killed.
func (f *Function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	i := &invocation{id: requestID(), event: event, deadline: time.Now().Add(f.timeout), done: make(chan outcome, 1)}
	late := time.NewTimer(f.timeout)
	defer late.Stop()
	pending := f.pending
	for {
		select {
		case pending <- i:
			pending = nil // handed out
		case o := <-i.done:
			return o.response, o.err
		case <-f.exited:
			return nil, f.exitError()
		case <-late.C:
			f.kill()
			return nil, &Failure{Type: "Sandbox.Timedout", Message: fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", i.id, f.timeout.Seconds())}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Freeze stops the process where it is, as Lambda does between invocations, and
// returns once it stands still.
func (f *Function) Freeze() error {
	if err := f.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", f.cmd.Process.Pid))
		if errors.Is(err, fs.ErrNotExist) { // not Linux, where nothing tells
			return nil
		}
		if err != nil || bytes.Contains(stat, []byte(") T ")) {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// Thaw lets it go on.
func (f *Function) Thaw() error { return f.cmd.Process.Signal(syscall.SIGCONT) }

// Terminate asks the process to end and gives its exit status, -1 when a signal
// ended it.
func (f *Function) Terminate(ctx context.Context) (status int, err error) {
	if err := f.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, err
	}
	select {
	case <-f.exited:
		return f.cmd.ProcessState.ExitCode(), nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Exited is closed when the process is gone.
func (f *Function) Exited() <-chan struct{} { return f.exited }

// Output is what the process has written so far.
func (f *Function) Output() string { return f.output.String() }

// exitError says how the process ended, which is for after it has.
func (f *Function) exitError() *Failure {
	return &Failure{Type: "Runtime.ExitError", Message: "Runtime exited: " + f.cmd.ProcessState.String()}
}

// requestID makes one of the form that Lambda's have.
func requestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
