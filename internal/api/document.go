package api

import (
	"fmt"
	"net/http"
	"strings"

	"go.yaml.in/yaml/v3"

	"promptz/internal/promptz"
)

// document is as much of openapi.yaml as is used here: what the binder does not
// check of a query, the scopes, and what the API reference shows.
type document struct {
	Info struct {
		Title       string `yaml:"title"`
		Version     string `yaml:"version"`
		Summary     string `yaml:"summary"`
		Description string `yaml:"description"`
	} `yaml:"info"`
	Tags []struct {
		Name        string `yaml:"name"`
		Description string `yaml:"description"`
	} `yaml:"tags"`
	Paths      ordered[pathItem] `yaml:"paths"`
	Components struct {
		Parameters map[string]*parameter `yaml:"parameters"`
		Responses  map[string]*response  `yaml:"responses"`
		Schemas    ordered[*schema]      `yaml:"schemas"`
	} `yaml:"components"`

	Operations []*operation `yaml:"-"` // in the order of the document
}

type pathItem struct {
	Parameters []*parameter `yaml:"parameters"`
	Get        *operation   `yaml:"get"`
	Put        *operation   `yaml:"put"`
	Post       *operation   `yaml:"post"`
	Patch      *operation   `yaml:"patch"`
	Delete     *operation   `yaml:"delete"`
}

type operation struct {
	Method      string                `yaml:"-"`
	Path        string                `yaml:"-"`
	ID          string                `yaml:"operationId"`
	Tags        []string              `yaml:"tags"`
	Summary     string                `yaml:"summary"`
	Description string                `yaml:"description"`
	Security    []map[string][]string `yaml:"security"`
	Parameters  []*parameter          `yaml:"parameters"`
	RequestBody *body                 `yaml:"requestBody"`
	Responses   ordered[*response]    `yaml:"responses"`
	// Open says that parameters which are not named here are ignored.
	Open bool `yaml:"x-open-query"`
}

type parameter struct {
	Ref         string `yaml:"$ref"`
	Name        string `yaml:"name"`
	In          string `yaml:"in"`
	Required    bool   `yaml:"required"`
	Description string `yaml:"description"`
	Schema      schema `yaml:"schema"`
}

type body struct {
	Required    bool               `yaml:"required"`
	Description string             `yaml:"description"`
	Content     ordered[mediaType] `yaml:"content"`
}

type response struct {
	Ref         string             `yaml:"$ref"`
	Description string             `yaml:"description"`
	Content     ordered[mediaType] `yaml:"content"`
}

type mediaType struct {
	Schema schema `yaml:"schema"`
}

type schema struct {
	Ref         string           `yaml:"$ref"`
	Type        any              `yaml:"type"` // a string, or a list with "null"
	Description string           `yaml:"description"`
	Enum        []string         `yaml:"enum"`
	Pattern     string           `yaml:"pattern"`
	Default     any              `yaml:"default"`
	Minimum     *int             `yaml:"minimum"`
	Maximum     *int             `yaml:"maximum"`
	MinLength   *int             `yaml:"minLength"`
	MaxLength   *int             `yaml:"maxLength"`
	MaxItems    *int             `yaml:"maxItems"`
	Items       *schema          `yaml:"items"`
	Properties  ordered[*schema] `yaml:"properties"`
	Required    []string         `yaml:"required"`
	AllOf       []*schema        `yaml:"allOf"`
}

// ordered is a YAML mapping in the order in which it was written.
type ordered[T any] []entry[T]

type entry[T any] struct {
	Name  string
	Value T
}

// UnmarshalYAML reads a mapping.
func (o *ordered[T]) UnmarshalYAML(node *yaml.Node) error {
	for i := 0; i+1 < len(node.Content); i += 2 {
		e := entry[T]{Name: node.Content[i].Value}
		if err := node.Content[i+1].Decode(&e.Value); err != nil {
			return err
		}
		*o = append(*o, e)
	}
	return nil
}

// parseDocument reads openapi.yaml and follows its references to parameters and
// responses.
func parseDocument(spec []byte) (*document, error) {
	doc := new(document)
	if err := yaml.Unmarshal(spec, doc); err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	for _, path := range doc.Paths {
		for _, m := range []struct {
			method string
			op     *operation
		}{
			{http.MethodGet, path.Value.Get},
			{http.MethodPost, path.Value.Post},
			{http.MethodPut, path.Value.Put},
			{http.MethodPatch, path.Value.Patch},
			{http.MethodDelete, path.Value.Delete},
		} {
			if m.op == nil {
				continue
			}
			m.op.Method, m.op.Path = m.method, path.Name
			if err := doc.resolve(m.op, path.Value.Parameters); err != nil {
				return nil, fmt.Errorf("read openapi.yaml: %s %s: %w", m.method, path.Name, err)
			}
			doc.Operations = append(doc.Operations, m.op)
		}
	}
	return doc, nil
}

// resolve puts in the operation what it refers to; shared are the parameters of
// its path.
func (d *document) resolve(op *operation, shared []*parameter) error {
	all := append(append([]*parameter{}, shared...), op.Parameters...)
	for i, p := range all {
		if p.Ref == "" {
			continue
		}
		if all[i] = d.Components.Parameters[refName(p.Ref)]; all[i] == nil {
			return fmt.Errorf("there is no %s", p.Ref)
		}
	}
	op.Parameters = all
	for i, r := range op.Responses {
		if r.Value.Ref == "" {
			continue
		}
		found := d.Components.Responses[refName(r.Value.Ref)]
		if found == nil {
			return fmt.Errorf("there is no %s", r.Value.Ref)
		}
		op.Responses[i].Value = found
	}
	return nil
}

// refName is the last part of a reference.
func refName(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// operation finds one by its method and path template; nil when there is none.
func (d *document) operation(method, path string) *operation {
	for _, op := range d.Operations {
		if op.Method == method && op.Path == path {
			return op
		}
	}
	return nil
}

// Authenticated tells whether the operation looks at credentials at all.
func (o *operation) Authenticated() bool { return len(o.Security) > 0 }

// Scope is the scope that the operation takes, "" when it takes none.
func (o *operation) Scope() promptz.Scope {
	for _, alternative := range o.Security {
		for _, scopes := range alternative {
			if len(scopes) > 0 {
				return promptz.Scope(scopes[0])
			}
		}
	}
	return ""
}

// signsIn tells whether the operation signs somebody in or out.
func (o *operation) signsIn() bool { return o.inTag("auth") }
