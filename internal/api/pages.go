package api

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
)

//go:embed pages
var pageFiles embed.FS

// pages are what explains the API: openapi.yaml, the reference that is made of
// it, and a page for every code of a problem. All of it is rendered once, and
// loads nothing from anywhere.
type pages struct {
	policy  string // the Content-Security-Policy of those in HTML
	content map[string]representation
	forms   forms
}

// newPages renders all pages.
func newPages(doc *document, spec []byte) (*pages, error) {
	style, err := pageFiles.ReadFile("pages/style.css")
	if err != nil {
		return nil, fmt.Errorf("read style: %w", err)
	}
	templates, err := template.New("").Funcs(template.FuncMap{
		"style":      func() template.CSS { return template.CSS(style) },
		"paragraphs": paragraphs,
		"typeOf":     (*schema).describe,
		"members":    (*schema).members,
		"scopeOf":    (*operation).access,
		"inTag":      (*operation).inTag,
	}).ParseFS(pageFiles, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse pages: %w", err)
	}
	p := &pages{
		policy: contentPolicy(style, "'none'"),
		forms:  forms{templates: templates, policy: contentPolicy(style, "'self'")},
		content: map[string]representation{
			"/openapi.yaml": {http.StatusOK, "application/yaml", 0, spec}, // RFC 9512
		},
	}
	return p, p.renderAll(templates, doc)
}

// contentPolicy allows the one style, by its hash, forms that lead to forms, and
// nothing else.
func contentPolicy(style []byte, forms string) string {
	hash := sha256.Sum256(style)
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
		"'; base-uri 'none'; form-action " + forms + "; frame-ancestors 'none'"
}

func (p *pages) renderAll(templates *template.Template, doc *document) error {
	if err := p.render(templates, "/docs", "docs.html", doc); err != nil {
		return err
	}
	if err := p.render(templates, "/problems/", "problems.html", codes); err != nil {
		return err
	}
	for _, info := range codes {
		if err := p.render(templates, info.Path(), "problem.html", info); err != nil {
			return err
		}
	}
	return nil
}

func (p *pages) render(templates *template.Template, path, name string, data any) error {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("render %s: %w", path, err)
	}
	p.content[path] = representation{http.StatusOK, "text/html; charset=utf-8", 0, b.Bytes()}
	return nil
}

// add adds the pages to the routes.
func (p *pages) add(routes *routes) {
	for path, content := range p.content {
		routes.add(http.MethodGet, path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", p.policy)
			w.Header().Set("Referrer-Policy", "no-referrer")
			respond(w, r, content)
		}))
	}
}
