// Command bench measures Promptz over HTTP, in a process of its own, on
// libraries of growing size, beside a bare handler that answers the same bytes,
// and prints a table. Figures are worth something only against others of the
// same run: see docs/benchmarks.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	sizes := flag.String("items", "1000,10000,100000", "sizes of library to measure, in items")
	period := flag.Duration("for", 3*time.Second, "how long each figure is taken")
	bare := flag.String("bare", "", "be the bare handler that answers this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := error(nil)
	if *bare != "" {
		err = serveBare(ctx, *bare)
	} else {
		err = bench(ctx, *sizes, *period)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench measures each size in turn, in a folder of its own.
func bench(ctx context.Context, sizes string, period time.Duration) error {
	dir, err := os.MkdirTemp("", "promptz-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "promptz")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "./cmd/server")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	for _, s := range strings.Split(sizes, ",") {
		items, err := strconv.Atoi(s)
		if err != nil {
			return fmt.Errorf("-items: %w", err)
		}
		run := &run{binary: binary, data: filepath.Join(dir, s), items: items, period: period, table: os.Stdout}
		if err := run.measure(ctx); err != nil {
			return fmt.Errorf("%d items: %w", items, err)
		}
		os.RemoveAll(run.data)
	}
	return nil
}
