package events_test

import (
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/mempubsub"

	"promptz/internal/events/eventstest"
	"promptz/internal/gocdk/sqlitepubsub"
)

// ackDeadline is after how long a message comes again: soon, and not so soon that a
// busy machine gets every one twice.
const ackDeadline = 3 * time.Second

func asItCame(body []byte) ([]byte, error) { return body, nil }

func TestSQLite(t *testing.T) {
	t.Parallel()
	eventstest.Run(t, func(t *testing.T) eventstest.Broker {
		opener := new(sqlitepubsub.URLOpener)
		query := url.Values{"file": {filepath.Join(t.TempDir(), "events.db")}, "ack_deadline": {ackDeadline.String()}}
		u := &url.URL{Scheme: sqlitepubsub.Scheme, Host: "events", RawQuery: query.Encode()}
		topic, err := opener.OpenTopicURL(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		return eventstest.Broker{Topic: topic, Subscribe: func(t *testing.T) *pubsub.Subscription {
			sub, err := opener.OpenSubscriptionURL(t.Context(), u)
			if err != nil {
				t.Fatal(err)
			}
			return sub
		}}
	}, asItCame)
}

func TestMemory(t *testing.T) {
	t.Parallel()
	eventstest.Run(t, func(t *testing.T) eventstest.Broker {
		topic := mempubsub.NewTopic()
		sub := mempubsub.NewSubscription(topic, ackDeadline)
		return eventstest.Broker{Topic: topic, Subscribe: func(*testing.T) *pubsub.Subscription { return sub }}
	}, asItCame)
}
