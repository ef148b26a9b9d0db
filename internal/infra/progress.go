package infra

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
)

// progress reads the lines of JSON that terraform writes
// (https://developer.hashicorp.com/terraform/internals/machine-readable-ui), each
// with one Write, and tells what a person wants to know of them.
type progress struct {
	to     io.Writer
	faults []tfjson.Diagnostic // errors; warnings are told at once
}

// line is one of them, as far as it is told.
type line struct {
	Type       string             `json:"type"`
	Message    string             `json:"@message"`
	Diagnostic *tfjson.Diagnostic `json:"diagnostic"`
	Hook       struct {
		Resource struct {
			Address string `json:"addr"`
		} `json:"resource"`
		Action  string `json:"action"`
		Elapsed int    `json:"elapsed_seconds"` // whole seconds
	} `json:"hook"`
}

// verbs are what is done to a resource, by terraform's name of it: while it goes
// on, once it is done, and what failed.
var verbs = map[string][3]string{
	"create": {"creating", "created", "create"},
	"update": {"changing", "changed", "change"},
	"delete": {"destroying", "destroyed", "destroy"},
}

// Write never fails: whoever can't be told is no reason to stop halfway.
func (p *progress) Write(text []byte) (int, error) {
	var l line
	if json.Unmarshal(text, &l) == nil {
		p.tell(l)
	}
	return len(text), nil
}

func (p *progress) tell(l line) {
	switch {
	case l.Diagnostic != nil && l.Diagnostic.Severity == tfjson.DiagnosticSeverityError:
		p.faults = append(p.faults, *l.Diagnostic)
	case l.Diagnostic != nil:
		fmt.Fprintln(p.to, "warning: "+describe(*l.Diagnostic))
	case l.Type == "log" && strings.HasPrefix(l.Message, "Installing "):
		fmt.Fprintln(p.to, l.Message)
	default:
		p.tellResource(l)
	}
}

// tellResource tells how far a resource is. Reading of data is not told.
func (p *progress) tellResource(l line) {
	verb, ok := verbs[l.Hook.Action]
	if !ok {
		return
	}
	address, elapsed := l.Hook.Resource.Address, time.Duration(l.Hook.Elapsed)*time.Second
	switch l.Type {
	case "apply_start":
		fmt.Fprintf(p.to, "%s: %s\n", address, verb[0])
	case "apply_progress":
		fmt.Fprintf(p.to, "%s: %s, %s so far\n", address, verb[0], elapsed)
	case "apply_complete":
		fmt.Fprintf(p.to, "%s: %s in %s\n", address, verb[1], elapsed)
	case "apply_errored":
		fmt.Fprintf(p.to, "%s: failed to %s after %s\n", address, verb[2], elapsed)
	}
}
