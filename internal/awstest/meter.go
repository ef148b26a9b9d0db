package awstest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"
)

// Cost is what the requests of one operation took from one table or index, in
// capacity units.
type Cost struct {
	Operation string // as the API names it, such as "PutItem"
	Table     string
	Index     string // "" is the table itself
	Requests  int    // those that took something from it
	Read      float64
	Write     float64
}

// Meter adds up what requests cost and keeps what queries asked for. It sees the
// requests of the clients it is attached to. It is safe for concurrent use.
//
// The figures are the server's own, except those of TransactWriteItems, which
// DynamoDB Local gets wrong: see transaction.go. A request that fails counts
// nothing, for its response says nothing; AWS charges for a write whose
// condition fails.
type Meter struct {
	reader *dynamodb.Client
	tables map[string]TableSpec

	mu      sync.Mutex
	costs   map[costKey]Cost
	queries []Query
}

type costKey struct{ operation, table, index string }

// NewMeter returns a meter. Transactions are metered on the given tables only;
// on any other they fail. To compute what one costs the meter reads its items
// before and after with reader, a client it must not be attached to.
func NewMeter(reader *dynamodb.Client, tables ...TableSpec) *Meter {
	m := &Meter{reader: reader, tables: map[string]TableSpec{}, costs: map[costKey]Cost{}}
	for _, t := range tables {
		m.tables[t.Name] = t
	}
	return m
}

// Attach puts the meter into a client's requests. It is one of APIOptions.
func (m *Meter) Attach(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Meter", m.handle), middleware.After)
}

func (m *Meter) handle(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	if transaction, ok := in.Parameters.(*dynamodb.TransactWriteItemsInput); ok {
		return m.handleTransaction(ctx, transaction, in, next)
	}
	asked, err := askForCapacity(in.Parameters)
	if err != nil {
		return middleware.InitializeOutput{}, middleware.Metadata{}, err
	}
	in.Parameters = asked
	out, metadata, err := next.HandleInitialize(ctx, in)
	if err != nil {
		return out, metadata, err
	}
	for _, cost := range reported(middleware.GetOperationName(ctx), out.Result) {
		m.add(cost)
	}
	if query, ok := recorded(in.Parameters, out.Result); ok {
		m.mu.Lock()
		m.queries = append(m.queries, query)
		m.mu.Unlock()
	}
	return out, metadata, nil
}

func (m *Meter) add(c Cost) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := costKey{c.Operation, c.Table, c.Index}
	sum := m.costs[key]
	c.Requests += sum.Requests
	c.Read += sum.Read
	c.Write += sum.Write
	m.costs[key] = c
}

// Costs returns all costs so far, ordered by operation, table and index.
func (m *Meter) Costs() []Cost {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Values(m.costs), func(a, b Cost) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Index, b.Index))
	})
}

// Total returns the read and the write units of everything so far.
func (m *Meter) Total() (read, write float64) {
	for _, c := range m.Costs() {
		read += c.Read
		write += c.Write
	}
	return read, write
}

// Queries returns the queries and scans so far that the server answered, one for
// each page, in the order of the answers.
func (m *Meter) Queries() []Query {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.queries)
}

// Reset forgets costs and queries.
func (m *Meter) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.costs)
	m.queries = nil
}

// String returns the costs as a table for people.
func (m *Meter) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "operation\ttable\tindex\trequests\tread units\twrite units")
	for _, c := range m.Costs() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%g\t%g\n", c.Operation, c.Table, c.Index, c.Requests, c.Read, c.Write)
	}
	_ = w.Flush()
	return b.String()
}
