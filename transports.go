package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"

	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/awssnssqs"
	"gocloud.dev/pubsub/mempubsub"

	"promptz/internal/config"
	"promptz/internal/gocdk/sqlitepubsub"
	"promptz/internal/promptz"
)

// What events can be sent to, and come back from.
var (
	topicSchemes        = []string{sqlitepubsub.Scheme, mempubsub.Scheme, awssnssqs.SNSScheme, awssnssqs.SQSScheme}
	subscriptionSchemes = []string{sqlitepubsub.Scheme, mempubsub.Scheme, awssnssqs.SQSScheme}
)

// transports opens topics and subscriptions by URL.
type transports struct {
	mux pubsub.URLMux
	log *slog.Logger
}

func newTransports(log *slog.Logger) *transports {
	t := &transports{log: log}
	sqlite, mem, aws := new(sqlitepubsub.URLOpener), new(mempubsub.URLOpener), new(awssnssqs.URLOpener)
	t.mux.RegisterTopic(sqlitepubsub.Scheme, sqlite)
	t.mux.RegisterSubscription(sqlitepubsub.Scheme, sqlite)
	t.mux.RegisterTopic(mempubsub.Scheme, mem)
	t.mux.RegisterSubscription(mempubsub.Scheme, mem)
	t.mux.RegisterTopic(awssnssqs.SNSScheme, aws)
	t.mux.RegisterTopic(awssnssqs.SQSScheme, aws)
	t.mux.RegisterSubscription(awssnssqs.SQSScheme, aws)
	return t
}

func openTopic(ctx context.Context, _ data, cfg config.Config, t *transports) (*pubsub.Topic, func(), error) {
	u, err := transportURL(cfg, "topic", cfg.Topic)
	if err != nil {
		return nil, nil, err
	}
	topic, err := t.mux.OpenTopicURL(ctx, u)
	if err != nil {
		return nil, nil, fmt.Errorf("topic: %w", err)
	}
	return topic, func() { t.close(ctx, topic.Shutdown) }, nil
}

// openSubscription opens the subscription after the topic, which it may need.
func openSubscription(ctx context.Context, _ data, cfg config.Config, t *transports, _ *pubsub.Topic) (*pubsub.Subscription, func(), error) {
	u, err := transportURL(cfg, "subscription", cfg.Subscription)
	if err != nil {
		return nil, nil, err
	}
	subscription, err := t.mux.OpenSubscriptionURL(ctx, u)
	if err != nil {
		return nil, nil, fmt.Errorf("subscription: %w", err)
	}
	return subscription, func() { t.close(ctx, subscription.Shutdown) }, nil
}

func transportURL(cfg config.Config, key, raw string) (*url.URL, error) {
	raw, err := cfg.Fill(raw)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, promptz.Errorf(promptz.CodeNotValid, "%s: its URL can't be read.", key)
	}
	return u, nil
}

// close shuts an end down: what was sent but not acknowledged comes again.
func (t *transports) close(ctx context.Context, shutdown func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	if err := shutdown(ctx); err != nil {
		t.log.Warn("a transport was not closed in order", "error", err)
	}
}
