package main

import (
	"net/http"
	"strconv"
	"testing"
)

// TestBurstIsLimited sends requests as fast as one caller can, until one is
// refused.
func TestBurstIsLimited(t *testing.T) {
	t.Parallel()
	const most = 2000 // the bucket is smaller, and fills more slowly than anybody asks
	limited := client{t: t, url: startServer(t, t.TempDir(), "--limits", "5/s").url}
	for range most {
		a := limited.send(http.MethodGet, "/v1/prompts?limit=1", nil)
		if a.status == http.StatusOK {
			continue
		}
		wait, err := strconv.Atoi(a.header.Get("Retry-After"))
		if a.status != http.StatusTooManyRequests || err != nil || wait < 1 || a.member(t, "code") != "rate_limited" {
			t.Errorf("status %d, Retry-After %q\n%s", a.status, a.header.Get("Retry-After"), a.body)
		}
		limited.expecting(http.StatusOK, http.MethodGet, "/healthz/readiness", nil)
		return
	}
	t.Errorf("all of %d requests were answered", most)
}

// TestLimitsCanBeOff sends more than a bucket holds where limits are off.
func TestLimitsCanBeOff(t *testing.T) {
	t.Parallel()
	free := client{t: t, url: startServer(t, t.TempDir(), "--limits", "off").url}
	for range 150 {
		free.expecting(http.StatusOK, http.MethodGet, "/v1/prompts?limit=1", nil)
	}
}
