package config

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"
)

// mask stands for what may not be shown.
const mask = "xxxxx"

// harmless are the query parameters of URLs that may be shown.
var harmless = map[string]bool{
	"allow_scans": true, "consistent_read": true, "endpoint": true, "file": true, "filename": true, "index": true,
	"partition_key": true, "profile": true, "region": true, "revision_field": true, "secure_delete": true,
	"sort_key": true,
}

// show gives a value as it may be shown.
func (k key) show(value string) string {
	if k.withheld == nil {
		return value
	}
	return k.withheld(value)
}

// withholdURL shows of a URL scheme, host, path and harmless parameters, and
// nothing of what can't be read as one: url.Parse's own errors and
// url.URL.Redacted show secrets in queries.
func withholdURL(value string) string {
	if value == "" {
		return ""
	}
	u, err := url.Parse(hidePlaceholders.Replace(value))
	if err != nil || u.Scheme == "" {
		return mask
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return mask
	}
	for name, values := range query {
		for i, v := range values {
			if inner, err := url.Parse(v); !harmless[name] || err != nil || inner.User != nil {
				values[i] = mask
			}
		}
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, Opaque: masked(u.Opaque), RawQuery: query.Encode(), Fragment: masked(u.Fragment)}
	if u.User != nil {
		shown.User = url.User(mask)
	}
	return showPlaceholders.Replace(shown.String())
}

// A host with braces is no URL to net/url: placeholders stand aside as words.
var (
	hidePlaceholders = strings.NewReplacer("{collection}", "-collection-", "{data}", "-data-")
	showPlaceholders = strings.NewReplacer("-collection-", "{collection}", "-data-", "{data}", "%2F", "/")
)

func masked(part string) string {
	if part == "" {
		return ""
	}
	return mask
}

// Print writes the effective configuration and where each value came from, as a
// table or as JSON. No secret is shown.
func Print(w io.Writer, c Config, asJSON bool) error {
	if asJSON {
		return printJSON(w, c)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, k := range keys {
		fmt.Fprintf(t, "%s\t%s\t%s\n", k.name, c.shown[k.name], c.sources[k.name])
	}
	return t.Flush()
}

func printJSON(w io.Writer, c Config) error {
	type entry struct {
		Value  string `json:"value"`
		Source string `json:"source"`
	}
	all := map[string]entry{}
	for _, k := range keys {
		all[k.name] = entry{c.shown[k.name], c.sources[k.name]}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(all)
}
