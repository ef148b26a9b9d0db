package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// run measures one size of library.
type run struct {
	binary string
	data   string
	items  int
	period time.Duration
	table  io.Writer

	seeded seeded
	server *process
	ops    string // address of the server's metrics
}

// callers is how many send at once when not one does: what two cores can serve.
const callers = 8

// writers is how many create at once.
const writers = 50

func (r *run) measure(ctx context.Context) error {
	if err := os.MkdirAll(r.data, 0o700); err != nil {
		return err
	}
	begin := time.Now()
	var err error
	if r.seeded, err = seed(ctx, r.data, r.items); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	seeding := time.Since(begin)
	r.ops, err = freeAddress()
	if err != nil {
		return err
	}
	r.server, err = start(ctx, filepath.Join(r.data, "address"), "/healthz/readiness", r.binary,
		"--data", r.data, "--listen", "127.0.0.1:0", "--limits", "off", "--ops-listen", r.ops, "--log-level", "warn",
		"--trusted-proxies", "127.0.0.1")
	if err != nil {
		return err
	}
	defer r.server.stop()
	if err := r.settle(ctx); err != nil {
		return err
	}
	idle, err := r.server.resident()
	if err != nil {
		return err
	}
	fmt.Fprintf(r.table, "\n%d items (seeded in %.1f s): ready after %d ms, idle %.1f MB\n",
		r.items, seeding.Seconds(), r.server.ready.Milliseconds(), float64(idle)/1e6)
	fmt.Fprintf(r.table, "%-22s %8s %10s %10s %10s %12s\n", "", "callers", "requests/s", "p50 ms", "p99 ms", "cpu µs each")
	return r.figures(ctx)
}

// line is a line of the table.
type line struct {
	name    string
	server  *process
	callers int
	want    int
	next    request
}

// figures takes the figures and prints a line for each.
func (r *run) figures(ctx context.Context) error {
	bare, err := r.startBare(ctx)
	if err != nil {
		return err
	}
	defer bare.stop()
	token, err := signIn(ctx, r.server.url, filepath.Join(r.data, "outbox"))
	if err != nil {
		return fmt.Errorf("sign in: %w", err)
	}
	bareRate := map[int]float64{} // by callers
	for _, l := range []line{
		{"bare handler", bare, 1, 200, r.get(bare.url)},
		{"bare handler", bare, callers, 200, r.get(bare.url)},
		{"get one", r.server, 1, 200, r.get(r.server.url)},
		{"get one", r.server, callers, 200, r.get(r.server.url)},
		{"get one, signed in", r.server, 1, 200, signedIn(token, r.get(r.server.url))},
		{"get one, signed in", r.server, callers, 200, signedIn(token, r.get(r.server.url))},
		{"list 20 newest", r.server, callers, 200, r.fixed("/v1/prompts?limit=20")},
		{"list 20 of one owner", r.server, callers, 200, r.fixed("/v1/prompts?limit=20&owner=" + r.seeded.handle)},
		{"create one", r.server, 1, 201, r.create},
		{"create one", r.server, writers, 201, r.create},
		{"star one", r.server, 1, 200, r.star},
		{"copy one", r.server, 1, 200, r.copies()},
		{"copy one", r.server, writers, 200, r.copies()},
		{"ask for a code", r.server, 1, 202, r.ask},
	} {
		if err := r.settle(ctx); err != nil { // what the last one left to be done
			return err
		}
		f, commits, err := r.figure(ctx, l)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		if l.server == bare {
			bareRate[l.callers] = f.rate
		}
		note := ""
		if bare := bareRate[l.callers]; bare > 0 {
			note = fmt.Sprintf("%.0f %% of bare", 100*f.rate/bare)
		}
		if l.want == http.StatusCreated {
			note = fmt.Sprintf("%.2f fsyncs a create", commits/float64(f.requests))
		}
		fmt.Fprintf(r.table, "%-22s %8d %10.0f %10.2f %10.2f %12.0f   %s\n",
			l.name, l.callers, f.rate, ms(f.p50), ms(f.p99), float64(f.cpu.Microseconds()), note)
	}
	return r.afterwards(ctx)
}

// afterwards measures what requests leave to be done, and what waiting costs.
func (r *run) afterwards(ctx context.Context) error {
	if err := r.settle(ctx); err != nil {
		return err
	}
	p50, p99, err := r.counted(ctx)
	if err != nil {
		return fmt.Errorf("count: %w", err)
	}
	fmt.Fprintf(r.table, "copy to counted, at %d interactions/s: p50 %.0f ms, p99 %.0f ms\n", interactionRate, ms(p50), ms(p99))
	time.Sleep(rankedWithin)
	if err := r.settle(ctx); err != nil {
		return err
	}
	cost, err := r.poll(ctx)
	if err != nil {
		return fmt.Errorf("poll: %w", err)
	}
	fmt.Fprintf(r.table, "%d readers that wait for changes: %.1f MB more, %.1f ms of CPU a second\n", pollers, float64(cost.memory)/1e6, ms(cost.cpu))
	return nil
}

// figure takes one figure, and how often the library was synced meanwhile.
func (r *run) figure(ctx context.Context, l line) (f figure, commits float64, err error) {
	commitsBefore, err := r.commits(ctx)
	if err != nil {
		return f, 0, err
	}
	cpuBefore, err := l.server.cpu()
	if err != nil {
		return f, 0, err
	}
	if f, err = load(ctx, l.callers, r.period, l.want, l.next); err != nil {
		return f, 0, err
	}
	cpu, err := l.server.cpu()
	if err != nil {
		return f, 0, err
	}
	f.cpu = (cpu - cpuBefore) / time.Duration(f.requests)
	commits, err = r.commits(ctx)
	return f, commits - commitsBefore, err
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// startBare starts the bare handler on what the server answers for one item.
func (r *run) startBare(ctx context.Context) (*process, error) {
	res, err := http.Get(r.server.url + "/v1/prompts/" + r.seeded.ids[0])
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(r.data, "bare")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(ctx, file+".address", "/v1/prompts/x", self, "-bare", file)
}

// get asks for one item after another, spread over the library.
func (r *run) get(url string) request {
	return func(ctx context.Context, n int) (*http.Request, error) {
		id := r.seeded.ids[n*7919%len(r.seeded.ids)]
		return http.NewRequestWithContext(ctx, http.MethodGet, url+"/v1/prompts/"+id, nil)
	}
}

func (r *run) fixed(path string) request {
	return func(ctx context.Context, _ int) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, r.server.url+path, nil)
	}
}

func (r *run) create(ctx context.Context, n int) (*http.Request, error) {
	body, err := json.Marshal(map[string]string{
		"name": fmt.Sprint("Created ", n), "description": "Made by a benchmark.", "content": content(n), "visibility": "public",
	})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.server.url+"/v1/prompts", bytes.NewReader(body))
	if err == nil {
		req.Header.Set("Authorization", "Bearer "+r.seeded.key)
		req.Header.Set("Content-Type", "application/json")
	}
	return req, err
}

// commitsMetric is how often the library's database was synced.
var commitsMetric = regexp.MustCompile(`(?m)^promptz_sqlite_commits_total\{collection="library"\} (\S+)$`)

// commits reads how many commits the server has made.
func (r *run) commits(ctx context.Context) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.ops+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	match := commitsMetric.FindSubmatch(text)
	if match == nil {
		return 0, fmt.Errorf("no promptz_sqlite_commits_total in the metrics")
	}
	return strconv.ParseFloat(string(match[1]), 64)
}
