package api

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"promptz/internal/promptz"
)

// cookieName is a cookie's name without its prefix.
type cookieName string

// The cookies.
const (
	sessionCookie   cookieName = "session"
	deviceCookie    cookieName = "device"    // a browser in which somebody signed in before
	challengeCookie cookieName = "challenge" // the browser that began a redirect
)

// cookies reads and sets cookies as they fit the public URL: with https they are
// bound to this host by the prefix __Host-, which http on loopback can't have.
// See RFC 6265bis, section 4.1.3.
type cookies struct{ secure bool }

func newCookies(publicURL string) cookies {
	u, err := url.Parse(publicURL)
	return cookies{secure: err != nil || u.Scheme != "http"}
}

func (c cookies) name(name cookieName) string {
	if c.secure {
		return "__Host-" + string(name)
	}
	return string(name)
}

// get gives a cookie's value, "" when it is not there or there twice.
func (c cookies) get(r *http.Request, name cookieName) string {
	found := r.CookiesNamed(c.name(name))
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

func (c cookies) set(w http.ResponseWriter, name cookieName, value string, expires time.Time) {
	http.SetCookie(w, &http.Cookie{
		Name: c.name(name), Value: value, Path: "/", Expires: expires,
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (c cookies) drop(w http.ResponseWriter, name cookieName) {
	http.SetCookie(w, &http.Cookie{
		Name: c.name(name), Path: "/", MaxAge: -1, Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// grant sets the cookies of a sign-in; of none it sets none.
func (c cookies) grant(w http.ResponseWriter, g *promptz.Grant) {
	if g == nil {
		return
	}
	c.set(w, sessionCookie, g.Cookie, g.ExpiresAt)
	if g.Device != "" {
		c.set(w, deviceCookie, g.Device, g.ExpiresAt)
	}
}

// newCrossOrigin makes what refuses requests that pages of other origins send with
// a browser's cookies.
func newCrossOrigin(publicURL string, origins []string) (*http.CrossOriginProtection, error) {
	protection := http.NewCrossOriginProtection()
	for _, origin := range append([]string{strings.TrimSuffix(publicURL, "/")}, origins...) {
		if origin == "" {
			continue
		}
		if err := protection.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	return protection, nil
}
