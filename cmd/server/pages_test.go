package main

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPagesAreWholeAndLoadNothing reads what the server says of itself.
func TestPagesAreWholeAndLoadNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	anybody := client{t: t, url: startServer(t, dir).url}
	t.Run("contract", func(t *testing.T) {
		spec, err := os.ReadFile("../../openapi.yaml")
		if err != nil {
			t.Fatal(err)
		}
		served := anybody.expecting(http.StatusOK, http.MethodGet, "/openapi.yaml", nil)
		if served.body != string(spec) || served.header.Get("Content-Type") != "application/yaml" {
			t.Errorf("served is %d bytes of %s", len(served.body), served.header.Get("Content-Type"))
		}
	})
	for path, words := range map[string]string{"/docs": "getVersion", "/problems/not-valid": "not_valid", "/problems/": "not-valid"} {
		t.Run(path, func(t *testing.T) {
			page := anybody.expecting(http.StatusOK, http.MethodGet, path, nil)
			if !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || !strings.Contains(page.body, words) {
				t.Errorf("it is %s without %q", page.header.Get("Content-Type"), words)
			}
			checkLoadsNothing(t, page)
		})
	}
	t.Run("a problem", func(t *testing.T) {
		problem := anybody.expecting(http.StatusNotFound, http.MethodGet, "/v1/prompts/zzzzzzzzzzzz", nil)
		anybody.expecting(http.StatusOK, http.MethodGet, problem.member(t, "type"), nil)
	})
}

// loading is what makes a browser load something, or could.
var loading = regexp.MustCompile(`(?i)<(script|img|iframe|link|object|embed|form)\b|url\(|@import|\bsrc=`)

// checkLoadsNothing sees that a page neither loads anything nor may.
func checkLoadsNothing(t *testing.T, page answer) {
	t.Helper()
	if found := loading.FindString(page.body); found != "" {
		t.Errorf("the page has %q", found)
	}
	policy := page.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "http") || strings.Contains(policy, "unsafe") {
		t.Errorf("the page's policy is %q", policy)
	}
}

// TestMetricsAreForOperatorsAlone asks for metrics on both listeners, and for the API
// on that of the metrics.
func TestMetricsAreForOperatorsAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ops := freeAddress(t)
	public := client{t: t, url: startServer(t, dir, "--ops-listen", ops).url}
	operator := client{t: t, url: "http://" + ops}
	public.expecting(http.StatusNotFound, http.MethodGet, "/v1/prompts/zzzzzzzzzzzz", nil)
	public.expecting(http.StatusNotFound, http.MethodGet, "/metrics", nil)
	operator.expecting(http.StatusNotFound, http.MethodGet, "/v1/prompts", nil)
	metrics := operator.expecting(http.StatusOK, http.MethodGet, "/metrics", nil)
	for _, want := range []string{
		`promptz_http_request_duration_seconds_count{method="GET",route="/v1/{items:prompts|rules|agents}/{ref}",status="404"} 1`,
		`promptz_sqlite_commits_total{collection="library"}`,
	} {
		if !strings.Contains(metrics.body, want) {
			t.Errorf("no %s in\n%s", want, regexp.MustCompile(`(?m)^promptz_http_request_duration_seconds_count.*$`).FindAllString(metrics.body, -1))
		}
	}
	if strings.Contains(metrics.body, "zzzzzzzzzzzz") {
		t.Error("the metrics hold what callers send")
	}
}
