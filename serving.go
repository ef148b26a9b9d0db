package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gorilla/mux"
	"golang.org/x/sys/unix"

	"promptz/internal/api"
	"promptz/internal/config"
	"promptz/internal/events"
	"promptz/internal/identity"
	"promptz/internal/identity/keyring"
	"promptz/internal/library"
	"promptz/internal/promptz"
	"promptz/internal/server"
	"promptz/internal/store"
)

// flushTimeout is how long the end may wait for a trace collector.
const flushTimeout = 5 * time.Second

// tracing is set up, where the standard variables ask for it.
type tracing struct{}

func openTracing(ctx context.Context, log *slog.Logger) (tracing, func(), error) {
	flush, err := server.OpenTracing(ctx, os.Getenv)
	if err != nil {
		return tracing{}, nil, err
	}
	return tracing{}, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
		defer cancel()
		if err := flush(ctx); err != nil {
			log.Warn("traces were lost", "error", err)
		}
	}, nil
}

func newProblems(log *slog.Logger) *api.Problems {
	return api.NewProblems(server.RequestID, log)
}

// newHealth makes a health that is ready when all collections answer.
func newHealth(items *store.Library, users *store.Identity, limits *store.Ephemeral, problems *api.Problems, now clock) *server.Health {
	checks := server.Checks{
		store.LibraryCollection: items.Ping, store.IdentityCollection: users.Ping, store.EphemeralCollection: limits.Ping,
	}
	return server.NewHealth(checks.Run, problems.Refuse, now)
}

func newMetrics(docs *documents, waiting *backlog) (*server.Metrics, error) {
	return server.NewMetrics(docs, waiting)
}

// mayWait says whether a request may wait for what happens. A function may not: it
// is paid for by the time, and frozen as soon as it answers.
type mayWait bool

func newAPI(cfg config.Config, items *library.Service, accounts *identity.Service, signIn *identity.SignIn, keys *keyring.Keyring,
	happened happenings, public publicURL, problems *api.Problems, health *server.Health, may mayWait, now clock) (*mux.Router, error) {
	return api.NewHandler(api.Deps{
		Spec:       spec,
		Library:    items,
		Accounts:   accounts,
		SignIn:     signIn,
		KeySet:     keys.JWKS,
		Changes:    happened.changes,
		Watch:      happened.watch.Wait,
		NoWait:     !bool(may),
		Envelope:   happened.envelopes.Encode,
		Schemas:    events.SchemaFiles(),
		Draining:   health.Draining(),
		Visitor:    server.Visitor,
		ClientAddr: server.ClientAddr,
		PublicURL:  string(public),
		Origins:    cfg.CORS,
		Now:        now,
		Problems:   problems,
		Liveness:   http.HandlerFunc(health.Liveness),
		Readiness:  http.HandlerFunc(health.Readiness),
		Middleware: []mux.MiddlewareFunc{nameRoute},
	})
}

// nameRoute tells metrics, logs and traces which route a request matched.
func nameRoute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route := mux.CurrentRoute(r); route != nil {
			if template, err := route.GetPathTemplate(); err == nil {
				server.Route(r.Context(), template)
			}
		}
		next.ServeHTTP(w, r)
	})
}

// listeners are the sockets that requests come in by.
type listeners struct {
	public net.Listener
	ops    net.Listener // nil is none
}

// newListeners opens the sockets, after the stores are open.
func newListeners(ctx context.Context, cfg config.Config, _ *store.Library, _ *store.Identity, _ *store.Ephemeral) (listeners, func(), error) {
	public, err := server.Listen(ctx, cfg.Listen)
	if err != nil {
		return listeners{}, nil, inUse(err, "--listen")
	}
	l := listeners{public: public}
	if cfg.OpsListen != "" {
		if l.ops, err = server.Listen(ctx, cfg.OpsListen); err != nil {
			public.Close()
			return listeners{}, nil, inUse(err, "--ops-listen")
		}
	}
	forget, err := writeAddress(filepath.Join(cfg.Data, "address"), public.Addr().String()+"\n")
	if err != nil {
		l.close()
		return listeners{}, nil, err
	}
	return l, func() { forget(); l.close() }, nil
}

func (l listeners) close() {
	l.public.Close()
	if l.ops != nil {
		l.ops.Close()
	}
}

// writeAddress writes where we listen. forget removes it again, but not what
// another server on the same data has written since.
func writeAddress(path, address string) (forget func(), err error) {
	if err := os.WriteFile(path, []byte(address), 0o600); err != nil {
		os.Remove(path)
		return nil, fmt.Errorf("write address: %w", err)
	}
	return func() {
		if now, err := os.ReadFile(path); err == nil && string(now) == address {
			os.Remove(path)
		}
	}, nil
}

// inUse says what to do when somebody else listens already: flag names another
// address.
func inUse(err error, flag string) error {
	if errors.Is(err, unix.EADDRINUSE) {
		return promptz.Errorf(promptz.CodeConflict, "%v. End what listens there, or choose another address with %s.", err, flag)
	}
	return err
}

func newProxies(cfg config.Config) server.Proxies { return cfg.TrustedProxies }

func newEdge(cfg config.Config) server.Edge { return server.Edge(cfg.OriginSecret) }

func newOrigins(cfg config.Config) server.Origins { return cfg.CORS }

func newRefuse(problems *api.Problems) server.Refuse { return problems.Refuse }

// newLimits makes the request limits, nil when they are off.
func newLimits(cfg config.Config, now clock) *server.Limits {
	if cfg.Limits.Off {
		return nil
	}
	return server.NewLimits(cfg.Limits.PerSecond, now)
}

// newHandler puts the middleware around the API.
func newHandler(middleware server.Middleware, router *mux.Router, _ tracing) (http.Handler, error) {
	return middleware.Handler(router)
}

// newServer puts the API and the metrics on their listeners.
func newServer(log *slog.Logger, l listeners, handler http.Handler, health *server.Health, metrics *server.Metrics) *server.Server {
	s := server.NewServer(log, health)
	s.Add(l.public, handler)
	if l.ops != nil {
		ops := http.NewServeMux()
		ops.Handle("GET /metrics", metrics.Handler())
		s.Add(l.ops, ops)
	}
	return s
}

// newCaller counts requests for the user whose credential was just found valid;
// what nobody has checked yet could be made up anew for each request.
func newCaller(accounts *identity.Service, public publicURL) server.Caller {
	credential := api.CredentialOf(string(public))
	return func(r *http.Request) string { return accounts.Recognize(credential(r)) }
}

// newHosts gives the names that the server answers to.
func newHosts(cfg config.Config) []string {
	hosts := cfg.Hosts
	if u, err := url.Parse(cfg.PublicURL); err == nil && u.Host != "" {
		hosts = append([]string{u.Host}, hosts...)
	}
	return hosts
}
