package scenario

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi-validator/helpers"
)

// contract is openapi.yaml, to which answers are held. Safe for concurrent use.
type contract struct {
	mu        sync.Mutex // the validator's caches are not made for many at once
	validator validator.Validator
}

func readContract(spec []byte) (*contract, error) {
	doc, err := libopenapi.NewDocument(spec)
	if err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	v, errs := validator.NewValidator(doc, config.WithFormatAssertions(), config.WithoutSecurityValidation())
	if len(errs) > 0 {
		return nil, fmt.Errorf("read openapi.yaml: %w", errs[0])
	}
	return &contract{validator: v}, nil
}

// besides are what is served and is no operation.
var besides = []string{"/docs", "/openapi.yaml", "/problems/", "/schemas/"}

// faults says where an answer is not what openapi.yaml describes. What that has no
// path or method for has to be refused, unless it is a page.
func (c *contract) faults(a answer) []string {
	if a.method == http.MethodHead {
		return nil // it has no operations of its own
	}
	address, err := url.ParseRequestURI(a.path)
	if err != nil {
		return []string{err.Error()}
	}
	r := &http.Request{Method: a.method, URL: address, Header: a.asked}
	text, err := a.text()
	if err != nil {
		return []string{err.Error()}
	}
	res := &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader(text))}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, errs := c.validator.ValidateHttpResponse(r, res)
	var faults []string
	for _, e := range errs {
		switch {
		case e.ValidationType != helpers.PathValidation:
			faults = append(faults, fmt.Sprintf("not what openapi.yaml says: %s: %s %v", e.Message, e.Reason, e.SchemaValidationErrors))
		case a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed && !isBeside(address.Path):
			faults = append(faults, "openapi.yaml has no such operation")
		}
	}
	return faults
}

func isBeside(path string) bool {
	for _, prefix := range besides {
		if path == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}
