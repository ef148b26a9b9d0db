package awstest

import (
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Query is one request for a page of a query or a scan, as the server saw it.
type Query struct {
	Scan       bool // it reads the table from end to end
	Table      string
	Index      string // "" is the table itself
	Condition  string // on the keys, with names in full, such as "(kind = :0) AND (rank < :1)"
	Filter     string // likewise; what it leaves out is read, and paid, all the same
	Limit      int    // the most items the server may read; 0 is no limit
	Descending bool
	Consistent bool
	Read       int // items the server read
	Returned   int // items it returned
}

// Flaws says in what q differs from the one kind of query that costs no more than
// it returns: a part of one index, no filter, a limit the server knows.
func (q Query) Flaws() []string {
	var flaws []string
	for _, f := range []struct {
		there bool
		name  string
	}{
		{q.Scan, "is a scan"},
		{!q.Scan && q.Index == "", "uses no index"},
		{q.Filter != "", "filters by " + q.Filter},
		{q.Limit == 0, "has no limit on the server"},
	} {
		if f.there {
			flaws = append(flaws, f.name)
		}
	}
	return flaws
}

// recorded returns the query that input is; ok is false when it is none.
func recorded(input, output any) (q Query, ok bool) {
	switch in := input.(type) {
	case *dynamodb.QueryInput:
		out := output.(*dynamodb.QueryOutput)
		return Query{
			Table:      aws.ToString(in.TableName),
			Index:      aws.ToString(in.IndexName),
			Condition:  expand(in.KeyConditionExpression, in.ExpressionAttributeNames),
			Filter:     expand(in.FilterExpression, in.ExpressionAttributeNames),
			Limit:      int(aws.ToInt32(in.Limit)),
			Descending: in.ScanIndexForward != nil && !*in.ScanIndexForward,
			Consistent: aws.ToBool(in.ConsistentRead),
			Read:       int(out.ScannedCount),
			Returned:   int(out.Count),
		}, true
	case *dynamodb.ScanInput:
		out := output.(*dynamodb.ScanOutput)
		return Query{
			Scan:       true,
			Table:      aws.ToString(in.TableName),
			Index:      aws.ToString(in.IndexName),
			Filter:     expand(in.FilterExpression, in.ExpressionAttributeNames),
			Limit:      int(aws.ToInt32(in.Limit)),
			Consistent: aws.ToBool(in.ConsistentRead),
			Read:       int(out.ScannedCount),
			Returned:   int(out.Count),
		}, true
	}
	return Query{}, false
}

var namePlaceholder = regexp.MustCompile(`#\w+`)

// expand puts attribute names in the place of an expression's placeholders.
func expand(expression *string, names map[string]string) string {
	return namePlaceholder.ReplaceAllStringFunc(aws.ToString(expression), func(placeholder string) string {
		if name, ok := names[placeholder]; ok {
			return name
		}
		return placeholder
	})
}
