package api

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// Library is what the API does with items; package library is one. Its errors
// are those of package promptz.
type Library interface {
	FindItem(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) (*promptz.Item, error)
	FindItems(ctx context.Context, p promptz.Principal, f promptz.ItemFilter) (promptz.ItemPage, error)
	CreateItem(ctx context.Context, p promptz.Principal, kind promptz.Kind, d promptz.Draft, once *promptz.Once) (item *promptz.Item, replayed bool, err error)
	UpdateItem(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string, edit func(cur *promptz.Item) (promptz.Draft, error)) (*promptz.Item, error)
	DeleteItem(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string, check func(cur *promptz.Item) error) error
	Moderate(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string, m promptz.Moderation) (*promptz.Item, error)
	OwnItems
	Versions
	Interactions
}

// Versions is what the API does with the versions of items.
type Versions interface {
	FindVersions(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string, before, limit int) (versions []*promptz.Version, next int, err error)
	FindVersion(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string, number int) (*promptz.Version, error)
	EraseVersion(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string, number int) error
	RestoreVersion(ctx context.Context, p promptz.Principal, r promptz.Restore) (item *promptz.Item, replayed bool, err error)
}

// Accounts is what the API does with users; package identity is one.
type Accounts interface {
	FindUser(ctx context.Context, handle string) (*promptz.User, error)
	FindMe(ctx context.Context, p promptz.Principal) (*promptz.User, error)
	UpdateMe(ctx context.Context, p promptz.Principal, edit func(cur *promptz.User) (promptz.ProfileEdit, error)) (*promptz.User, error)
	ExportMe(ctx context.Context, p promptz.Principal) (*promptz.AccountExport, error)
	Erase(ctx context.Context, p promptz.Principal, keepPublic bool) error
	Keys
}

// Deps is what a handler is made of. All of it has to be there but Middleware.
type Deps struct {
	Spec     []byte // openapi.yaml
	Library  Library
	Accounts Accounts
	SignIn   SignIn
	// KeySet gives the public keys of access tokens (RFC 7517).
	KeySet  func(ctx context.Context) ([]byte, error)
	Changes Changes
	// Watch returns once a feed has events beyond after, or when ctx ends.
	Watch func(ctx context.Context, feed promptz.Feed, after int64) error
	// NoWait says that nobody can be waited for: answers hold what there is.
	NoWait bool
	// Envelope makes a CloudEvent in JSON of an event.
	Envelope func(e promptz.Event) ([]byte, error)
	// Schemas are the files under /schemas/.
	Schemas fs.FS
	// Draining is closed when the server is about to stop: who waits has to go.
	Draining <-chan struct{}
	// Visitor tells callers apart who are not signed in.
	Visitor func(r *http.Request) string
	// ClientAddr gives where a request comes from.
	ClientAddr func(ctx context.Context) netip.Addr
	PublicURL  string   // under which the world sees the API
	Origins    []string // of other pages that may call it
	Now        func() time.Time

	Problems            *Problems
	Liveness, Readiness http.Handler
	// Middleware runs in front of every route and finds it in
	// [mux.CurrentRoute]; the first is the outermost. What no route matches
	// does not pass it.
	Middleware []mux.MiddlewareFunc
}

// NewHandler makes the API with its pages. It fails when Spec is not the contract
// that this package was built from. What it gives is safe for concurrent use.
func NewHandler(d Deps) (*mux.Router, error) {
	doc, err := parseDocument(d.Spec)
	if err != nil {
		return nil, err
	}
	pages, err := newPages(doc, d.Spec)
	if err != nil {
		return nil, err
	}
	// Addresses are compared as they came: "//" is no "/", and %2F is no
	// separator.
	router := mux.NewRouter().UseEncodedPath().SkipClean(true)
	router.Use(d.Middleware...)
	router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.Problems.Refuse(w, r, promptz.CodeNotFound, "")
	})
	routes := newRoutes(d.Problems)
	s, err := newOperations(d, pages)
	if err != nil {
		return nil, err
	}
	if err := addOperations(routes, s, doc); err != nil {
		return nil, err
	}
	if err := addSchemas(routes, d.Schemas); err != nil {
		return nil, err
	}
	pages.add(routes)
	routes.register(router)
	return router, nil
}

// addOperations adds the generated routes, each behind the checks that its
// operation asks for.
func addOperations(routes *routes, s *server, doc *document) error {
	generated := mux.NewRouter()
	contract.HandlerWithOptions(s, contract.GorillaServerOptions{
		BaseRouter:       generated,
		ErrorHandlerFunc: s.refuseParameter,
	})
	return generated.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := route.GetPathTemplate()
		if err != nil {
			return fmt.Errorf("generated route: %w", err)
		}
		methods, err := route.GetMethods()
		if err != nil {
			return fmt.Errorf("generated route %s: %w", path, err)
		}
		for _, method := range methods {
			op := doc.operation(method, path)
			if op == nil {
				return fmt.Errorf("openapi.yaml has no %s %s", method, path)
			}
			routes.add(method, narrow(path), s.admit(op, route.GetHandler()))
		}
		return nil
	})
}

// narrow lets {items} match the kinds and nothing else, lest it matches "me".
func narrow(path string) string {
	plurals := make([]string, len(promptz.Kinds))
	for i, kind := range promptz.Kinds {
		plurals[i] = kind.Plural
	}
	return strings.ReplaceAll(path, "{items}", "{items:"+strings.Join(plurals, "|")+"}")
}
