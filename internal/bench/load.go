package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// figure is what a load found.
type figure struct {
	requests int
	rate     float64 // requests a second
	p50, p99 time.Duration
	cpu      time.Duration // of the server, a request
}

// request makes the next request of a caller.
type request func(ctx context.Context, n int) (*http.Request, error)

// load sends requests from callers at once, each the next when the last was
// answered, for a time, and takes their durations. Any answer but want ends it
// with an error.
func load(ctx context.Context, callers int, period time.Duration, want int, next request) (figure, error) {
	// The bare handler does not compress, so neither is asked to.
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers, DisableCompression: true}}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, period)
	defer cancel()
	var (
		mu    sync.Mutex
		took  []time.Duration
		fault error
		wg    sync.WaitGroup
	)
	begin := time.Now()
	for caller := range callers {
		wg.Go(func() {
			var mine []time.Duration
			var err error
			for n := caller; ctx.Err() == nil && err == nil; n += callers {
				var d time.Duration
				if d, err = once(ctx, client, want, next, n); err == nil {
					mine = append(mine, d)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, mine...)
			if err != nil && ctx.Err() == nil {
				fault = errors.Join(fault, err)
			}
		})
	}
	wg.Wait()
	if fault != nil || len(took) == 0 {
		return figure{}, errors.Join(fault, errors.New("no figure"))
	}
	slices.Sort(took)
	return figure{
		requests: len(took),
		rate:     float64(len(took)) / time.Since(begin).Seconds(),
		p50:      took[len(took)/2], p99: took[len(took)*99/100],
	}, nil
}

// once sends one request and reads the whole answer.
func once(ctx context.Context, client *http.Client, want int, next request, n int) (time.Duration, error) {
	req, err := next(ctx, n)
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return 0, err
	}
	if res.StatusCode != want {
		return 0, fmt.Errorf("%s %s: status %d, want %d", req.Method, req.URL.Path, res.StatusCode, want)
	}
	return time.Since(begin), nil
}
