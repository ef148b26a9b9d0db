package awstest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// patience is how long a launcher has to end by itself.
const patience = 5 * time.Second

// process is a running launcher (dynamodblocal/Main.java, ministack/main.py).
type process struct {
	cmd *exec.Cmd
	// lifeline is the launcher's standard input. The system closes it when this
	// process dies, by whatever cause, and then the launcher ends. A signal on the
	// parent's death would be Linux only, and come when a mere thread ends.
	lifeline io.Closer
	stop     sync.Once
}

// startProcess runs a launcher and returns the port it has said it listens on.
func startProcess(ctx context.Context, cmd *exec.Cmd) (*process, int, error) {
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

// kill ends the process and waits until it is gone. A launcher that does not end
// by itself, which lets it end what it has started, is killed by its id.
func (p *process) kill() {
	p.stop.Do(func() {
		_ = p.lifeline.Close()
		late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
		defer late.Stop()
		_ = p.cmd.Wait()
	})
}
