package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"
)

// readyWithin is how long a process may take to answer.
const readyWithin = time.Minute

// process is a server that was started for a measurement.
type process struct {
	url   string
	ready time.Duration // from its start to its first answer
	cmd   *exec.Cmd
}

// start starts a server whose address appears in the file address, and waits for
// its first answer at path.
func start(ctx context.Context, address, path string, command string, args ...string) (*process, error) {
	os.Remove(address)
	p := &process{cmd: exec.CommandContext(ctx, command, args...)}
	log, err := os.Create(address + ".log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.cmd.Stderr = log
	begin := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	for time.Since(begin) < readyWithin && ctx.Err() == nil {
		if b, err := os.ReadFile(address); err == nil {
			p.url = "http://" + strings.TrimSpace(string(b))
			if res, err := http.Get(p.url + path); err == nil {
				res.Body.Close()
				if res.StatusCode == http.StatusOK {
					p.ready = time.Since(begin)
					return p, nil
				}
			}
		}
		time.Sleep(time.Millisecond)
	}
	p.stop()
	text, _ := os.ReadFile(log.Name())
	return nil, fmt.Errorf("%s did not answer:\n%s", filepath.Base(command), text)
}

func (p *process) stop() {
	p.cmd.Process.Signal(os.Interrupt)
	p.cmd.Wait()
}

// resident is how much memory the process holds, in bytes (Linux).
func (p *process) resident() (int64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("no VmRSS in /proc")
}

// cpu is how much processor time the process has used (Linux).
func (p *process) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, fields, _ := strings.Cut(string(b), ") ")
	var ticks int64
	for _, field := range strings.Fields(fields)[11:13] { // utime and stime, see proc(5)
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100, nil
}

// serveBare answers every path with the bytes of a file: what gorilla/mux costs
// when it does nothing else. Its address goes to <file>.address.
func serveBare(ctx context.Context, file string) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".address", []byte(listener.Addr().String()), 0o600); err != nil {
		return err
	}
	router := mux.NewRouter()
	router.HandleFunc("/v1/{items}/{ref}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(body)
	})
	server := &http.Server{Handler: router}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
