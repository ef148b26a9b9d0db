package store_test

import (
	"testing"

	"gocloud.dev/docstore/memdocstore"

	"promptz/internal/store"
	"promptz/internal/store/storetest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB, collection string) (store.Handles, store.Tuning) {
		c, err := memdocstore.OpenCollection(store.KeyField, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return store.Handles{Consistent: c, Eventual: c}, store.Tuning{}
	})
}
