package app

import (
	"log/slog"
	"testing"

	"promptz/internal/config"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// TestDynamoDBWaitIsBounded asks for waits after any attempt: the SDK counts from 1
// or from 0, and whoever runs the program may let it try often.
func TestDynamoDBWaitIsBounded(t *testing.T) {
	t.Parallel()
	for _, attempt := range []int{-1, 0, 1, 2, 6, 7, 40, 64, 1 << 30} {
		for range 100 {
			if wait := soon(attempt); wait < 0 || wait > longestDynamoDBWait || attempt <= 1 && wait > firstDynamoDBWait {
				t.Fatalf("after attempt %d it waits %v", attempt, wait)
			}
		}
	}
}

// TestDynamoDBTableIsNamedByHost refuses URLs that look as those of other stores do.
func TestDynamoDBTableIsNamedByHost(t *testing.T) {
	t.Parallel()
	for _, documents := range []string{"dynamodb://promptz/{collection}", "dynamodb:///{collection}", "dynamodb://{collection}/id"} {
		_, err := newDocuments(slog.New(slog.DiscardHandler)).open(t.Context(), config.Config{Documents: documents}, store.LibraryCollection)
		if promptz.ErrorCode(err) != promptz.CodeNotValid {
			t.Errorf("%s: %v", documents, err)
		}
	}
}
