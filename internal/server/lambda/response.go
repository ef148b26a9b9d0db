package lambda

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// recorder keeps an answer until it is whole. Not safe for concurrent use, as no
// [http.ResponseWriter] is.
type recorder struct {
	header http.Header
	sent   http.Header // as it was when the answer began; nil before
	status int
	body   bytes.Buffer
	silent bool // the answer has no body: to HEAD, or by its status
	head   bool
	kept   int // bytes of a body that an answer to HEAD has not
}

func newRecorder(method string) *recorder {
	return &recorder{header: http.Header{}, head: method == http.MethodHead}
}

// Header gives the header to come.
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader begins the answer. What is below 200 comes before one, and can't be
// sent here.
func (w *recorder) WriteHeader(status int) {
	if w.sent != nil || status < http.StatusOK {
		return
	}
	w.status, w.sent = status, w.header.Clone()
	bare := status == http.StatusNoContent || status == http.StatusNotModified
	w.silent, w.head = w.head || bare, w.head && !bare
}

// Write adds to the answer. Like net/http it says what type a body is of that
// nobody said it of.
func (w *recorder) Write(b []byte) (int, error) {
	if w.sent == nil {
		if _, typed := w.header["Content-Type"]; !typed && len(b) > 0 && w.header.Get("Content-Encoding") == "" {
			w.header.Set("Content-Type", http.DetectContentType(b))
		}
		w.WriteHeader(http.StatusOK)
	}
	if w.silent {
		w.kept += len(b)
		return len(b), nil
	}
	return w.body.Write(b)
}

// Flush implements [http.Flusher]. It sends nothing, as an answer goes out whole:
// a stream is one batch.
func (w *recorder) Flush() { w.WriteHeader(http.StatusOK) }

// encode makes the document that the gateway makes an answer of.
func encode(w *recorder) ([]byte, error) {
	w.WriteHeader(http.StatusOK) // where the handler left that to us
	out := events.APIGatewayV2HTTPResponse{StatusCode: w.status, Headers: map[string]string{}}
	for name, values := range w.sent {
		if len(values) == 0 {
			continue
		}
		switch name {
		case "Set-Cookie":
			out.Cookies = values
		case "Connection", "Keep-Alive", "Transfer-Encoding", "Trailer", "Upgrade": // of a connection that is not ours
		case "Content-Length": // the gateway's own, but for a body that is not there
			if w.head {
				out.Headers[name] = values[0]
			}
		default:
			out.Headers[name] = strings.Join(values, ", ")
		}
	}
	if w.sent.Get("Content-Type") == "" { // the gateway makes one up, even where there is no body
		out.Headers["X-Content-Type-Options"] = "nosniff"
	}
	if w.head && w.kept > 0 && w.sent.Get("Content-Length") == "" { // as net/http does
		out.Headers["Content-Length"] = strconv.Itoa(w.kept)
	}
	body := w.body.Bytes()
	if coding := w.sent.Get("Content-Encoding"); (coding == "" || coding == "identity") && utf8.Valid(body) {
		out.Body = string(body)
	} else {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it would make six bytes of one
	if err := e.Encode(out); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return b.Bytes(), nil
}
