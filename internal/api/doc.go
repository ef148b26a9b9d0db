// Package api serves the REST API that openapi.yaml describes, the pages that
// explain it, and every refusal as a problem document (RFC 9457).
//
// A request passes the router, then admit (credential, scope, query), the
// generated binder, and a method of server, which decodes, calls the library and
// renders. Methods of server return errors; answer is where they are written.
//
// It leans on package promptz, on package contract, which is generated, on
// gorilla/mux and go-json-experiment/json. What it calls arrives as interfaces
// that stand in handler.go, signin.go and account.go.
package api
