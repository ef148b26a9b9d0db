package app

import _ "embed"

// spec is openapi.yaml, the contract of the REST API.
//
//go:embed openapi.yaml
var spec []byte
