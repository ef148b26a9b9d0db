package app

import (
	"net/http"
	"testing"

	"promptz/internal/awstest"
	"promptz/internal/promptz"
	"promptz/internal/store"
)

// TestDynamoDBRanksDespiteFaults lets faults happen to the one write that is no
// transaction: the place of an item on the lists by score. Each time the one behind
// comes first.
func TestDynamoDBRanksDespiteFaults(t *testing.T) {
	db := awstest.StartDynamoDB(t)
	setEnvironment(t, db)
	f, library := openHasty(t, db)
	items := []*promptz.Item{testItem(t, 0), testItem(t, 1)}
	for _, item := range items {
		if err := library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
			t.Fatal(err)
		}
	}
	starAs(t, library, items[1], "the first")
	rank(t, library, items[1])
	for i, test := range []struct {
		name    string
		happens awstest.Happening
	}{
		{"in conflict with a transaction", awstest.Refuse(http.StatusBadRequest, "TransactionConflictException")},
		{"changed meanwhile", awstest.Refuse(http.StatusBadRequest, "ConditionalCheckFailedException")},
		{"throttled", awstest.Throttle()},
		{"broken", awstest.Break()},
		{"answer lost", awstest.CutAfter()},
	} {
		t.Run(test.name, func(t *testing.T) {
			behind, ahead := items[i%2], items[1-i%2] // by one star
			starAs(t, library, behind, test.name+", one", test.name+", two")
			if got := firstByScore(t, library); got.ID != ahead.ID {
				t.Fatalf("%s is the first already: this tests nothing", got.ID)
			}
			f.Arm(awstest.Fault{Operation: "UpdateItem", Times: 2, Happens: test.happens})
			want := rank(t, library, behind)
			if f.Waiting() > 0 {
				t.Error("it did not happen as often: this tested nothing")
			}
			f.Arm()
			if got := firstByScore(t, library); got.ID != behind.ID || got.Stats != want {
				t.Errorf("the first is %s with %+v, want %s with %+v", got.ID, got.Stats, behind.ID, want)
			}
		})
	}
}

func starAs(t *testing.T, library *store.Library, item *promptz.Item, users ...string) {
	t.Helper()
	for _, user := range users {
		if err := library.StarItem(t.Context(), user, item); err != nil {
			t.Fatal(err)
		}
	}
}

func rank(t *testing.T, library *store.Library, item *promptz.Item) promptz.Stats {
	t.Helper()
	stats, err := library.Rescore(t.Context(), item.ID)
	if err != nil {
		t.Fatal(err)
	}
	return stats
}

func firstByScore(t *testing.T, library *store.Library) *promptz.Item {
	t.Helper()
	page, err := library.FindItems(t.Context(), promptz.ItemFilter{Kinds: []promptz.Kind{promptz.KindPrompt}, Sort: promptz.SortPopular, Limit: 1})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("got %d items, %v", len(page.Items), err)
	}
	return page.Items[0]
}
