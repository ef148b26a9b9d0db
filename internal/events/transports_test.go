package events_test

import (
	"context"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/mempubsub"

	"promptz/internal/events/eventstest"
	"promptz/internal/gocdk/sqlitepubsub"
)

func asItCame(body []byte) ([]byte, error) { return body, nil }

func TestSQLite(t *testing.T) {
	t.Parallel()
	eventstest.Run(t, func(t *testing.T) (*pubsub.Topic, *pubsub.Subscription) {
		opener := new(sqlitepubsub.URLOpener)
		u, err := url.Parse("sqlite://events?file=" + url.QueryEscape(filepath.Join(t.TempDir(), "events.db")))
		if err != nil {
			t.Fatal(err)
		}
		topic, err := opener.OpenTopicURL(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		sub, err := opener.OpenSubscriptionURL(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		shutdown(t, topic, sub)
		return topic, sub
	}, asItCame)
}

func TestMemory(t *testing.T) {
	t.Parallel()
	eventstest.Run(t, func(t *testing.T) (*pubsub.Topic, *pubsub.Subscription) {
		topic := mempubsub.NewTopic()
		sub := mempubsub.NewSubscription(topic, time.Minute)
		shutdown(t, topic, sub)
		return topic, sub
	}, asItCame)
}

// shutdown closes both ends when the test ends.
func shutdown(t *testing.T, topic *pubsub.Topic, sub *pubsub.Subscription) {
	t.Cleanup(func() {
		ctx := context.Background()
		if err := topic.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := sub.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
}
