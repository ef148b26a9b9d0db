package awstest

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
)

// process is a running Java launcher (dynamodblocal/Main.java).
type process struct {
	cmd *exec.Cmd
	// lifeline is the launcher's standard input. The system closes it when this
	// process dies, by whatever cause, and then the launcher ends. A signal on the
	// parent's death would be Linux only, and come when a mere thread ends.
	lifeline io.Closer
	stop     sync.Once
}

// startProcess runs the launcher and returns the port it has said it listens on.
func startProcess(ctx context.Context, folder string) (*process, int, error) {
	if !filepath.IsAbs(folder) {
		return nil, 0, fmt.Errorf("folder %q is not an absolute path", folder)
	}
	lib := filepath.Join(folder, "lib")
	classes := filepath.Join(folder, "classes") + string(filepath.ListSeparator) + filepath.Join(lib, "*")
	cmd := exec.Command("java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
		"-Djava.library.path="+lib, "-cp", classes,
		"Main", "-inMemory", "-sharedDb", "-disableTelemetry")
	var problems bytes.Buffer
	cmd.Stderr = &problems
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
	p := &process{cmd: cmd, lifeline: lifeline}
	port, err := awaitPort(ctx, output)
	if err != nil {
		p.kill()
		return nil, 0, fmt.Errorf("%w; it said: %s", err, bytes.TrimSpace(problems.Bytes()))
	}
	return p, port, nil
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

// kill ends the process by its id and waits until it is gone.
func (p *process) kill() {
	p.stop.Do(func() {
		_ = p.lifeline.Close()
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
}
