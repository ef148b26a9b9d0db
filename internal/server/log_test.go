package server_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"promptz/internal/server"
)

func TestLogger(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		format string
		level  slog.Level
		want   string
	}{
		"text":  {"text", slog.LevelInfo, `level=INFO msg="a word" user="a\nb"` + "\n"},
		"json":  {"json", slog.LevelInfo, `"level":"INFO","msg":"a word","user":"a\nb"}` + "\n"},
		"quiet": {"json", slog.LevelWarn, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			server.NewLogger(&b, test.format, test.level).Info("a word", "user", "a\nb")
			if !strings.HasSuffix(b.String(), test.want) || (test.want == "") != (b.Len() == 0) {
				t.Errorf("logged %s, want it to end in %s", b.String(), test.want)
			}
		})
	}
}

// However a logger was made of ours, its lines name their request.
func TestLoggerNamesTheRequest(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	w := c.serve(t, func(_ http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		c.Log.InfoContext(ctx, "plain")
		c.Log.With("a", 1).InfoContext(ctx, "with attributes")
		c.Log.WithGroup("g").InfoContext(ctx, "in a group")
	}, get("/"))
	id := w.Header().Get("X-Request-Id")
	for line := range strings.Lines(c.logged.String()) {
		if strings.Count(line, `"requestId":"`+id+`"`) != 1 {
			t.Errorf("line %s doesn't name request %s once", line, id)
		}
	}
	if n := len(c.lines(t)); n != 4 {
		t.Errorf("%d lines, want 4", n)
	}
}
