package server

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// compressFrom is how many bytes an answer has at least to be compressed.
const compressFrom = 1 << 10

// What marks the entity tag of a compressed representation. gzhttp insists that
// its suffix names the coding; ours is the contract's.
const (
	gzhttpSuffix = "-gzip"
	gzipSuffix   = "-gz"
)

// compress compresses what is worth it for who accepts gzip. A tag of the answer
// gets a suffix then. A 304 keeps the tag that its handler gave it: that which
// the caller knows the representation by. HEAD is answered uncompressed.
func compress(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(compressFrom),
		gzhttp.SuffixETag(gzhttpSuffix),
		gzhttp.EnableZstd(false),
	)
	if err != nil {
		return nil, fmt.Errorf("make compression: %w", err)
	}
	compressed := wrap(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		renamed := &response{ResponseWriter: w, before: func() { renameTag(w.Header()) }}
		compressed.ServeHTTP(renamed, r)
	}), nil
}

func renameTag(h http.Header) {
	if tag, ok := strings.CutSuffix(h.Get("ETag"), gzhttpSuffix+`"`); ok {
		h.Set("ETag", tag+gzipSuffix+`"`)
	}
}
