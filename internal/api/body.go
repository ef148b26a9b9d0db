package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"promptz/internal/promptz"
)

// Limits on bodies, in bytes.
const (
	maxItemBody  = 4 << 20
	maxOtherBody = 64 << 10
)

// The media types of bodies.
const (
	typeJSON       = "application/json"
	typeMergePatch = "application/merge-patch+json" // RFC 7396
	typeMarkdown   = "text/markdown"                // RFC 7763
)

// readBody gives the request's body, which must be there, of mediaType and at
// most limit bytes long.
func readBody(w http.ResponseWriter, r *http.Request, mediaType string, limit int64) ([]byte, error) {
	body, err := readOptionalBody(w, r, mediaType, limit)
	if err == nil && len(body) == 0 {
		return nil, promptz.Errorf(CodeUnreadable, "The body is empty.")
	}
	return body, err
}

// readOptionalBody is readBody for a body that may be empty; then its type does
// not count.
func readOptionalBody(w http.ResponseWriter, r *http.Request, mediaType string, limit int64) ([]byte, error) {
	tooLarge := promptz.Errorf(promptz.CodeTooLarge, "The body may have at most %d bytes.", limit)
	if r.ContentLength > limit {
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge
	}
	if err != nil {
		return nil, promptz.Errorf(CodeUnreadable, "The body ended before it was complete.")
	}
	if len(body) > 0 && !hasType(r.Header.Get("Content-Type"), mediaType) {
		if mediaType == typeMergePatch {
			w.Header().Set("Accept-Patch", typeMergePatch) // RFC 5789, section 2.2
		}
		return nil, promptz.Errorf(CodeUnsupported, "The body has to be %s in UTF-8.", mediaType)
	}
	return body, nil
}

// hasType tells whether a Content-Type is mediaType in UTF-8.
func hasType(contentType, mediaType string) bool {
	got, params, err := mime.ParseMediaType(contentType)
	if err != nil || got != mediaType {
		return false
	}
	charset, ok := params["charset"]
	return !ok || strings.EqualFold(charset, "utf-8")
}
