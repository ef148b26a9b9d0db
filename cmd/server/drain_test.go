package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// drainedWithin is how long a server without slow requests may take to end.
const drainedWithin = 10 * time.Second

// TestSignalLetsARequestEnd sends a signal while a body is coming in: the request
// has to be answered before the server ends, and the server has to end well.
func TestSignalLetsARequestEnd(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			server := startServer(t, dir)
			key := newKey(t, dir, "maria")
			slow := beginUpload(t, server, key, `{"name":"Slow","description":"Comes in slowly.","content":"Wait."}`)
			server.signal(t, signal)
			server.awaitClosed(t)
			res := slow.end(t)
			if res.StatusCode != http.StatusCreated {
				t.Errorf("the request under way got status %d", res.StatusCode)
			}
			if err := server.wait(t, drainedWithin); err != nil {
				t.Errorf("the server ended with %v\n%s", err, server.stderr)
			}
			if _, err := os.Stat(filepath.Join(dir, "address")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the address is still there: %v", err)
			}
			again := client{t, startServer(t, dir).url, key}
			again.expecting(http.StatusOK, http.MethodGet, res.Header.Get("Location"), nil)
		})
	}
}

// TestSecondSignalEndsAtOnce sends a second signal to a server that drains: it must end
// at once, long before a request that hangs is cut off.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := startServer(t, dir)
	beginUpload(t, server, newKey(t, dir, "maria"), `{"name":"Never ends"}`)
	server.signal(t, syscall.SIGTERM)
	server.awaitClosed(t)
	err := server.signalUntilEnded(t, syscall.SIGTERM)
	if state, ok := server.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || state.Signal() != syscall.SIGTERM {
		t.Errorf("the server ended with %v instead of by the signal\n%s", err, server.stderr)
	}
}

// signalUntilEnded sends a signal again and again, since the one that comes right
// after the first may be taken for the same, and gives how the process ended.
func (p *process) signalUntilEnded(t testing.TB, signal syscall.Signal) error {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- p.wait(t, drainedWithin) }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		// It may have ended just now: wait tells.
		_ = p.cmd.Process.Signal(signal)
		select {
		case err := <-ended:
			return err
		case <-tick.C:
		}
	}
}

// signal sends a signal to the process.
func (p *process) signal(t testing.TB, signal syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// awaitClosed waits until the server takes no connections any more.
func (p *process) awaitClosed(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(drainedWithin)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			return
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatalf("the server still takes connections after %v", drainedWithin)
		}
		<-tick.C
	}
}

// wait waits until the process has ended and gives how it did.
func (p *process) wait(t testing.TB, within time.Duration) error {
	t.Helper()
	timeout := time.AfterFunc(within, func() { p.cmd.Process.Kill() })
	err := p.cmd.Wait()
	if !timeout.Stop() {
		t.Errorf("the server had not ended after %v", within)
	}
	return err
}

// upload is a request whose body is on its way.
type upload struct {
	conn   net.Conn
	answer *bufio.Reader
	rest   string
}

// beginUpload sends half of a prompt when the server asks for it, which it does
// when a handler reads the body.
func beginUpload(t testing.TB, server *process, key, body string) *upload {
	t.Helper()
	host := strings.TrimPrefix(server.url, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST /v1/prompts HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n", host, key, len(body))
	conn.SetReadDeadline(time.Now().Add(readyWithin))
	u := &upload{conn, bufio.NewReader(conn), body[len(body)/2:]}
	if line, err := u.answer.ReadString('\n'); err != nil || !strings.Contains(line, " 100 ") {
		t.Fatalf("instead of asking for the body the server answers %q, %v", line, err)
	}
	if _, err := u.answer.ReadString('\n'); err != nil { // the interim answer's end
		t.Fatal(err)
	}
	fmt.Fprint(conn, body[:len(body)/2])
	return u
}

// end sends the rest and gives the answer.
func (u *upload) end(t testing.TB) *http.Response {
	t.Helper()
	fmt.Fprint(u.conn, u.rest)
	res, err := http.ReadResponse(u.answer, nil)
	if err != nil {
		t.Fatalf("the request under way got no answer: %v", err)
	}
	res.Body.Close()
	return res
}
