package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"promptz/internal/server"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	during := ""
	c.serve(t, func(w http.ResponseWriter, r *http.Request) {
		server.Route(r.Context(), "/v1/{items}/{ref}")
		during = c.metrics(t)
		w.WriteHeader(http.StatusNotFound)
	}, get("/v1/prompts/x"))
	c.serve(t, func(http.ResponseWriter, *http.Request) { panic("x") }, request("PUT", "/x"))
	after := c.metrics(t)
	for _, want := range []string{
		`promptz_http_request_duration_seconds_count{method="GET",route="/v1/{items}/{ref}",status="404"} 1`,
		`promptz_http_request_duration_seconds_count{method="PUT",route="unmatched",status="500"} 1`,
		`promptz_http_request_duration_seconds_bucket{method="GET",route="/v1/{items}/{ref}",status="404",le="10"} 1`,
		"promptz_http_requests_in_flight 0\n",
		"go_goroutines ",
		"process_cpu_seconds_total ",
	} {
		if !strings.Contains(after, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if !strings.Contains(during, "promptz_http_requests_in_flight 1\n") {
		t.Error("the request was not in flight")
	}
}

// Whatever callers make up, there are no more series.
func TestMetricsAreBounded(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	h := c.handler(t, http.NotFound)
	for i := range 500 {
		record(h, request(fmt.Sprintf("METHOD%d", i), fmt.Sprintf("/path/%d", i)))
	}
	const count = "promptz_http_request_duration_seconds_count"
	got := c.metrics(t)
	if n := strings.Count(got, count); n != 1 {
		t.Errorf("%d series, want 1", n)
	}
	if want := count + `{method="other",route="unmatched",status="404"} 500`; !strings.Contains(got, want) {
		t.Errorf("metrics lack %s", want)
	}
}

func TestMetricsOfOthers(t *testing.T) {
	t.Parallel()
	more := prometheus.NewCounter(prometheus.CounterOpts{Name: "promptz_more_total", Help: "More."})
	metrics, err := server.NewMetrics(more)
	if err != nil {
		t.Fatal(err)
	}
	if got := record(metrics.Handler(), get("/metrics")).Body.String(); !strings.Contains(got, "promptz_more_total 0\n") {
		t.Error("metrics lack promptz_more_total")
	}
	if _, err := server.NewMetrics(more, more); err == nil {
		t.Error("two of one name are taken")
	}
}
