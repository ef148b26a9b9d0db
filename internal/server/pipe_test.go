package server_test

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"promptz/internal/server"
)

// pipes is a listener in memory, so that time can be synctest's.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func newPipes() *pipes {
	return &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
}

// dial connects to the listener. It fails when that is closed.
func (p *pipes) dial() (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.accepted <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.accepted:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }

// newPiped makes a server of h on pipes.
func newPiped(h http.HandlerFunc) (*server.Server, *server.Health, *pipes) {
	health := server.NewHealth(healthy, refuse, time.Now)
	s := server.NewServer(slog.New(slog.DiscardHandler), health)
	l := newPipes()
	s.Add(l, h)
	return s, health, l
}

// client is one connection of a caller.
type client struct {
	t    *testing.T
	conn net.Conn
}

func dial(t *testing.T, l *pipes) client {
	t.Helper()
	conn, err := l.dial()
	if err != nil {
		t.Fatal(err)
	}
	return client{t, conn}
}

func (c client) send(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.t.Error(err)
	}
}

// status reads an answer.
func (c client) status() int {
	c.t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(c.conn), nil)
	if err != nil {
		c.t.Error(err)
		return 0
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		c.t.Error(err)
	}
	return res.StatusCode
}

// ended reads until the server ends the connection, and gives how long it took.
func (c client) ended() time.Duration {
	begin := time.Now()
	io.Copy(io.Discard, c.conn)
	return time.Since(begin)
}
