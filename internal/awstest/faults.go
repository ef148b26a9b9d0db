package awstest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
)

// Refuse answers with an error as the API names it, such as "ThrottlingException".
func Refuse(status int, code string) Happening {
	return func(w http.ResponseWriter, _ *Exchange) { refuse(w, status, map[string]any{"__type": code}) }
}

// Throttle answers that a table has no capacity left.
func Throttle() Happening {
	return Refuse(http.StatusBadRequest, "ProvisionedThroughputExceededException")
}

// Break answers that the service itself failed.
func Break() Happening { return Refuse(http.StatusInternalServerError, "InternalServerError") }

// Cancel answers that a transaction was cancelled. reasons are those of its writes
// in their order, such as "TransactionConflict" and "None"; of those that are
// missing there is none.
func Cancel(reasons ...string) Happening {
	return func(w http.ResponseWriter, r *Exchange) {
		list := make([]map[string]string, len(writtenBy(r.Body)))
		for i := range list {
			list[i] = map[string]string{"Code": "None"}
			if i < len(reasons) {
				list[i]["Code"] = reasons[i]
			}
		}
		refuse(w, http.StatusBadRequest, map[string]any{"__type": "TransactionCanceledException", "CancellationReasons": list})
	}
}

// CutBefore closes the connection before anything is done.
func CutBefore() Happening { return func(w http.ResponseWriter, _ *Exchange) { cut(w) } }

// CutAfter does what is asked, and closes the connection in the place of an answer.
func CutAfter() Happening {
	return func(w http.ResponseWriter, r *Exchange) {
		_ = r.Done()
		cut(w)
	}
}

// Hang does what is asked, calls done, and never answers.
func Hang(done func()) Happening {
	return func(_ http.ResponseWriter, r *Exchange) {
		_ = r.Done()
		done()
		<-r.Context().Done()
	}
}

// Part answers a batch read for its first keys alone, at most so many of each
// table. The others come back as unprocessed.
func Part(keys int) Happening {
	return func(w http.ResponseWriter, r *Exchange) {
		var asked struct {
			RequestItems map[string]map[string]json.RawMessage
		}
		if err := json.Unmarshal(r.Body, &asked); err != nil {
			panic(err) // it is no batch read
		}
		first, rest := map[string]any{}, map[string]any{}
		for table, of := range asked.RequestItems {
			var all []json.RawMessage
			if err := json.Unmarshal(of["Keys"], &all); err != nil {
				panic(err)
			}
			n := min(keys, len(all))
			first[table], rest[table] = withKeys(of, all[:n]), withKeys(of, all[n:])
			if n == 0 {
				delete(first, table)
			}
			if n == len(all) {
				delete(rest, table)
			}
		}
		said := map[string]any{"Responses": map[string]any{}}
		if len(first) > 0 {
			_, body, err := r.forward(r.Request, mustEncode(map[string]any{"RequestItems": first}))
			if err == nil {
				err = json.Unmarshal(body, &said)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
		}
		said["UnprocessedKeys"] = rest
		answer(w, http.StatusOK, mustEncode(said))
	}
}

// withKeys gives what is asked of a table, for other keys.
func withKeys(of map[string]json.RawMessage, keys []json.RawMessage) map[string]any {
	other := map[string]any{}
	for name, value := range of {
		other[name] = value
	}
	other["Keys"] = keys
	return other
}

// Contention refuses transactions that touch what another one does at the same
// time, and answers some that were done never. It is safe for concurrent use.
type Contention struct {
	// LoseEach is of how many that were done one is never answered, however often
	// it is tried; 0 is none.
	LoseEach int

	mu            sync.Mutex
	busy          map[string]bool
	lost          map[string]bool // by their tokens
	refused, done int
}

// Counts are how often a transaction was refused, and how many were not answered.
func (c *Contention) Counts() (refused, lost int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused, len(c.lost)
}

// Happens is the contention as a [Happening] of TransactWriteItems.
func (c *Contention) Happens(w http.ResponseWriter, r *Exchange) {
	keys := writtenBy(r.Body)
	reasons, free := c.begin(keys)
	if !free {
		Cancel(reasons...)(w, r)
		return
	}
	defer c.end(keys)
	if c.loses(tokenOf(r.Body)) {
		CutAfter()(w, r)
		return
	}
	r.pass(w)
}

// begin tells which of the keys are busy, and takes them if none is.
func (c *Contention) begin(keys []string) (reasons []string, free bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy == nil {
		c.busy = map[string]bool{}
	}
	reasons, free = make([]string, len(keys)), true
	for i, key := range keys {
		reasons[i] = "None"
		if c.busy[key] {
			reasons[i], free = "TransactionConflict", false
		}
	}
	if !free {
		c.refused++
		return reasons, false
	}
	for _, key := range keys {
		c.busy[key] = true
	}
	return reasons, true
}

func (c *Contention) end(keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		delete(c.busy, key)
	}
}

func (c *Contention) loses(token string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost[token] {
		return true
	}
	c.done++
	if c.LoseEach == 0 || c.done%c.LoseEach > 0 {
		return false
	}
	if c.lost == nil {
		c.lost = map[string]bool{}
	}
	c.lost[token] = true
	return true
}

// tokenOf gives the name of a transaction, which is the same when it is tried again.
func tokenOf(body []byte) string {
	var asked struct{ ClientRequestToken string }
	if err := json.Unmarshal(body, &asked); err != nil {
		panic(err) // it is no transaction
	}
	return asked.ClientRequestToken
}

// writtenBy gives table and key of what a transaction writes, in its order.
func writtenBy(body []byte) []string {
	type write struct {
		TableName string
		Item, Key map[string]map[string]any
	}
	var asked struct{ TransactItems []map[string]write }
	if err := json.Unmarshal(body, &asked); err != nil {
		panic(err) // it is no transaction
	}
	var keys []string
	for _, item := range asked.TransactItems {
		for _, w := range item { // there is one
			key := w.Key[keyAttribute]
			if w.Item != nil {
				key = w.Item[keyAttribute]
			}
			keys = append(keys, fmt.Sprint(w.TableName, " ", key["S"]))
		}
	}
	return keys
}

// refuse answers with an error; __type is its name.
func refuse(w http.ResponseWriter, status int, problem map[string]any) {
	code := fmt.Sprint(problem["__type"])
	w.Header().Set("X-Amzn-Errortype", code)
	problem["__type"] = "com.amazonaws.dynamodb.v20120810#" + code
	problem["message"] = code + ", as armed by a test"
	answer(w, status, mustEncode(problem))
}

// cut closes the connection of a request.
func cut(w http.ResponseWriter) {
	connection, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err) // it is HTTP/1.1
	}
	connection.Close()
}

func mustEncode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // it is made of JSON
	}
	return text
}
