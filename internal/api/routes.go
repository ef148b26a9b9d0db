package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gorilla/mux"
)

// routes collects what is served, by path, so that every path answers HEAD where
// it answers GET, and 405 with Allow to what it does not take.
type routes struct {
	problems *Problems
	paths    []string // in the order of their addition
	methods  map[string]map[string]http.Handler
}

func newRoutes(problems *Problems) *routes {
	return &routes{problems: problems, methods: map[string]map[string]http.Handler{}}
}

// add adds a handler; path is a template of gorilla/mux.
func (s *routes) add(method, path string, handler http.Handler) {
	if s.methods[path] == nil {
		s.paths = append(s.paths, path)
		s.methods[path] = map[string]http.Handler{}
	}
	s.methods[path][method] = handler
	if method == http.MethodGet {
		s.methods[path][http.MethodHead] = handler
	}
}

// register puts everything on router.
func (s *routes) register(router *mux.Router) {
	for _, path := range s.paths {
		var allowed []string
		for method, handler := range s.methods[path] {
			router.Handle(path, handler).Methods(method)
			allowed = append(allowed, method)
		}
		slices.Sort(allowed)
		router.Handle(path, s.notAllowed(strings.Join(allowed, ", ")))
	}
}

func (s *routes) notAllowed(allowed string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allowed)
		s.problems.Refuse(w, r, CodeMethodNotAllowed, fmt.Sprintf("Allowed here: %s.", allowed))
	})
}
