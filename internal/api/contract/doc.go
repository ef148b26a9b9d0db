// Package contract is what is generated from openapi.yaml: the types of all
// bodies and parameters, the server interface that package api implements, and a
// client.
//
// It leans on gorilla/mux and the generator's runtime. Nothing in it is written
// by hand but [Time].
package contract

//go:generate go tool oapi-codegen -config oapi-codegen.yaml ../../../openapi.yaml
