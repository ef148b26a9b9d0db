package awstest

import (
	"bufio"
	"context"
	_ "embed"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// MotoVariable is the environment variable that holds the path of moto's
// moto_server (https://docs.getmoto.org), which answers AWS's APIs. What runs is
// the launcher moto/main.py, by the Python beside it.
const MotoVariable = "PROMPTZ_TEST_MOTO"

//go:embed moto/main.py
var motoLauncher string

// motoServes is the line by which moto tells where it listens.
var motoServes = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)

// StartMoto starts moto on 127.0.0.1 and a free port, with variables ("name=value")
// more in its environment, and gives its URL. It is killed when the test ends,
// and ends with this process at the latest. It skips t when MotoVariable is not set.
func StartMoto(t testing.TB, variables ...string) (endpoint string) {
	t.Helper()
	server := os.Getenv(MotoVariable)
	if server == "" {
		t.Skipf("%s is not set: see make test-aws", MotoVariable)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	c := exec.CommandContext(ctx, filepath.Join(filepath.Dir(server), "python3"), "-c", motoLauncher, "--host", "127.0.0.1", "--port", "0")
	c.Env = append(os.Environ(), variables...)
	lifeline, err := c.StdinPipe() // see launcher.Process
	if err != nil {
		t.Fatal(err)
	}
	said, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lifeline.Close(); cancel(); c.Wait() })
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if match := motoServes.FindStringSubmatch(lines.Text()); match != nil {
			go io.Copy(io.Discard, said)
			return match[1]
		}
	}
	t.Fatalf("moto ended before it served: %v", lines.Err())
	return ""
}
