// Package launcher runs what others wrote as a process of its own, for tests. A
// launcher is a small program around it, which prints "port N" when it listens on
// 127.0.0.1, and ends when its standard input does. It leans on the standard library
// alone.
package launcher

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// patience is how long a launcher has to end by itself.
const patience = 5 * time.Second

// Process is a running launcher. Whoever started one holds it: the collector would
// close its lifeline.
type Process struct {
	cmd *exec.Cmd
	// lifeline is the launcher's standard input. The system closes it when this
	// process dies, by whatever cause, and then the launcher ends. A signal on the
	// parent's death would be Linux only, and come when a mere thread ends.
	lifeline io.Closer
	stop     sync.Once
}

// Start runs a launcher and gives the port it has said it listens on. ctx bounds the
// start only.
func Start(ctx context.Context, cmd *exec.Cmd) (*Process, int, error) {
	var problems bytes.Buffer
	cmd.Stderr = &problems
	cmd.WaitDelay = patience // for what it has started and left behind, which may hold its output
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return nil, 0, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, 0, err
	}
	if err := cmd.Start(); err != nil {
		return nil, 0, err
	}
	p := &Process{cmd: cmd, lifeline: lifeline}
	port, err := awaitPort(ctx, output)
	if err != nil {
		p.Kill()
		return nil, 0, fmt.Errorf("%w; it said: %s", err, bytes.TrimSpace(problems.Bytes()))
	}
	return p, port, nil
}

// Java is the command that runs the launcher Main of a folder, an absolute path, that
// fetch.sh has filled.
func Java(folder string, args ...string) (*exec.Cmd, error) {
	if !filepath.IsAbs(folder) {
		return nil, fmt.Errorf("folder %q is not an absolute path", folder)
	}
	lib := filepath.Join(folder, "lib")
	classes := filepath.Join(folder, "classes") + string(filepath.ListSeparator) + filepath.Join(lib, "*")
	options := []string{"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.library.path=" + lib, "-cp", classes, "Main"}
	return exec.Command("java", append(options, args...)...), nil
}

// awaitPort reads the launcher's output until it names its port, and goes on
// reading so that the launcher never blocks on what it prints.
func awaitPort(ctx context.Context, output io.Reader) (int, error) {
	found := make(chan int, 1)
	go func() {
		defer close(found)
		lines := bufio.NewScanner(output)
		for lines.Scan() {
			var port int
			if n, _ := fmt.Sscanf(lines.Text(), "port %d", &port); n == 1 {
				found <- port
				break
			}
		}
		_, _ = io.Copy(io.Discard, output)
	}()
	select {
	case port, ok := <-found:
		if !ok {
			return 0, errors.New("ended without naming its port")
		}
		return port, nil
	case <-ctx.Done():
		return 0, fmt.Errorf("await port: %w", ctx.Err())
	}
}

// Kill ends the process and waits until it is gone. A launcher that does not end
// by itself, which lets it end what it has started, is killed by its id. It is safe
// for concurrent use.
func (p *Process) Kill() {
	p.stop.Do(func() {
		_ = p.lifeline.Close()
		late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
		defer late.Stop()
		_ = p.cmd.Wait()
	})
}
