package server

import "net/http"

// response watches what is answered: the status and how many bytes.
type response struct {
	http.ResponseWriter
	status int // 0 before the header is sent
	bytes  int64
	// before is called once, right before the header is sent; nil is nothing.
	before func()
}

func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK { // what is below comes before the header
		w.status = status
		if w.before != nil {
			w.before()
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(b []byte) (int, error) {
	w.begin()
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Flush implements [http.Flusher], which is how compression asks for it.
func (w *response) Flush() {
	w.begin()
	// Who can't flush sends later: nothing is lost.
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// begin sends the header where a handler left that to us.
func (w *response) begin() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
}
