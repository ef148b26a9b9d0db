package runtimetest

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// request and response are what a gateway sends to a function and takes from it:
// payload format 2.0 of
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html.
type request struct {
	Version         string            `json:"version"`
	RouteKey        string            `json:"routeKey"`
	RawPath         string            `json:"rawPath"`
	RawQueryString  string            `json:"rawQueryString"`
	Cookies         []string          `json:"cookies,omitempty"`
	Headers         map[string]string `json:"headers"`
	RequestContext  requestContext    `json:"requestContext"`
	Body            string            `json:"body,omitempty"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	DomainName string      `json:"domainName"`
	HTTP       httpContext `json:"http"`
	RequestID  string      `json:"requestId"`
	RouteKey   string      `json:"routeKey"`
	Stage      string      `json:"stage"`
}

type httpContext struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

type response struct {
	StatusCode      int               `json:"statusCode"`
	Headers         map[string]string `json:"headers"`
	Cookies         []string          `json:"cookies"`
	Body            string            `json:"body"`
	IsBase64Encoded bool              `json:"isBase64Encoded"`
}

// defaultRoute is the name of the route and of the stage that take everything.
const defaultRoute = "$default"

// Gateway answers requests as an HTTP API does whose default route calls f.
func Gateway(f *Function) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, err := encodeRequest(r)
		if err != nil {
			refuse(w, http.StatusBadRequest, "BadRequest", err.Error())
			return
		}
		text, err := f.Invoke(r.Context(), event)
		if err != nil {
			refuse(w, http.StatusInternalServerError, "IntegrationFailure", err.Error())
			return
		}
		if err := decodeResponse(w, text); err != nil {
			refuse(w, http.StatusInternalServerError, "IntegrationFailure", err.Error())
		}
	})
}

// escapes are those of paths.
var escapes = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// decodePath decodes every escape but %25, as an HTTP API does.
func decodePath(path string) string {
	return escapes.ReplaceAllStringFunc(path, func(escape string) string {
		if escape == "%25" {
			return escape
		}
		c, _ := url.PathUnescape(escape) // never fails
		return c
	})
}

func encodeRequest(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	path := decodePath(r.URL.EscapedPath())
	e := request{
		Version: "2.0", RouteKey: defaultRoute, RawPath: path, RawQueryString: r.URL.RawQuery,
		Headers: map[string]string{"host": r.Host, "x-forwarded-for": host, "x-forwarded-proto": "https"},
		RequestContext: requestContext{
			DomainName: r.Host, RequestID: "JKJaXmPLvHcESHA=", RouteKey: defaultRoute, Stage: defaultRoute,
			HTTP: httpContext{Method: r.Method, Path: path, Protocol: r.Proto, SourceIP: host, UserAgent: r.UserAgent()},
		},
	}
	for name, values := range r.Header {
		if name == "Cookie" {
			e.Cookies = strings.Split(strings.Join(values, "; "), "; ")
			continue
		}
		e.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	if e.Body = string(body); len(body) > 0 && !isText(r.Header.Get("Content-Type"), body) {
		e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return json.Marshal(e)
}

// isText tells whether a body comes as it is. Forms do not.
func isText(contentType string, body []byte) bool {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	switch mediaType {
	case "application/json", "application/xml", "application/javascript":
	default:
		if !strings.HasPrefix(mediaType, "text/") {
			return false
		}
	}
	return utf8.Valid(body)
}

func decodeResponse(w http.ResponseWriter, text []byte) error {
	var answer response
	if err := json.Unmarshal(text, &answer); err != nil {
		return err
	}
	body := []byte(answer.Body)
	if answer.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(answer.Body); err != nil {
			return err
		}
	}
	for name, value := range answer.Headers {
		w.Header().Set(name, value)
	}
	for _, cookie := range answer.Cookies {
		w.Header().Add("Set-Cookie", cookie)
	}
	w.WriteHeader(answer.StatusCode)
	w.Write(body)
	return nil
}
