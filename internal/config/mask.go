package config

import (
	"net/url"
	"regexp"
	"strings"
)

// Secrets may stand anywhere by mistake: in a URL, in a URL that can't be read,
// or in the value of another key. So what may be shown is listed, and all else is
// masked. url.URL.Redacted and url.Parse's errors are of no use here: they show
// what stands in queries.

// mask stands for what may not be shown.
const mask = "xxxxx"

// keyScheme begins URLs whose host is the key itself.
const keyScheme = "base64key"

// harmless are the query parameters that may be shown.
var harmless = map[string]bool{
	"ack_deadline": true, "ackdeadline": true, "allow_scans": true, "bearer": true, "client_id": true, "consistent_read": true,
	"consumer": true, "create_dir": true, "endpoint": true, "file": true, "filename": true, "group": true, "index": true,
	"max_attempts": true, "max_bytes": true, "nacklazy": true, "partition_key": true, "profile": true, "queue": true, "raw": true,
	"region": true, "revision_field": true, "secure_delete": true, "sort_key": true, "source": true, "subscription": true, "tls": true,
	"type_key": true, "vhost": true, "wait": true, "waittime": true,
}

var (
	// wordsPattern is what names, addresses, origins and lists of them are made of.
	wordsPattern = regexp.MustCompile(`^[\pL\pN_.:/,%*\[\] +-]*$`)
	// parameterPattern is what the name of a query parameter looks like.
	parameterPattern = regexp.MustCompile(`^[a-z][a-z_]*$`)
	// credentials are a password before an @, and an assignment as in a query.
	credentials = regexp.MustCompile(`:[^/]*@|[?&;][^/]*=`)
)

// showWords shows names and addresses.
func showWords(value string) string {
	if wordsPattern.MatchString(value) && !strings.Contains(strings.ToLower(value), keyScheme) {
		return value
	}
	return showURL(value)
}

// showSecret shows nothing but that there is one.
func showSecret(value string) string {
	if value == "" {
		return ""
	}
	return mask
}

// showPath shows the path of a file.
func showPath(value string) string {
	switch {
	case strings.Contains(value, "://"):
		return showURL(value)
	case credentials.MatchString(value):
		return mask
	}
	return value
}

// showURL shows of a URL its scheme, host, path and harmless parameters, and
// nothing of what is none.
func showURL(value string) string {
	if value == "" {
		return ""
	}
	u, err := url.Parse(hidePlaceholders.Replace(value))
	if err != nil || u.Scheme == "" || u.Opaque != "" || credentials.MatchString(u.Path) {
		return mask
	}
	var b strings.Builder
	b.WriteString(u.Scheme + "://")
	if u.User != nil {
		b.WriteString(mask + "@")
	}
	if u.Scheme == keyScheme && u.Host+u.Path != "" {
		b.WriteString(mask)
	} else {
		b.WriteString(u.Host + u.EscapedPath())
	}
	if u.RawQuery != "" {
		b.WriteString("?" + showQuery(u.RawQuery))
	}
	if u.Fragment != "" {
		b.WriteString("#" + mask)
	}
	return showPlaceholders.Replace(b.String())
}

// Braces may not stand in the host of a URL: placeholders stand aside as names.
var (
	hidePlaceholders = strings.NewReplacer("{collection}", "0-collection-0", "{data}", "0-data-0")
	showPlaceholders = strings.NewReplacer("0-collection-0", "{collection}", "0-data-0", "{data}")
)

// addressesPattern is what mail addresses, their names and lists of them are made
// of.
var addressesPattern = regexp.MustCompile(`^[\pL\pN_.+<>"@, -]*$`)

// showAddresses shows mail addresses.
func showAddresses(value string) string {
	if addressesPattern.MatchString(value) {
		return value
	}
	return mask
}

// showQuery shows harmless parameters, and of others their names.
func showQuery(raw string) string {
	pairs := strings.Split(raw, "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		unescaped, err := url.QueryUnescape(value)
		switch {
		case value == "", err != nil, !parameterPattern.MatchString(name):
			pairs[i] = mask
		case !harmless[name]:
			pairs[i] = name + "=" + mask
		case showPath(unescaped) != unescaped:
			pairs[i] = name + "=" + showPath(unescaped)
		}
	}
	return strings.Join(pairs, "&")
}
