package mail

import (
	"regexp"
	"strings"
)

// mark tells by a part of a User-Agent what it names.
type mark struct{ part, name string }

// The first of each that fits counts: browsers name those that they descend from
// as well, and Android names Linux.
var (
	browsers = []mark{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = []mark{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"},
		{"Macintosh", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	}
)

// product is the first product of a User-Agent (RFC 9110, section 10.1.5), as far
// as no reader makes a link of it: its name has no dots.
var product = regexp.MustCompile(`^([A-Za-z0-9_-]{1,30})(?:/([0-9]{1,5}(?:\.[0-9]{1,5}){0,3}))?(?:[ ;(]|$)`)

// clientName says which program a User-Agent names. Anybody may write anything in
// one and have it sent to a victim, so none of it is quoted but a short name.
func clientName(userAgent string) string {
	if strings.HasPrefix(userAgent, "Mozilla/") {
		return find(browsers, userAgent, "a browser") + " on " + find(systems, userAgent, "an unknown system")
	}
	if p := product.FindStringSubmatch(userAgent); p != nil {
		return strings.TrimSpace(p[1] + " " + p[2])
	}
	return "an unknown program"
}

func find(marks []mark, userAgent, unknown string) string {
	for _, m := range marks {
		if strings.Contains(userAgent, m.part) {
			return m.name
		}
	}
	return unknown
}
