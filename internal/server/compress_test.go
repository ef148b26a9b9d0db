package server_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tagged answers with n bytes of type mediaType and an entity tag, and with 304
// to who has them, compressed or not.
func tagged(tag, mediaType string, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		known := r.Header.Get("If-None-Match")
		if known != "" && strings.Replace(known, `-gz"`, `"`, 1) == tag {
			w.Header().Set("ETag", known)
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", tag)
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("Content-Length", strconv.Itoa(n))
		w.WriteHeader(http.StatusOK)
		if r.Method != http.MethodHead {
			io.WriteString(w, strings.Repeat("x", n))
		}
	}
}

// seen is what a caller sees of an answer.
type seen struct {
	Status              int
	Encoding, Tag, Size string
	Text                int // bytes, when decoded
}

func see(t *testing.T, res *http.Response) seen {
	t.Helper()
	s := seen{
		Status: res.StatusCode, Encoding: res.Header.Get("Content-Encoding"),
		Tag: res.Header.Get("ETag"), Size: res.Header.Get("Content-Length"),
	}
	body := io.Reader(res.Body)
	if s.Encoding == "gzip" && res.Request.Method != http.MethodHead {
		z, err := gzip.NewReader(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		body, s.Size = z, ""
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	s.Text = len(text)
	return s
}

// TestCompression goes over a connection, for what net/http does to HEAD and 304.
func TestCompression(t *testing.T) {
	t.Parallel()
	const text = "text/plain"
	tests := map[string]struct {
		handler             http.HandlerFunc
		method, accept, has string
		want                seen
	}{
		"large":             {tagged(`"1.a"`, text, 5000), "GET", "gzip", "", seen{200, "gzip", `"1.a-gz"`, "", 5000}},
		"just large enough": {tagged(`"1.a"`, text, 1024), "GET", "gzip", "", seen{200, "gzip", `"1.a-gz"`, "", 1024}},
		"small":             {tagged(`"1.a"`, text, 1023), "GET", "gzip", "", seen{200, "", `"1.a"`, "1023", 1023}},
		"weak tag":          {tagged(`W/"1.a"`, text, 5000), "GET", "gzip", "", seen{200, "gzip", `W/"1.a-gz"`, "", 5000}},
		"no tag":            {tagged("", text, 5000), "GET", "gzip", "", seen{200, "gzip", "", "", 5000}},
		"not accepted":      {tagged(`"1.a"`, text, 5000), "GET", "br", "", seen{200, "", `"1.a"`, "5000", 5000}},
		"refused":           {tagged(`"1.a"`, text, 5000), "GET", "gzip;q=0", "", seen{200, "", `"1.a"`, "5000", 5000}},
		"zstd too":          {tagged(`"1.a"`, text, 5000), "GET", "zstd, gzip", "", seen{200, "gzip", `"1.a-gz"`, "", 5000}},
		"HEAD":              {tagged(`"1.a"`, text, 5000), "HEAD", "gzip", "", seen{200, "", `"1.a"`, "5000", 0}},
		"not worth it":      {tagged(`"1.a"`, "application/zip", 5000), "GET", "gzip", "", seen{200, "", `"1.a"`, "5000", 5000}},
		"known compressed":  {tagged(`"1.a"`, text, 5000), "GET", "gzip", `"1.a-gz"`, seen{304, "", `"1.a-gz"`, "", 0}},
		"known plain":       {tagged(`"1.a"`, text, 5000), "GET", "gzip", `"1.a"`, seen{304, "", `"1.a"`, "", 0}},
		"known weakly":      {tagged(`W/"1.a"`, text, 5000), "GET", "gzip", `W/"1.a-gz"`, seen{304, "", `W/"1.a-gz"`, "", 0}},
		"known, now plain":  {tagged(`"1.a"`, text, 5000), "GET", "identity", `"1.a-gz"`, seen{304, "", `"1.a-gz"`, "", 0}},
		"known to HEAD":     {tagged(`"1.a"`, text, 5000), "HEAD", "gzip", `"1.a-gz"`, seen{304, "", `"1.a-gz"`, "", 0}},
		"stale":             {tagged(`"2.b"`, text, 5000), "GET", "gzip", `"1.a-gz"`, seen{200, "gzip", `"2.b-gz"`, "", 5000}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(newChain(t).handler(t, test.handler))
			t.Cleanup(srv.Close)
			r := httptest.NewRequest(test.method, srv.URL, nil)
			r.RequestURI = "" // as a client has to send it
			r.Header.Set("Accept-Encoding", test.accept)
			if test.has != "" {
				r.Header.Set("If-None-Match", test.has)
			}
			res, err := srv.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if diff := cmp.Diff(test.want, see(t, res)); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if vary := res.Header.Values("Vary"); !slices.Contains(vary, "Accept-Encoding") {
				t.Errorf("Vary: %v", vary)
			}
		})
	}
}

func TestCompressionLeavesWhatIsCompressed(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("compressed by the handler", 100)
	w := newChain(t).serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("ETag", `"its own"`)
		io.WriteString(w, body)
	}, get("/", "Accept-Encoding", "gzip"))
	if w.Body.String() != body || w.Header().Get("ETag") != `"its own"` {
		t.Errorf("ETag = %s, %d bytes of %d", w.Header().Get("ETag"), w.Body.Len(), len(body))
	}
}

// A handler that sends bit by bit is not held up by the compression.
func TestFlushThroughCompression(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"gzip", "identity"} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			w := newChain(t).serve(t, func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, strings.Repeat("x", 2000))
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Errorf("flush: %v", err)
				}
			}, get("/", "Accept-Encoding", encoding))
			if !w.Flushed {
				t.Error("nothing was flushed")
			}
		})
	}
}
