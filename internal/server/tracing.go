package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// OpenTracing sends traces over OTLP/HTTP to where the standard OTEL variables
// say (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
// getenv reads those that decide whether there are traces at all; the exporter
// reads the others from the process's environment. Where none names an endpoint
// there are no traces. The cleanup sends what is left. It is for before
// [Middleware.Handler].
func OpenTracing(ctx context.Context, getenv func(string) string) (cleanup func(context.Context) error, err error) {
	wanted, err := wantsTraces(getenv)
	if err != nil {
		return nil, err
	}
	if !wanted {
		return func(context.Context) error { return nil }, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("open trace exporter: %w", err)
	}
	named := resource.NewSchemaless(attribute.String("service.name", "promptz"))
	about, err := resource.Merge(named, resource.Environment())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("describe traces: %w", err), exporter.Shutdown(ctx))
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return provider.Shutdown, nil
}

// wantsTraces tells whether the variables ask for traces, and fails when they ask
// for what is not spoken here.
func wantsTraces(getenv func(string) string) (bool, error) {
	endpoint := cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), getenv("OTEL_EXPORTER_OTLP_ENDPOINT"))
	exporter := getenv("OTEL_TRACES_EXPORTER")
	if endpoint == "" || exporter == "none" || strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return false, nil
	}
	if exporter != "" && exporter != "otlp" {
		return false, fmt.Errorf("OTEL_TRACES_EXPORTER is %q: must be otlp or none", exporter)
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		protocol := getenv(name)
		if protocol == "" {
			continue
		}
		if protocol != "http/protobuf" {
			return false, fmt.Errorf("%s is %q: must be http/protobuf, the only protocol spoken here, most often on port 4318", name, protocol)
		}
		break // that of traces alone counts more
	}
	return true, nil
}
