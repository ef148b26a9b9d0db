package config

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Print writes the effective configuration and where each value came from, as a
// table or as JSON. No secret is shown.
func Print(w io.Writer, c Config, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(c.effective)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, k := range keys {
		s := c.effective[k.name]
		fmt.Fprintf(t, "%s\t%s\t%s\n", k.name, s.Value, s.Source)
	}
	return t.Flush()
}

// Markdown is the table of keys for people, as it stands in the README.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| key (file) | variable, flag | default | meaning |\n|---|---|---|---|\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "| `%s` | `%s`, `--%s` | %s | %s |\n", k.name, k.variable(), k.flag(), k.defaultText(), k.meaning)
	}
	return b.String()
}
