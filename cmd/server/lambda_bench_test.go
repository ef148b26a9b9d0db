package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"promptz/internal/awstest"
	"promptz/internal/server/lambda/runtimetest"
)

// BenchmarkStartOnLambda takes the time from a process's start to its first answer, a
// list, with documents in SQLite and in DynamoDB Local.
func BenchmarkStartOnLambda(b *testing.B) {
	program := filepath.Join(b.TempDir(), "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, said)
	}
	b.Run("sqlite", func(b *testing.B) { startOften(b, program) })
	b.Run("dynamodb", func(b *testing.B) {
		if os.Getenv(awstest.FolderVariable) == "" {
			b.Skip("needs DynamoDB Local: make bench-dynamodb has it")
		}
		startOften(b, program, "DOCUMENTS="+createTables(b))
	})
}

func startOften(b *testing.B, program string, settings ...string) {
	dir := b.TempDir()
	var all time.Duration
	for b.Loop() {
		c := functionConfig(dir, "http", settings...)
		c.Command = program
		begun := time.Now()
		f := runtimetest.Start(b, c)
		answer := httptest.NewRecorder()
		runtimetest.Gateway(f).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "https://prompts.example.com/v1/prompts", nil))
		all += time.Since(begun)
		if answer.Code != http.StatusOK {
			b.Fatalf("it answers %d %s\n%s", answer.Code, answer.Body, f.Output())
		}
		if status, err := f.Terminate(b.Context()); status != 0 || err != nil {
			b.Fatalf("it ends with %d, %v", status, err)
		}
	}
	b.ReportMetric(float64(all.Microseconds())/1000/float64(b.N), "ms/answer")
}
