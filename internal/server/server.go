package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Bounds on connections, for a body of 4 MiB at 100 KB/s each way. Writing counts
// from the request's header on: it has to leave room for the body and the answer.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = time.Minute
	writeTimeout      = readTimeout + answerTimeout + time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// drainTimeout bounds how long requests under way may take when the server ends.
const drainTimeout = 20 * time.Second

// Listen opens a listener on address; a port of 0 picks one, which the listener's
// Addr tells.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return l, nil
}

// Server serves handlers on listeners until it is told to end.
type Server struct {
	log     *slog.Logger
	health  *Health
	servers []*http.Server
	serve   []func() error
}

// NewServer makes a server whose health follows it.
func NewServer(log *slog.Logger, health *Health) *Server {
	return &Server{log: log, health: health}
}

// Add serves h on l, which the server closes. It is for before Run.
func (s *Server) Add(l net.Listener, h http.Handler) {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	s.servers = append(s.servers, server)
	s.serve = append(s.serve, func() error { return server.Serve(l) })
}

// Run serves until ctx ends or a listener fails, then drains: readiness fails,
// listeners close, requests under way end or are cut off after 20 seconds. It
// returns an error when a listener failed.
func (s *Server) Run(ctx context.Context) error {
	failed := make(chan error, len(s.serve))
	for _, serve := range s.serve {
		go func() { failed <- serve() }()
	}
	s.health.SetServing(true)
	var err error
	select {
	case <-ctx.Done():
		s.log.Info("draining")
		s.health.SetServing(false)
	case err = <-failed:
		s.health.SetServing(false)
		err = fmt.Errorf("serve: %w", err)
	}
	return errors.Join(err, s.drain(context.WithoutCancel(ctx)))
}

// drain ends all servers at once.
func (s *Server) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	ended := make(chan error, len(s.servers))
	for _, server := range s.servers {
		go func() { ended <- s.end(ctx, server) }()
	}
	var err error
	for range s.servers {
		err = errors.Join(err, <-ended)
	}
	return err
}

// end lets the requests of one server end, and cuts off those that do not before
// ctx ends.
func (s *Server) end(ctx context.Context, server *http.Server) error {
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("requests that hung were cut off")
		err = server.Close()
	}
	if err != nil {
		return fmt.Errorf("end server: %w", err)
	}
	return nil
}
