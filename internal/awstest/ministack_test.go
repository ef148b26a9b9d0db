package awstest_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"promptz/internal/awstest"
	"promptz/internal/launcher"
)

func TestMinistackListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	_, port, err := net.SplitHostPort(hostOf(t, awstest.StartMinistack(t).Endpoint()))
	if err != nil {
		t.Fatal(err)
	}
	launcher.WantLoopbackOnly(t, port)
	// Its MQTT, which has no option for the address, is off.
	if conn, err := net.DialTimeout("tcp", "127.0.0.1:8883", time.Second); err == nil {
		_ = conn.Close()
		t.Error("something answers on port 8883")
	}
}

func TestOneMinistackPerBinary(t *testing.T) {
	t.Parallel()
	if a, b := awstest.StartMinistack(t), awstest.StartMinistack(t); a != b {
		t.Errorf("two servers: %s and %s", a.Endpoint(), b.Endpoint())
	}
}

func TestMinistackAnswersItsConfig(t *testing.T) {
	t.Parallel()
	client := sqs.NewFromConfig(awstest.StartMinistack(t).Config())
	name := "awstest-" + strings.ToLower(t.Name())
	made, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(*made.QueueUrl, name) {
		t.Errorf("queue is %s, want one that ends with %s", *made.QueueUrl, name)
	}
}

func TestMinistackRefusals(t *testing.T) {
	t.Parallel()
	awstest.StartMinistack(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name    string
		ctx     context.Context
		program string
		want    string
	}{
		{"relative program", t.Context(), "ministack", "not an absolute path"},
		{"no program", t.Context(), t.TempDir() + "/ministack", "no such file"},
		{"no time", ended, os.Getenv(awstest.MinistackVariable), "context canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := awstest.OpenMinistack(c.ctx, c.program)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
}

func TestMinistackEndsWithItsCleanup(t *testing.T) {
	t.Parallel()
	awstest.StartMinistack(t)
	m, cleanup, err := awstest.OpenMinistack(t.Context(), os.Getenv(awstest.MinistackVariable))
	if err != nil {
		t.Fatal(err)
	}
	cleanup()
	cleanup()
	if conn, err := net.Dial("tcp", hostOf(t, m.Endpoint())); err == nil {
		_ = conn.Close()
		t.Error("answers after the cleanup")
	}
}

func TestMinistackEndsWithItsParent(t *testing.T) {
	t.Parallel()
	awstest.StartMinistack(t)
	endsWithParent(t, "TestMinistackHelperThatDies")
}

func TestMinistackHelperThatDies(t *testing.T) {
	if os.Getenv(helperVariable) == "" {
		t.Skip("is run by TestMinistackEndsWithItsParent")
	}
	_, _ = os.Stdout.WriteString(awstest.StartMinistack(t).Endpoint() + "\n")
	_, _ = os.Stdin.Read(make([]byte, 1))
	panic("as told")
}

func TestMotoEndsWithItsParent(t *testing.T) {
	t.Parallel()
	awstest.StartMoto(t)
	endsWithParent(t, "TestMotoHelperThatDies")
}

func TestMotoHelperThatDies(t *testing.T) {
	if os.Getenv(helperVariable) == "" {
		t.Skip("is run by TestMotoEndsWithItsParent")
	}
	_, _ = os.Stdout.WriteString(awstest.StartMoto(t) + "\n")
	_, _ = os.Stdin.Read(make([]byte, 1))
	os.Exit(3) // so that no cleanup runs
}

// endsWithParent runs a test of this binary that starts a server, prints its URL
// and dies, and fails t unless the server ends too.
func endsWithParent(t *testing.T, test string) {
	t.Helper()
	helper := exec.Command(os.Args[0], "-test.run=^"+test+"$")
	helper.Env = append(os.Environ(), helperVariable+"=1")
	dies, err := helper.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := helper.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := helper.Start(); err != nil {
		t.Fatal(err)
	}
	endpoint, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", hostOf(t, strings.TrimSpace(endpoint)))
	if err != nil {
		t.Fatal(err)
	}
	_ = dies.Close()
	if err := helper.Wait(); err == nil {
		t.Error("the helper ended well, want a panic")
	}
	// The connection is idle: it ends when the server does.
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the server outlives the process that started it")
	}
}
