package config

import "strings"

// key is a row of the table of keys.
type key struct {
	name     string // in the file
	value    string // the default
	meaning  string // for --help
	list     bool   // holds several values, separated by commas outside the file
	set      func(c *Config, value string) error
	withheld func(value string) string // as it may be shown; nil is as it is
}

// keys is the table that file, environment, flags, `promptz config` and --help
// are made of.
var keys = []key{
	{name: "data", value: "./data", meaning: "folder of the embedded defaults; {data} in URLs stands for it", set: setData},
	{name: "listen", value: "127.0.0.1:8080", meaning: "address to serve on; port 0 picks one", set: setListen},
	{name: "publicURL", meaning: "address under which the world sees it; from listen on loopback, else required", set: setPublicURL, withheld: withholdURL},
	{name: "documents", value: "sqlite://{collection}/id?file={data}/{collection}.db", meaning: "where documents are kept", set: setDocuments, withheld: withholdURL},
	{name: "limits", value: "on", meaning: "request limits: on, off, or a rate such as 50/s", set: setLimits},
	{name: "opsListen", value: "off", meaning: "address of /metrics, or off", set: setOpsListen},
	{name: "hosts", meaning: "further names it answers to", list: true, set: setHosts},
	{name: "environment", value: "live", meaning: "the middle part of API keys", set: setEnvironment},
	{name: "trustedProxies", meaning: "networks whose forwarding headers are believed", list: true, set: setTrustedProxies},
	{name: "cors", meaning: "allowed origins", list: true, set: setCORS},
	{name: "logFormat", meaning: "text or json; text on a terminal, else json", set: setLogFormat},
	{name: "logLevel", value: "info", meaning: "debug, info, warn or error", set: setLogLevel},
}

// variable is the key's name in the environment: PROMPTZ_PUBLIC_URL.
func (k key) variable() string { return variablePrefix + words(k.name, '_', strings.ToUpper) }

// flag is the key's name on the command line: public-url.
func (k key) flag() string { return words(k.name, '-', strings.ToLower) }

// variablePrefix begins the names of all variables that are ours.
const variablePrefix = "PROMPTZ_"

// words takes a name in camel case apart.
func words(name string, between byte, fold func(string) string) string {
	var b strings.Builder
	for i := range len(name) {
		upper := 'A' <= name[i] && name[i] <= 'Z'
		if upper && i > 0 && !('A' <= name[i-1] && name[i-1] <= 'Z') {
			b.WriteByte(between)
		}
		b.WriteByte(name[i])
	}
	return fold(b.String())
}

// findKey gives the key with a name in one of its spellings.
func findKey(name string, spelling func(key) string) (key, bool) {
	for _, k := range keys {
		if spelling(k) == name {
			return k, true
		}
	}
	return key{}, false
}

// nearest is the known spelling that is likest to name, "" when none is like it.
func nearest(name string, spelling func(key) string) string {
	best, least := "", len(name)/2+1
	for _, k := range keys {
		if d := distance(strings.ToLower(name), strings.ToLower(spelling(k))); d < least {
			best, least = spelling(k), d
		}
	}
	return best
}

// distance is how many letters must be added, removed or changed to make b of a
// (Levenshtein's).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := left
			if a[i] != b[j] {
				changed++
			}
			left = row[j+1]
			row[j+1] = min(changed, row[j]+1, left+1)
		}
	}
	return row[len(b)]
}
