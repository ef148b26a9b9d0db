package app

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"promptz/internal/awstest"
	"promptz/internal/promptz"
)

// TestDynamoDBHotItem lets 200 star one item at once, where of two who touch the
// counts one is refused, as the real DynamoDB does it, and of one in twenty that
// were done the answer is lost: every star is answered, and counted once.
func TestDynamoDBHotItem(t *testing.T) {
	const starrers = 200
	db := awstest.StartDynamoDB(t)
	setEnvironment(t, db)
	f, library := openFaulty(t, db)
	c := &awstest.Contention{Lose: 0.05}
	f.Arm(awstest.Fault{Operation: "TransactWriteItems", Happens: c.Happens})
	item := testItem(t, 0)
	if err := library.CreateItem(t.Context(), item, promptz.Marks{}); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
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
	t.Logf("%s, %d conflicts, %d lost answers", time.Since(begun).Round(time.Millisecond), refused, lost)
}
