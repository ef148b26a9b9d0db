package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"gocloud.dev/pubsub"
)

// Ends opens both ends of a topic. Safe for concurrent use.
type Ends struct {
	topic, subscription *url.URL
	mux                 pubsub.URLMux
	unwrap              unwrap
}

// NewEnds makes the ends of two URLs. What passes while they are open goes to log.
// It fails, naming "topic" and "subscription" and never a password, when one of the
// URLs is not what its transport wants, or nothing that is sent to the one comes
// back from the other. It opens nothing.
func NewEnds(topic, subscription *url.URL, log *slog.Logger) (*Ends, error) {
	if err := check(topic, subscription); err != nil {
		return nil, err
	}
	e := &Ends{topic: topic, subscription: subscription, unwrap: asItCame}
	if row, _ := findScheme(topic.Scheme); row.unwrap != nil {
		e.unwrap = row.unwrap
	}
	for _, row := range table {
		topics, subscriptions := row.open(func(err error) {
			log.Warn("what carries events fails; it is tried again", "transport", row.scheme, "error", err)
		})
		e.mux.RegisterTopic(row.scheme, topics)
		if subscriptions != nil {
			e.mux.RegisterSubscription(row.scheme, subscriptions)
		}
	}
	return e, nil
}

// OpenTopic opens where events are sent to. A broker that does not answer may come
// later; one that refuses is an error.
func (e *Ends) OpenTopic(ctx context.Context) (*pubsub.Topic, error) {
	topic, err := e.mux.OpenTopicURL(ctx, e.topic)
	if err != nil {
		return nil, withoutURL("topic", e.topic, err)
	}
	return topic, nil
}

// OpenSubscription opens where events come back from, after the topic.
func (e *Ends) OpenSubscription(ctx context.Context) (*pubsub.Subscription, error) {
	subscription, err := e.mux.OpenSubscriptionURL(ctx, e.subscription)
	if err != nil {
		return nil, withoutURL("subscription", e.subscription, err)
	}
	return subscription, nil
}

// withoutURL is the error of opening u. Openers repeat the URL, which may hold what
// is nobody else's business, and key says which it is.
func withoutURL(key string, u *url.URL, err error) error {
	return fmt.Errorf("%s: %s", key, strings.ReplaceAll(err.Error(), u.String(), u.Scheme+"://"+u.Host+u.Path))
}

// Unwrap takes off what the transport has put around a message.
func (e *Ends) Unwrap(body []byte) ([]byte, error) { return e.unwrap(body) }

// check tells what is wrong with the two ends, each alone and both together.
func check(topic, subscription *url.URL) error {
	to, ok := findScheme(topic.Scheme)
	from, back := findScheme(subscription.Scheme)
	if !ok || !back {
		return fmt.Errorf("topic and subscription: there are the schemes %s", strings.Join(TopicSchemes, ", "))
	}
	if !slices.Contains(to.back, subscription.Scheme) {
		return fmt.Errorf("topic and subscription: what is sent to %s:// comes back from %s://, and never from %s://",
			to.scheme, strings.Join(to.back, ":// or "), subscription.Scheme)
	}
	if err := errors.Join(checkEnd("topic", to, topic), checkEnd("subscription", from, subscription)); err != nil {
		return err
	}
	if to.place != nil && to.place(topic) != to.place(subscription) {
		return fmt.Errorf("topic and subscription: they name two different places of %s://, so that no event would ever come back; give both the same", to.scheme)
	}
	return nil
}

func checkEnd(key string, t transport, u *url.URL) error {
	if t.check == nil {
		if u.User != nil {
			return fmt.Errorf("%s: no user and password belong in a URL of %s://", key, t.scheme)
		}
		return nil
	}
	if _, err := t.check(u); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}
