package sqlitedocstore

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"gocloud.dev/docstore"
)

// Scheme is the URL scheme that URLOpener is meant for.
const Scheme = "sqlite"

// URLOpener opens URLs such as
// "sqlite://library/id?file=/data/library.db&index=kind,publishedAt".
//
// The host is the name of the collection, the path is the key field. The query
// parameters are:
//   - file (required): path of the database file
//   - index (any number): partition and sort field of an index, with a comma
//   - allow_scans, secure_delete: true or false, see Options
//   - revision_field: the name of the revision field
//
// Any other parameter is an error.
type URLOpener struct{}

// OpenCollectionURL implements docstore.CollectionURLOpener.
func (o *URLOpener) OpenCollectionURL(ctx context.Context, u *url.URL) (*docstore.Collection, error) {
	file, opts, err := parseQuery(u)
	if err != nil {
		return nil, fmt.Errorf("open collection %v: %w", u, err)
	}
	keyField := strings.TrimPrefix(u.Path, "/")
	if keyField == "" || strings.Contains(keyField, "/") {
		return nil, fmt.Errorf("open collection %v: path must be the key field", u)
	}
	return OpenCollection(ctx, file, u.Host, keyField, opts)
}

func parseQuery(u *url.URL) (file string, opts *Options, err error) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", nil, err
	}
	opts = &Options{}
	for name, values := range query {
		if name != "index" && len(values) > 1 {
			return "", nil, fmt.Errorf("query parameter %q is given twice", name)
		}
		value := values[0]
		switch name {
		case "file":
			file = value
		case "revision_field":
			opts.RevisionField = value
		case "allow_scans":
			opts.AllowScans, err = strconv.ParseBool(value)
		case "secure_delete":
			opts.SecureDelete, err = strconv.ParseBool(value)
		case "index":
			opts.Indexes, err = parseIndexes(values)
		default:
			err = fmt.Errorf("unknown query parameter %q", name)
		}
		if err != nil {
			return "", nil, err
		}
	}
	if file == "" {
		return "", nil, fmt.Errorf("query parameter %q is missing", "file")
	}
	return file, opts, nil
}

func parseIndexes(values []string) ([]Index, error) {
	var indexes []Index
	for _, value := range values {
		partition, sort, ok := strings.Cut(value, ",")
		if !ok {
			return nil, fmt.Errorf("index %q must be a partition and a sort field with a comma between", value)
		}
		indexes = append(indexes, Index{Partition: partition, Sort: sort})
	}
	return indexes, nil
}
