package awstest

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// FaultyDynamoDB is a server before a DynamoDB that lets happen on the wire what the
// real one and the way to it do, and the local one never does by itself. It is safe
// for concurrent use.
type FaultyDynamoDB struct {
	behind *DynamoDB
	server *httptest.Server
	client *http.Client

	mu     sync.Mutex
	faults []*Fault
}

// Fault is something that happens to requests of one operation. Of several that are
// armed for one, the first that is not over happens.
type Fault struct {
	Operation string // as the API names it, such as "BatchGetItem"; "" is any
	After     int    // how many of them pass before
	Times     int    // to how many it happens then; 0 is to all
	Happens   Happening

	passed, happened int
}

// Happening answers a request in the place of the server, or does not.
type Happening func(w http.ResponseWriter, r *Exchange)

// Exchange is a request that was not answered yet.
type Exchange struct {
	*http.Request
	Operation string
	Body      []byte // in JSON

	forward func(*http.Request, []byte) (*http.Response, []byte, error)
}

// NewFaultyDynamoDB starts a server before another on 127.0.0.1 and a free port. It
// ends with t. Without an armed fault it passes everything on.
func NewFaultyDynamoDB(t testing.TB, behind *DynamoDB) *FaultyDynamoDB {
	f := &FaultyDynamoDB{behind: behind, client: &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 100}}}
	f.server = httptest.NewServer(f)
	t.Cleanup(func() {
		f.server.CloseClientConnections() // some wait for an answer
		f.server.Close()
		f.client.CloseIdleConnections()
	})
	return f
}

// Endpoint is the server's URL.
func (f *FaultyDynamoDB) Endpoint() string { return f.server.URL }

// CollectionURL is [DynamoDB.CollectionURL] by way of this server.
func (f *FaultyDynamoDB) CollectionURL(table string) string {
	return strings.Replace(f.behind.CollectionURL(table), url.QueryEscape(f.behind.Endpoint()), url.QueryEscape(f.Endpoint()), 1)
}

// Arm lets faults happen, and none that was armed before.
func (f *FaultyDynamoDB) Arm(faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = nil
	for _, fault := range faults {
		f.faults = append(f.faults, &fault)
	}
}

// Waiting is how many of the armed faults have not happened as often as they are
// to; of those that happen to all, that did not happen.
func (f *FaultyDynamoDB) Waiting() (count int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.faults {
		if fault.happened < max(fault.Times, 1) {
			count++
		}
	}
	return count
}

// Happened is how often the armed faults happened.
func (f *FaultyDynamoDB) Happened() (times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.faults {
		times += fault.happened
	}
	return times
}

// ServeHTTP lets happen what is armed, and passes on all else.
func (f *FaultyDynamoDB) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	x := &Exchange{r, operation, body, f.forward}
	if happens := f.next(operation); happens != nil {
		happens(w, x)
		return
	}
	x.pass(w)
}

// next is what happens to a request of an operation; nil is nothing.
func (f *FaultyDynamoDB) next(operation string) Happening {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, fault := range f.faults {
		switch {
		case fault.Operation != "" && fault.Operation != operation, fault.Times > 0 && fault.happened == fault.Times:
			continue
		case fault.passed < fault.After:
			fault.passed++
			return nil
		}
		fault.happened++
		return fault.Happens
	}
	return nil
}

// forward asks the server behind.
func (f *FaultyDynamoDB) forward(r *http.Request, body []byte) (*http.Response, []byte, error) {
	ask, err := http.NewRequestWithContext(r.Context(), r.Method, f.behind.Endpoint()+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	ask.Header = r.Header.Clone()
	answer, err := f.client.Do(ask)
	if err != nil {
		return nil, nil, err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	return answer, said, err
}

// Done lets the server behind do what is asked, also for a client that is gone
// meanwhile, and tells nobody.
func (x *Exchange) Done() error {
	answer, said, err := x.forward(x.WithContext(context.WithoutCancel(x.Context())), x.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(string(said))
	}
	return err
}

// pass gives the answer of the server behind.
func (x *Exchange) pass(w http.ResponseWriter) {
	answer, said, err := x.forward(x.Request, x.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = w.Write(said)
}

// answer writes JSON as DynamoDB does, with the checksum that the SDK looks at; of
// a refusal it logs in vain that there is one.
func answer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if status == http.StatusOK {
		w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
