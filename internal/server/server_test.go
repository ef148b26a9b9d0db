package server_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"promptz/internal/server"
)

const getRoot = "GET / HTTP/1.1\r\nHost: promptz.test\r\n\r\n"

// run runs s until stop, which gives what Run returned.
func run(t *testing.T, s *server.Server) (stop context.CancelFunc, ended <-chan error) {
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return stop, done
}

func TestListeners(t *testing.T) {
	t.Parallel()
	health := server.NewHealth(healthy, refuse, time.Now)
	s := server.NewServer(slog.New(slog.DiscardHandler), health)
	var urls []string
	for _, text := range []string{"public", "ops"} {
		l, err := server.Listen(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		urls = append(urls, "http://"+l.Addr().String()) // known before anything is served
		s.Add(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }))
	}
	stop, ended := run(t, s)
	for i, want := range []string{"public", "ops"} {
		res, err := http.Get(urls[i])
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(body) != want {
			t.Errorf("%s answers %q, %v, want %s", urls[i], body, err, want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	for _, url := range urls {
		if res, err := http.Get(url); err == nil {
			res.Body.Close()
			t.Errorf("%s is served after the end", url)
		}
	}
}

func TestListenWhereSomebodyDoes(t *testing.T) {
	t.Parallel()
	l, err := server.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := server.Listen(t.Context(), l.Addr().String()); err == nil {
		t.Error("two listen on one address")
	}
}

func TestRunFailsWithItsListener(t *testing.T) {
	t.Parallel()
	s, health, l := newPiped(ok)
	l.Close()
	if err := s.Run(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("ended with %v", err)
	}
	if status := readiness(health); status != http.StatusServiceUnavailable {
		t.Errorf("readiness = %d after the end", status)
	}
}

func TestDrainAwaitsRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		finish := make(chan struct{})
		s, _, l := newPiped(func(w http.ResponseWriter, r *http.Request) {
			<-finish
			if err := r.Context().Err(); err != nil {
				t.Errorf("the request was given up: %v", err)
			}
		})
		stop, ended := run(t, s)
		c := dial(t, l)
		c.send(getRoot)
		synctest.Wait()
		stop()
		synctest.Wait()
		if _, err := l.dial(); err == nil {
			t.Error("connections are taken while draining")
		}
		select {
		case err := <-ended:
			t.Errorf("ended, with %v, before the request did", err)
		default:
		}
		close(finish)
		if status := c.status(); status != http.StatusOK {
			t.Errorf("status = %d", status)
		}
		if err := <-ended; err != nil {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestDrainCutsOffWhatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cut := make(chan struct{})
		s, _, l := newPiped(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			close(cut)
		})
		stop, ended := run(t, s)
		dial(t, l).send(getRoot)
		dial(t, l).send("GET / HT") // one that never says what it wants
		synctest.Wait()
		stop()
		begin := time.Now()
		if err := <-ended; err != nil {
			t.Errorf("ended with %v", err)
		}
		if took := time.Since(begin); took != server.DrainTimeout {
			t.Errorf("took %v, want %v", took, server.DrainTimeout)
		}
		<-cut
	})
}

// Clients that are slow, on purpose or not, hold a connection for so long only.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		sent    string
		handler http.HandlerFunc
		want    time.Duration
	}{
		"half a header": {"GET / HTTP/1.1\r\nHost: prom", ok, server.ReadHeaderTimeout},
		"nothing":       {"", ok, server.ReadHeaderTimeout},
		"half a body": {"POST / HTTP/1.1\r\nHost: promptz.test\r\nContent-Length: 10\r\n\r\nhalf",
			func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) }, server.ReadTimeout},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _, l := newPiped(test.handler)
				stop, ended := run(t, s)
				c := dial(t, l)
				c.send(test.sent)
				// net/http gives half a second more for the answer to arrive.
				if took := c.ended(); took < test.want || took > test.want+time.Second {
					t.Errorf("ended after %v, want %v", took, test.want)
				}
				stop()
				<-ended
			})
		})
	}
}

func TestClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		failed := make(chan error, 1)
		s, _, l := newPiped(func(w http.ResponseWriter, _ *http.Request) {
			_, err := w.Write(make([]byte, 100_000))
			failed <- err
		})
		stop, ended := run(t, s)
		c := dial(t, l)
		begin := time.Now()
		c.send(getRoot)
		if err := <-failed; err == nil {
			t.Error("the answer was written to nobody")
		}
		if took := time.Since(begin); took != server.WriteTimeout {
			t.Errorf("given up after %v, want %v", took, server.WriteTimeout)
		}
		c.conn.Close()
		stop()
		<-ended
	})
}

func TestDeadlineOfRequests(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		length int64
		want   time.Duration
	}{
		"without a body":  {0, server.AnswerTimeout},
		"with a body":     {5, server.AnswerTimeout + server.ReadTimeout},
		"of unknown size": {-1, server.AnswerTimeout + server.ReadTimeout},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := get("/")
				r.ContentLength = test.length
				newChain(t).serve(t, func(_ http.ResponseWriter, r *http.Request) {
					deadline, _ := r.Context().Deadline()
					if got := time.Until(deadline); got != test.want {
						t.Errorf("deadline in %v, want %v", got, test.want)
					}
				}, r)
			})
		})
	}
}
