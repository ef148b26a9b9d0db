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

// Bounds on connections. A body of 4 MiB at 100 KB/s fits in ReadTimeout.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = time.Minute
	writeTimeout      = time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	drainTimeout      = 20 * time.Second
)

// Listen opens a listener on address; a port of 0 picks one.
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
// listeners close, requests under way end or are cut off after 20 seconds.
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
	case err = <-failed:
	}
	s.health.SetServing(false)
	return errors.Join(err, s.drain(context.WithoutCancel(ctx)))
}

func (s *Server) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	ended := make(chan error, len(s.servers))
	for _, server := range s.servers {
		go func() { ended <- errors.Join(server.Shutdown(ctx), server.Close()) }()
	}
	var err error
	for range s.servers {
		err = errors.Join(err, <-ended)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Warn("requests that hung were cut off")
		return nil
	}
	return err
}
