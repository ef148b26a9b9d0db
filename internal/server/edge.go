package server

import (
	"crypto/subtle"
	"net/http"
	"net/netip"
	"strings"
)

const (
	// edgeSecretHeader is what an edge proves itself by.
	edgeSecretHeader = "X-Origin-Secret"
	// viewerHeader is what CloudFront says of a caller: address and port
	// (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html).
	viewerHeader = "CloudFront-Viewer-Address"
)

// Edge is a content delivery network in front, whose word on who calls is believed
// when it brings this secret; "" is none.
type Edge string

// client gives the caller's address as the edge says it is; not valid when the
// request did not come through it.
func (e Edge) client(r *http.Request) netip.Addr {
	if !e.passed(r) {
		return netip.Addr{}
	}
	// An IPv6 address has colons itself, and no brackets there.
	viewer := r.Header.Get(viewerHeader)
	return parseHop(strings.Trim(viewer[:max(0, strings.LastIndexByte(viewer, ':'))], "[]"))
}

// passed tells whether the request came through the edge.
func (e Edge) passed(r *http.Request) bool {
	return e != "" && subtle.ConstantTimeCompare([]byte(r.Header.Get(edgeSecretHeader)), []byte(e)) == 1
}
