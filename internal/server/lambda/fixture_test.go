package lambda_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"promptz/internal/promptz"
	"promptz/internal/server/lambda"
)

var quiet = slog.New(slog.DiscardHandler)

// read reads one of AWS's events.
func read[E any](t testing.TB, name string) E {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var e E
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return e
}

// httpEvent gives AWS's event for an HTTP API, changed.
func httpEvent(t testing.TB, change func(*events.APIGatewayV2HTTPRequest)) events.APIGatewayV2HTTPRequest {
	t.Helper()
	e := read[events.APIGatewayV2HTTPRequest](t, "http-api.json")
	if change != nil {
		change(&e)
	}
	return e
}

// refuse answers with the code alone.
func refuse(w http.ResponseWriter, _ *http.Request, code promptz.Code, _ string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(map[promptz.Code]int{
		promptz.CodeTooLarge: http.StatusRequestEntityTooLarge, promptz.CodeUnavailable: http.StatusServiceUnavailable, promptz.CodeInternal: http.StatusInternalServerError,
	}[code])
	fmt.Fprint(w, code)
}

// answer is an answer as a client of the gateway gets it.
type answer struct {
	Status  int
	Header  http.Header
	Cookies []string
	Body    string
}

// invoke answers an event by h, and makes of that what the gateway would.
func invoke(ctx context.Context, t testing.TB, h *lambda.HTTP, e events.APIGatewayV2HTTPRequest) answer {
	t.Helper()
	payload, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	text, err := h.Invoke(ctx, payload)
	if err != nil {
		t.Fatal(err)
	}
	return gatewayAnswer(t, text)
}

func gatewayAnswer(t testing.TB, text []byte) answer {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var r events.APIGatewayV2HTTPResponse
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	a := answer{Status: r.StatusCode, Header: http.Header{}, Cookies: r.Cookies, Body: r.Body}
	for name, value := range r.Headers {
		a.Header.Set(name, value)
	}
	if r.IsBase64Encoded {
		body, err := base64.StdEncoding.DecodeString(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		a.Body = string(body)
	}
	return a
}

// adapter makes an adapter of a handler.
func adapter(h http.HandlerFunc) *lambda.HTTP {
	return lambda.NewHTTP(h, lambda.HTTPOptions{Refuse: refuse, Log: quiet})
}

// seen is what a handler sees of a request.
type seen struct {
	Method, Host, Path, Escaped, Query, URI, Remote, Body string
	Length                                                int64
	Header                                                http.Header
}

func seenOf(r *http.Request) seen {
	body, _ := io.ReadAll(r.Body)
	return seen{
		Method: r.Method, Host: r.Host, Path: r.URL.Path, Escaped: r.URL.EscapedPath(), Query: r.URL.RawQuery, URI: r.RequestURI,
		Remote: r.RemoteAddr, Body: string(body), Length: r.ContentLength, Header: r.Header,
	}
}
