package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"

	"gocloud.dev/pubsub"

	"promptz/internal/config"
	"promptz/internal/promptz"
	"promptz/internal/transport"
)

// checkTransports tells what is wrong with the two ends of events.
func checkTransports(cfg config.Config) error {
	_, err := newEnds(cfg, slog.New(slog.DiscardHandler))
	return err
}

// newEnds makes both ends of events.
func newEnds(cfg config.Config, log *slog.Logger) (*transport.Ends, error) {
	topic, err := transportURL(cfg, "topic", cfg.Topic)
	if err != nil {
		return nil, err
	}
	subscription, err := transportURL(cfg, "subscription", cfg.Subscription)
	if err != nil {
		return nil, err
	}
	ends, err := transport.NewEnds(topic, subscription, log)
	if err != nil {
		return nil, fmt.Errorf("the configuration is not valid:\n  %w", err) // as package config words it
	}
	return ends, nil
}

// unwrap takes off what a transport has put around a message.
type unwrap func(body []byte) ([]byte, error)

func newUnwrap(ends *transport.Ends) unwrap { return ends.Unwrap }

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

func openTopic(ctx context.Context, _ data, ends *transport.Ends, log *slog.Logger) (*pubsub.Topic, func(), error) {
	topic, err := ends.OpenTopic(ctx)
	if err != nil {
		return nil, nil, err
	}
	return topic, func() { closeEnd(ctx, topic.Shutdown, log) }, nil
}

// openSubscription opens the subscription after the topic, which it may need.
func openSubscription(ctx context.Context, _ data, ends *transport.Ends, log *slog.Logger, _ *pubsub.Topic) (*pubsub.Subscription, func(), error) {
	subscription, err := ends.OpenSubscription(ctx)
	if err != nil {
		return nil, nil, err
	}
	return subscription, func() { closeEnd(ctx, subscription.Shutdown, log) }, nil
}

// closeEnd shuts an end down: what was sent but not acknowledged comes again.
func closeEnd(ctx context.Context, shutdown func(context.Context) error, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	if err := shutdown(ctx); err != nil {
		log.Warn("a transport was not closed in order", "error", err)
	}
}
