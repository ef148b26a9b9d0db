package mail

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"promptz/internal/promptz"
)

// View is what templates can use. What a stranger may have written is made
// harmless in it, so that nobody can put words into our letters.
type View struct {
	Site     string   // host of the deployment: "prompts.example.com"
	To       string   // the address that the letter goes to
	Handle   string   // whose account it is about; "" for a new one
	Code     string   // all digits: "12345678"; "" where there is none
	Groups   []string // the code in halves, to read and to type: "1234", "5678"
	Lifetime string   // how long the code is good: "10 minutes"
	Until    string   // and until when: "08:10 UTC"
	Link     string   // signs in the browser that opens it; "" where there is none
	Client   string   // what asked for it: "Firefox on Linux"
	Network  string   // and its network: "192.0.2.0/24"; "" is unknown
	Asked    string   // and when: "23 November 2026, 08:00 UTC"
	Item     string   // the name of the reader's own item that the letter is about
	Stars    int64    // how many have starred it
	Findings []string // and what is wrong with it, a sentence each
}

func newView(site *url.URL, l promptz.Letter) View {
	v := View{
		Site: site.Host, To: oneLine(l.To), Handle: oneLine(l.Handle),
		Code: l.Code, Groups: groups(l.Code), Link: l.Link,
		Client: clientName(l.Client), Network: networkName(l.Network),
		Asked: l.AskedAt.UTC().Format("2 January 2006, 15:04 UTC"),
		Item:  l.Item, Stars: l.Stars,
	}
	for _, f := range l.Findings {
		v.Findings = append(v.Findings, f.Message)
	}
	if !l.ExpiresAt.IsZero() {
		v.Lifetime = inWords(l.ExpiresAt.Sub(l.AskedAt))
		v.Until = l.ExpiresAt.UTC().Format("15:04 UTC")
	}
	return v
}

// oneLine keeps what others chose from breaking lines, or from looking like what
// it is not.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

func groups(code string) []string {
	half := len(code) / 2
	if half == 0 {
		return nil
	}
	return []string{code[:half], code[half:]}
}

func networkName(network string) string {
	if prefix, err := netip.ParsePrefix(network); err == nil {
		return prefix.String()
	}
	return ""
}

// inWords gives a duration to the minute, or to the hour where it is whole hours.
func inWords(d time.Duration) string {
	n, unit := int(d.Round(time.Minute)/time.Minute), "minute"
	if n >= 60 && n%60 == 0 {
		n, unit = n/60, "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit
}
