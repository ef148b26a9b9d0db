package app

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"promptz/internal/config"
	"promptz/internal/promptz"
)

// BenchmarkHandler measures what requests cost without the network.
func BenchmarkHandler(b *testing.B) {
	handler, ids := benchHandler(b)
	for _, bench := range []struct{ name, path string }{
		{"Get", "/v1/prompts/" + ids[7]},
		{"List20", "/v1/prompts?limit=20"},
		{"Health", "/healthz/liveness"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, bench.path, nil)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatalf("status %d: %s", w.Code, w.Body)
				}
			}
		})
	}
}

func benchHandler(b *testing.B) (http.Handler, []string) {
	cfg, err := LoadConfig(&config.Flags{}, []string{"PROMPTZ_DATA=" + b.TempDir(), "PROMPTZ_LISTEN=127.0.0.1:0", "PROMPTZ_LIMITS=off", "PROMPTZ_HOSTS=example.com"})
	if err != nil {
		b.Fatal(err)
	}
	tools, cleanup, err := OpenTools(b.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer cleanup()
	u, err := tools.Identity.CreateUser(b.Context(), "maria", promptz.RoleUser, "")
	if err != nil {
		b.Fatal(err)
	}
	var ids []string
	for n := range 100 {
		item := testItem(b, n)
		item.OwnerID, item.Name = u.ID, fmt.Sprint("Prompt ", n)
		if err := tools.Items.CreateItem(b.Context(), item, promptz.Marks{}); err != nil {
			b.Fatal(err)
		}
		ids = append(ids, item.ID)
	}
	a, closeApp, err := Open(b.Context(), cfg, slog.New(slog.NewJSONHandler(io.Discard, nil)))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(closeApp)
	return a.handler, ids
}
