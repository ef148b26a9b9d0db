package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// interactionRate is how many interactions a second are sent while it is
	// measured how long one takes to be counted.
	interactionRate = 200
	// pollers is how many wait for changes at the same time.
	pollers = 1000
	// rankedWithin is after how long items are ranked with which something happened.
	rankedWithin = 32 * time.Second
	// probed is which of the interactions is looked after until it is counted.
	probed = 20
)

// settle waits until the server has nothing to do any more: what was seeded has
// events, too.
func (r *run) settle(ctx context.Context) error {
	for quiet := 0; quiet < 3 && ctx.Err() == nil; {
		before, err := r.server.cpu()
		if err != nil {
			return err
		}
		time.Sleep(500 * time.Millisecond)
		after, err := r.server.cpu()
		if err != nil {
			return err
		}
		if quiet++; after-before > 20*time.Millisecond {
			quiet = 0
		}
	}
	return ctx.Err()
}

// star stars one item after another, each once.
func (r *run) star(ctx context.Context, n int) (*http.Request, error) {
	id := r.seeded.ids[n%len(r.seeded.ids)]
	method := http.MethodPut
	if n/len(r.seeded.ids)%2 == 1 { // they all have one: take them back
		method = http.MethodDelete
	}
	req, err := http.NewRequestWithContext(ctx, method, r.server.url+"/v1/prompts/"+id+"/star", nil)
	if err == nil {
		req.Header.Set("Authorization", "Bearer "+r.seeded.key)
	}
	return req, err
}

// copies makes requests that copy items, each as another visitor.
func (r *run) copies() request {
	var mu sync.Mutex
	visitor := netip.MustParseAddr("10.0.0.0")
	return func(ctx context.Context, n int) (*http.Request, error) {
		mu.Lock()
		visitor = visitor.Next()
		address := visitor.String()
		mu.Unlock()
		return r.copyOf(ctx, r.seeded.ids[n%len(r.seeded.ids)], address)
	}
}

func (r *run) copyOf(ctx context.Context, id, visitor string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.server.url+"/v1/prompts/"+id+"/copies", nil)
	if err == nil {
		req.Header.Set("X-Forwarded-For", visitor)
	}
	return req, err
}

// counted sends interactions at [interactionRate] and gives how long it takes from
// the answer until the count can be read, of every twentieth.
func (r *run) counted(ctx context.Context) (p50, p99 time.Duration, err error) {
	var (
		mu    sync.Mutex
		took  []time.Duration
		fault error
		wg    sync.WaitGroup
	)
	tick := time.NewTicker(time.Second / interactionRate)
	defer tick.Stop()
	visitor := netip.MustParseAddr("172.16.0.0")
	for n := 0; n < int(r.period.Seconds())*interactionRate && ctx.Err() == nil; n++ {
		<-tick.C
		visitor = visitor.Next()
		address, id := visitor.String(), r.seeded.ids[n%len(r.seeded.ids)]
		wg.Go(func() {
			d, err := r.copyAndSee(ctx, id, address, n%probed == 0)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				fault = err
			} else if n%probed == 0 {
				took = append(took, d)
			}
		})
	}
	wg.Wait()
	if fault != nil || len(took) == 0 {
		return 0, 0, fault
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)*99/100], nil
}

// copyAndSee copies an item and, when see is set, waits until that is counted.
func (r *run) copyAndSee(ctx context.Context, id, visitor string, see bool) (time.Duration, error) {
	before := int64(0)
	if see {
		var err error
		if before, err = r.copiesOf(ctx, id); err != nil {
			return 0, err
		}
	}
	req, err := r.copyOf(ctx, id, visitor)
	if err != nil {
		return 0, err
	}
	if _, err := do(req); err != nil || !see {
		return 0, err
	}
	for begin := time.Now(); ; time.Sleep(time.Millisecond) {
		now, err := r.copiesOf(ctx, id)
		if err != nil || now > before {
			return time.Since(begin), err
		}
		if time.Since(begin) > 10*time.Second {
			return 0, fmt.Errorf("a copy of %s is not counted after ten seconds", id)
		}
	}
}

func (r *run) copiesOf(ctx context.Context, id string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.server.url+"/v1/prompts/"+id+"/stats", nil)
	if err != nil {
		return 0, err
	}
	text, err := do(req)
	if err != nil {
		return 0, err
	}
	var stats struct {
		Copies int64 `json:"copies"`
	}
	return stats.Copies, json.Unmarshal(text, &stats)
}

// polled is what waiting readers cost the server.
type polled struct {
	memory int64         // bytes more than without them
	cpu    time.Duration // a second, while nothing happens
}

// poll has many wait for changes while nothing happens.
func (r *run) poll(ctx context.Context) (polled, error) {
	cursor, err := r.end(ctx)
	if err != nil {
		return polled{}, err
	}
	alone, err := r.server.resident()
	if err != nil {
		return polled{}, err
	}
	stop := r.wait(ctx, cursor)
	defer stop()
	time.Sleep(3 * time.Second) // until all of them wait
	before, err := r.server.cpu()
	if err != nil {
		return polled{}, err
	}
	const quiet = 10 * time.Second
	time.Sleep(quiet)
	after, err := r.server.cpu()
	if err != nil {
		return polled{}, err
	}
	with, err := r.server.resident()
	return polled{memory: with - alone, cpu: (after - before) / time.Duration(quiet/time.Second)}, err
}

// end reads the feed of interactions to its end and gives the last cursor.
func (r *run) end(ctx context.Context) (cursor string, err error) {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.server.url+"/v1/changes?feed=activity&limit=100&cursor="+cursor, nil)
		if err != nil {
			return "", err
		}
		if cursor == "" {
			req.URL.RawQuery = "feed=activity&limit=100"
		}
		text, err := do(req)
		if err != nil {
			return "", err
		}
		var page struct {
			Cursor string
			Items  []json.RawMessage
		}
		if err := json.Unmarshal(text, &page); err != nil || len(page.Items) == 0 {
			return page.Cursor, err
		}
		cursor = page.Cursor
	}
}

// wait begins to wait for what follows cursor, many times at once; stop ends that.
func (r *run) wait(ctx context.Context, cursor string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	client := &http.Client{Transport: new(http.Transport)}
	var waiting sync.WaitGroup
	for range pollers {
		waiting.Go(func() {
			url := r.server.url + "/v1/changes?feed=activity&wait=25&cursor=" + cursor
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			if err != nil {
				return
			}
			if res, err := client.Do(req); err == nil {
				res.Body.Close()
			}
		})
	}
	return func() { cancel(); waiting.Wait(); client.CloseIdleConnections() }
}

// do sends a request and gives what it is answered with.
func do(req *http.Request) ([]byte, error) {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: status %d", req.Method, req.URL.Path, res.StatusCode)
	}
	return io.ReadAll(res.Body)
}
