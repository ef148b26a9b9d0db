package awstest

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"promptz/internal/launcher"
)

// MinistackVariable is the environment variable that holds the absolute path of
// the program ministack (https://pypi.org/project/ministack), which answers the
// APIs of EventBridge, SQS, Lambda, Step Functions and others. What runs is the
// launcher ministack/main.py, by the Python beside the program.
const MinistackVariable = "PROMPTZ_TEST_MINISTACK"

//go:embed ministack/main.py
var ministackLauncher string

// Ministack is a running ministack. It keeps what it is given in memory: tests
// name what they make by rand.Text. It is safe for concurrent use.
type Ministack struct {
	endpoint string
	process  *launcher.Process // held, or the collector would close its lifeline

	credentials aws.CredentialsProviderFunc // nil is those of [Config]
}

// MinistackUnderIAM is the variable with which a ministack asks IAM about every call.
// The credentials of [Config] are the root's of its account, who may do everything.
const MinistackUnderIAM = "AUTH=true"

// OpenMinistack starts the ministack of program, an absolute path, on 127.0.0.1
// and a free port, with variables ("name=value") more in its environment, and
// returns when it answers. ctx bounds the start only. The
// cleanup ends the server with all it has started, and returns when it is gone; a
// server whose cleanup was never called ends together with this process, however
// that ends.
func OpenMinistack(ctx context.Context, program string, variables ...string) (*Ministack, func(), error) {
	if !filepath.IsAbs(program) {
		return nil, nil, fmt.Errorf("start ministack: program %q is not an absolute path", program)
	}
	python := filepath.Join(filepath.Dir(program), "python3")
	c := exec.Command(python, "-c", ministackLauncher)
	c.Env = append(os.Environ(), variables...)
	p, port, err := launcher.Start(ctx, c)
	if err != nil {
		return nil, nil, fmt.Errorf("start ministack: %w", err)
	}
	m := &Ministack{endpoint: fmt.Sprintf("http://127.0.0.1:%d", port), process: p}
	if _, err := sts.NewFromConfig(m.Config()).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}); err != nil {
		p.Kill()
		return nil, nil, fmt.Errorf("ask ministack: %w", err)
	}
	return m, p.Kill, nil
}

// sharedMinistack is the one server of this test binary.
var sharedMinistack struct {
	once   sync.Once
	server *Ministack
	err    error
}

// StartMinistack returns the server that all tests of this binary share, and
// starts it for the first of them. It skips t when MinistackVariable is not set,
// and fails it when the server does not start. The server ends with the binary.
func StartMinistack(t testing.TB) *Ministack {
	t.Helper()
	program := os.Getenv(MinistackVariable)
	if program == "" {
		t.Skipf("%s is not set: see make test-aws", MinistackVariable)
	}
	s := &sharedMinistack
	s.once.Do(func() {
		ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
		defer cancel()
		s.server, _, s.err = OpenMinistack(ctx, program)
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.server
}

// Endpoint is the server's URL, for every service.
func (m *Ministack) Endpoint() string { return m.endpoint }

// Config returns what clients of the server are made of, by any service's
// NewFromConfig.
func (m *Ministack) Config() aws.Config {
	cfg := Config(m.endpoint)
	if m.credentials != nil {
		cfg.Credentials = m.credentials
	}
	return cfg
}

// Environment returns the variables ("name=value") that let a process, or after
// testing.T.Setenv this one, open a URL with Endpoint as its endpoint.
func (m *Ministack) Environment() []string { return environment() }
