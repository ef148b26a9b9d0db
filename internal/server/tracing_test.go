package server_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"promptz/internal/server"
)

func TestTracingIsAskedFor(t *testing.T) {
	t.Parallel()
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT"
	tests := map[string]map[string]string{
		"nothing said":      {},
		"disabled":          {endpoint: "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "TRUE"},
		"no traces":         {endpoint: "http://127.0.0.1:1", "OTEL_TRACES_EXPORTER": "none"},
		"protocol alone":    {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
		"disabled and grpc": {endpoint: "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
	}
	for name, vars := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := otel.GetTracerProvider()
			cleanup, err := server.OpenTracing(t.Context(), func(key string) string { return vars[key] })
			if err != nil {
				t.Fatal(err)
			}
			if err := cleanup(t.Context()); err != nil {
				t.Error(err)
			}
			if otel.GetTracerProvider() != before {
				t.Error("there are traces")
			}
		})
	}
}

func TestTracingRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ name, value, right string }{
		"grpc":            {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"},
		"grpc for traces": {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc", "http/protobuf"},
		"an exporter":     {"OTEL_TRACES_EXPORTER", "zipkin", "otlp"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vars := map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1", test.name: test.value}
			_, err := server.OpenTracing(t.Context(), func(key string) string { return vars[key] })
			if err == nil {
				t.Fatal("taken")
			}
			for _, part := range []string{test.name, test.value, test.right} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q lacks %s", err, part)
				}
			}
		})
	}
}

// startTracing traces to a receiver until stop, which gives what that received.
// Tracing is of the whole process, so that its tests don't run beside others.
func startTracing(t *testing.T) (stop func() []byte) {
	t.Helper()
	var received bytes.Buffer
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("received %s of type %s", r.URL.Path, r.Header.Get("Content-Type"))
		}
		io.Copy(&received, r.Body)
	}))
	t.Cleanup(receiver.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)
	// That of traces counts more than that of all.
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf")
	cleanup, err := server.OpenTracing(t.Context(), os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { otel.SetTracerProvider(noop.NewTracerProvider()) })
	return func() []byte {
		if err := cleanup(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
		receiver.Close()
		return received.Bytes()
	}
}

func TestTraces(t *testing.T) {
	stop := startTracing(t)
	c := newChain(t)
	c.serve(t, func(_ http.ResponseWriter, r *http.Request) {
		server.Route(r.Context(), "/v1/auth/link/{token}")
	}, get("/v1/auth/link/secret?code=secret", "Authorization", "Bearer secret", "X-Forwarded-For", "203.0.113.66"))
	c.serve(t, func(http.ResponseWriter, *http.Request) { panic("x") }, request("BREW", "/pot"))
	received := string(stop())
	for _, want := range []string{"GET /v1/auth/link/{token}", "other unmatched", "promptz", "192.0.2.1"} {
		if !strings.Contains(received, want) {
			t.Errorf("traces lack %q", want)
		}
	}
	for _, secret := range []string{"secret", "203.0.113.66"} {
		if strings.Contains(received, secret) {
			t.Errorf("traces hold %q", secret)
		}
	}
}

// Only what a trusted proxy began is gone on with.
func TestTraceParent(t *testing.T) {
	stop := startTracing(t)
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	for address, want := range map[string]bool{"10.0.0.1": true, "192.0.2.1": false} {
		var got trace.TraceID
		newChain(t).serve(t, func(_ http.ResponseWriter, r *http.Request) {
			got = trace.SpanContextFromContext(r.Context()).TraceID()
		}, from(address, get("/", "Traceparent", "00-"+id+"-00f067aa0ba902b7-01")))
		if !got.IsValid() || (got.String() == id) != want {
			t.Errorf("from %s: trace %s for %s, want it gone on with: %v", address, got, id, want)
		}
	}
	if len(stop()) == 0 {
		t.Error("no trace was received")
	}
}
