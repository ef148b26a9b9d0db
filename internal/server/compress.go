package server

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
)

// compressFrom is how many bytes an answer has at least to be compressed.
const compressFrom = 1 << 10

// gzipSuffix marks the ETag of a compressed representation.
const gzipSuffix = "-gz"

// compress compresses what is worth it for who accepts gzip.
func compress(next http.Handler) (http.Handler, error) {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(compressFrom),
		gzhttp.SuffixETag(gzipSuffix),
		gzhttp.EnableZstd(false),
	)
	if err != nil {
		return nil, err
	}
	return wrap(next), nil
}
