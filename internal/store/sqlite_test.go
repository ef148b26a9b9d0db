package store_test

import (
	"path/filepath"
	"testing"

	"promptz/internal/gocdk/sqlitedocstore"
	"promptz/internal/store"
	"promptz/internal/store/storetest"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB, collection string) (store.Handles, store.Tuning) {
		opts := &sqlitedocstore.Options{}
		for _, i := range store.IndexesOf(collection) {
			opts.Indexes = append(opts.Indexes, sqlitedocstore.Index{Partition: i.Partition, Sort: i.Sort})
		}
		file := filepath.Join(t.TempDir(), collection+".db")
		c, err := sqlitedocstore.OpenCollection(t.Context(), file, collection, store.KeyField, opts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return store.Handles{Consistent: c, Eventual: c}, store.Tuning{}
	})
}
