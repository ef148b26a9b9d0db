package datatest

import (
	"context"
	"path/filepath"
	"testing"

	"gocloud.dev/docstore"

	"promptz/internal/gocdk/sqlitedocstore"
)

// Falsify sets fields of a document in a collection's file, nil removes one.
func Falsify(t testing.TB, dir, collection, key string, fields map[string]any) {
	t.Helper()
	coll, err := sqlitedocstore.OpenCollection(context.WithoutCancel(t.Context()), filepath.Join(dir, collection+".db"), collection, "id", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { check(t, coll.Close()) }()
	mods := docstore.Mods{}
	for name, value := range fields {
		mods[docstore.FieldPath(name)] = value
	}
	check(t, coll.Update(t.Context(), map[string]any{"id": key}, mods))
}
