package app

import (
	"fmt"
	"sync"
	"testing"

	"promptz/internal/awstest"
	"promptz/internal/promptz"
)

// TestDynamoDBHotItem lets many star one item at once, where of two who touch the
// counts one is refused, as the real DynamoDB does it, and one in ten that were done
// is never answered: every star stands, and is counted once. The store gives each
// twenty seconds, so that they are no more than a slow machine gets through.
func TestDynamoDBHotItem(t *testing.T) {
	const starrers = 50
	db := awstest.StartDynamoDB(t)
	setEnvironment(t, db)
	f, library := openHasty(t, db)
	c := &awstest.Contention{LoseEach: 10}
	f.Arm(awstest.Fault{Operation: "TransactWriteItems", Happens: c.Happens})
	item := testItem(t, 0)
	if err := library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	var starring sync.WaitGroup
	for i := range starrers {
		starring.Go(func() {
			if err := library.StarItem(t.Context(), fmt.Sprint("user", i), item); err != nil {
				t.Errorf("starrer %d: %v", i, err)
			}
		})
	}
	starring.Wait()
	stats, err := library.FindStats(t.Context(), item.ID)
	if err != nil || stats.Stars != starrers {
		t.Errorf("%d stars are counted, %v", stats.Stars, err)
	}
	refused, lost := c.Counts()
	if refused == 0 || lost == 0 {
		t.Errorf("%d conflicts and %d lost answers: this tested nothing", refused, lost)
	}
}
