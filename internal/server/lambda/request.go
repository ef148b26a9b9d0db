package lambda

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// defaultStage is the stage whose name does not stand in paths.
const defaultStage = "$default"

// encrypted is the state of every connection: an HTTP API has no plain HTTP, and
// what a caller says of it is not asked.
var encrypted = &tls.ConnectionState{HandshakeComplete: true}

// newRequest makes the request that an event tells of, as a server of net/http
// would have read it.
func newRequest(ctx context.Context, e *events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body, err := bodyOf(e)
	if err != nil {
		return nil, err
	}
	u := &url.URL{Path: pathOf(e), RawQuery: queryOf(e.RawQueryString)}
	r := &http.Request{
		Method: e.RequestContext.HTTP.Method,
		URL:    u, RequestURI: u.RequestURI(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:     headerOf(e),
		Host:       hostOf(e),
		Body:       http.NoBody,
		RemoteAddr: net.JoinHostPort(e.RequestContext.HTTP.SourceIP, "0"),
		TLS:        encrypted,
	}
	if len(body) > 0 {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return r.WithContext(ctx), nil
}

// pathOf gives the path, decoded. rawPath is not raw: an HTTP API has decoded
// every escape in it but %25, so that what escapes are left are there to be
// decoded too. That an escaped slash was none is lost on the way, and what
// followed an escaped question mark: neither leads anywhere here.
// See https://github.com/fastify/aws-lambda-fastify/issues/169 and
// https://github.com/middleapi/standard-server/pull/93.
func pathOf(e *events.APIGatewayV2HTTPRequest) string {
	path := unescape(e.RawPath)
	if stage := e.RequestContext.Stage; stage != "" && stage != defaultStage {
		if rest, ok := strings.CutPrefix(path, "/"+stage); ok && (rest == "" || rest[0] == '/') {
			path = rest
		}
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path
}

// unescape decodes what escapes there are. A percent sign that begins none is
// one: [url.PathUnescape] would fail at it.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// queryOf gives the query as it came, which is escaped, but for what no request
// line could have held.
func queryOf(raw string) string {
	unfit := func(c rune) bool { return c <= ' ' || c == 0x7f }
	if !strings.ContainsFunc(raw, unfit) {
		return raw
	}
	var b strings.Builder
	for i := range len(raw) {
		if unfit(rune(raw[i])) {
			fmt.Fprintf(&b, "%%%02X", raw[i])
		} else {
			b.WriteByte(raw[i])
		}
	}
	return b.String()
}

// headerOf gives the header. A field that came several times is one line here,
// joined with commas by the gateway; cookies came apart.
func headerOf(e *events.APIGatewayV2HTTPRequest) http.Header {
	h := make(http.Header, len(e.Headers)+1)
	for name, value := range e.Headers {
		h.Set(name, value)
	}
	if len(e.Cookies) > 0 {
		h.Set("Cookie", strings.Join(e.Cookies, "; "))
	}
	// As net/http has it: these are not of the header.
	for _, name := range []string{"Host", "Content-Length", "Transfer-Encoding", "Trailer"} {
		h.Del(name)
	}
	return h
}

// hostOf gives the host that was asked for: the header's, which the gateway
// knows to be the API's own, else the API's domain.
func hostOf(e *events.APIGatewayV2HTTPRequest) string {
	for name, value := range e.Headers {
		if strings.EqualFold(name, "Host") && value != "" {
			return value
		}
	}
	return e.RequestContext.DomainName
}

func bodyOf(e *events.APIGatewayV2HTTPRequest) ([]byte, error) {
	if !e.IsBase64Encoded {
		return []byte(e.Body), nil
	}
	body, err := base64.StdEncoding.DecodeString(e.Body)
	if err != nil {
		return nil, fmt.Errorf("read body of event: %w", err)
	}
	return body, nil
}
