package sqlitepubsub

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"gocloud.dev/pubsub/driver"
	"gocloud.dev/pubsub/drivertest"
)

// harness runs gocloud's suite on a file for each test.
type harness struct {
	queue *Queue
	made  int // subscriptions
}

func newHarness(ctx context.Context, t *testing.T) (drivertest.Harness, error) {
	q, err := OpenQueue(ctx, filepath.Join(t.TempDir(), "events.db"))
	return &harness{queue: q}, err
}

func (h *harness) CreateTopic(ctx context.Context, testName string) (driver.Topic, func(), error) {
	t, err := openTopic(ctx, h.queue, drivertestName(testName), nil)
	return t, func() {}, err
}

func (h *harness) MakeNonexistentTopic(ctx context.Context) (driver.Topic, error) {
	return openTopic(ctx, h.queue, "nothing", &TopicOptions{Existing: true})
}

func (h *harness) CreateSubscription(ctx context.Context, t driver.Topic, testName string) (driver.Subscription, func(), error) {
	h.made++
	name := fmt.Sprint(drivertestName(testName), h.made)
	s, err := openSubscription(ctx, h.queue, t.(*topic).name, name, &SubscriptionOptions{AckDeadline: time.Minute})
	return s, func() {}, err
}

func (h *harness) MakeNonexistentSubscription(ctx context.Context) (driver.Subscription, func(), error) {
	s, err := openSubscription(ctx, h.queue, "nothing", "nothing", &SubscriptionOptions{Existing: true})
	return s, func() {}, err
}

func (h *harness) Close() { h.queue.Close() }

func (h *harness) MaxBatchSizes() (int, int) { return 0, 0 }

func (h *harness) SupportsMultipleSubscriptions() bool { return true }

// drivertestName makes a name of a test's, which has slashes.
func drivertestName(testName string) string {
	var name []byte
	for i := range len(testName) {
		c := testName[i]
		if c == '/' || c == '#' {
			c = '-'
		}
		name = append(name, c)
	}
	return string(name)
}

func TestConformance(t *testing.T) {
	drivertest.RunConformanceTests(t, newHarness, []drivertest.AsTest{asTest{}})
}
