// Package server holds what stands between the network and a handler: listeners,
// drain, health, and the middleware that every request passes ([Middleware] says
// in which order).
//
// It leans on package promptz alone. What refuses a request is given to it, so
// that all refusals look alike.
package server
