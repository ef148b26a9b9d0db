package sqlitedocstore_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"gocloud.dev/docstore"
	"gocloud.dev/gcerrors"
)

// TestGetMany reads more documents than one statement does, some of them missing:
// each answer belongs to its own get.
func TestGetMany(t *testing.T) {
	coll := open(t, filepath.Join(t.TempDir(), "test.db"), nil)
	const n = 250
	for i := range n {
		if i%3 != 0 {
			put(t, coll, docmap{"id": fmt.Sprint("k", i), "n": int64(i)})
		}
	}
	docs := make([]docmap, n)
	list := coll.Actions()
	for i := range docs {
		docs[i] = docmap{"id": fmt.Sprint("k", i)}
		list.Get(docs[i])
	}
	missing := map[int]bool{}
	failed, _ := errors.AsType[docstore.ActionListError](list.Do(t.Context()))
	for _, f := range failed {
		if gcerrors.Code(f.Err) != gcerrors.NotFound {
			t.Fatalf("get %d: %v", f.Index, f.Err)
		}
		missing[f.Index] = true
	}
	for i, doc := range docs {
		if missing[i] != (i%3 == 0) || !missing[i] && doc["n"] != int64(i) {
			t.Errorf("get %d: missing %t, %v", i, missing[i], doc)
		}
	}
}
