package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/awssnssqs"
	"gocloud.dev/pubsub/kafkapubsub"
	"gocloud.dev/pubsub/mempubsub"
	"gocloud.dev/pubsub/rabbitpubsub"

	"promptz/internal/config"
	"promptz/internal/gocdk/eventbridgepubsub"
	"promptz/internal/gocdk/redialpubsub"
	"promptz/internal/gocdk/sqlitepubsub"
	"promptz/internal/promptz"
)

// transport is what can carry events. docs/transports.md says what each can do.
type transport struct {
	scheme string   // of the topic's URL
	back   []string // schemes of the subscriptions that get what is sent there
	// open makes the openers of one program; nil where there is none. report gets
	// errors that pass.
	open func(report func(error)) (pubsub.TopicURLOpener, pubsub.SubscriptionURLOpener)
	// place is what both ends' URLs must have in common; nil: no URL tells.
	place func(u *url.URL) string
	// check reads a URL before anything is opened; nil leaves that to open.
	check func(u *url.URL) (brokerURL, error)
	// unwrap takes off what the transport has put around a message and its
	// subscriptions leave there; nil: nothing.
	unwrap unwrap
}

// unwrap takes off what a transport has put around a message.
type unwrap func(body []byte) ([]byte, error)

// transportTable is all of them.
var transportTable = []transport{
	{scheme: sqlitepubsub.Scheme, back: []string{sqlitepubsub.Scheme}, open: openSQLiteEnds, place: placeOfFile},
	{scheme: mempubsub.Scheme, back: []string{mempubsub.Scheme}, open: openMemoryEnds, place: placeOfPath},
	{scheme: awssnssqs.SNSScheme, back: []string{awssnssqs.SQSScheme}, open: openSNSEnd},
	{scheme: awssnssqs.SQSScheme, back: []string{awssnssqs.SQSScheme}, open: openSQSEnds, place: placeOfPath},
	{scheme: eventbridgepubsub.Scheme, back: []string{eventbridgepubsub.Scheme, awssnssqs.SQSScheme}, open: openEventBridgeEnds, unwrap: unwrapEventBridge},
	{scheme: rabbitpubsub.Scheme, back: []string{rabbitpubsub.Scheme}, open: openRabbitEnds, place: placeOfName, check: parseRabbit},
	{scheme: natsScheme, back: []string{natsScheme}, open: openNATSEnds, place: placeOfName, check: parseNATS},
	{scheme: kafkapubsub.Scheme, back: []string{kafkapubsub.Scheme}, open: openKafkaEnds, place: placeOfName, check: parseKafka},
}

// What events can be sent to, and come back from.
var topicSchemes, subscriptionSchemes = schemesOf(transportTable)

func schemesOf(table []transport) (topics, subscriptions []string) {
	for _, t := range table {
		topics = append(topics, t.scheme)
		for _, back := range t.back {
			if !slices.Contains(subscriptions, back) {
				subscriptions = append(subscriptions, back)
			}
		}
	}
	return topics, subscriptions
}

func findTransport(scheme string) (transport, bool) {
	i := slices.IndexFunc(transportTable, func(t transport) bool { return t.scheme == scheme })
	if i < 0 {
		return transport{}, false
	}
	return transportTable[i], true
}

func openSQLiteEnds(func(error)) (pubsub.TopicURLOpener, pubsub.SubscriptionURLOpener) {
	o := new(sqlitepubsub.URLOpener)
	return o, o
}

func openMemoryEnds(func(error)) (pubsub.TopicURLOpener, pubsub.SubscriptionURLOpener) {
	o := new(mempubsub.URLOpener)
	return o, o
}

func openSNSEnd(func(error)) (pubsub.TopicURLOpener, pubsub.SubscriptionURLOpener) {
	return new(awssnssqs.URLOpener), nil
}

func openSQSEnds(report func(error)) (pubsub.TopicURLOpener, pubsub.SubscriptionURLOpener) {
	o := new(awssnssqs.URLOpener)
	return o, lasting{o, report}
}

func openEventBridgeEnds(report func(error)) (pubsub.TopicURLOpener, pubsub.SubscriptionURLOpener) {
	o := new(eventbridgepubsub.URLOpener)
	return o, lasting{o, report}
}

// unwrapEventBridge leaves alone what an EventBridge subscription has unwrapped.
func unwrapEventBridge(body []byte) ([]byte, error) {
	m, err := eventbridgepubsub.Unwrap(body)
	return m.Body, err
}

func openRabbitEnds(report func(error)) (pubsub.TopicURLOpener, pubsub.SubscriptionURLOpener) {
	return rabbit{report}, rabbit{report}
}

func openNATSEnds(report func(error)) (pubsub.TopicURLOpener, pubsub.SubscriptionURLOpener) {
	return jetStream{report}, jetStream{report}
}

func openKafkaEnds(report func(error)) (pubsub.TopicURLOpener, pubsub.SubscriptionURLOpener) {
	return kafka{report}, kafka{report}
}

// lasting opens subscriptions that can nack and would fail for good after an error.
type lasting struct {
	pubsub.SubscriptionURLOpener
	report func(error)
}

// OpenSubscriptionURL implements pubsub.SubscriptionURLOpener.
func (l lasting) OpenSubscriptionURL(ctx context.Context, u *url.URL) (*pubsub.Subscription, error) {
	dial := func(ctx context.Context) (link redialpubsub.Link[*pubsub.Subscription], err error) {
		link.End, err = l.SubscriptionURLOpener.OpenSubscriptionURL(ctx, u)
		return link, err
	}
	return redialpubsub.OpenSubscription(ctx, dial, &redialpubsub.SubscriptionOptions{Nack: true, Report: l.report})
}

func placeOfFile(u *url.URL) string { return u.Host + " in " + u.Query().Get("file") }
func placeOfPath(u *url.URL) string { return u.Host + u.Path }
func placeOfName(u *url.URL) string { return strings.TrimPrefix(u.Path, "/") }

// checkTransports tells what is wrong with the two ends of events, each alone and
// both together. It opens nothing.
func checkTransports(cfg config.Config) error {
	topic, err := transportURL(cfg, "topic", cfg.Topic)
	if err != nil {
		return err
	}
	subscription, err := transportURL(cfg, "subscription", cfg.Subscription)
	if err != nil {
		return err
	}
	if faults := transportFaults(topic, subscription); len(faults) > 0 {
		return fmt.Errorf("the configuration is not valid:\n  %s", strings.Join(faults, "\n  "))
	}
	return nil
}

func transportFaults(topic, subscription *url.URL) []string {
	t, _ := findTransport(topic.Scheme)
	if !slices.Contains(t.back, subscription.Scheme) {
		return []string{fmt.Sprintf("topic and subscription: what is sent to %s:// comes back from %s://, and never from %s://",
			t.scheme, strings.Join(t.back, ":// or "), subscription.Scheme)}
	}
	from, _ := findTransport(subscription.Scheme)
	faults := append(endFaults("topic", t, topic), endFaults("subscription", from, subscription)...)
	if len(faults) == 0 && t.place != nil && t.place(topic) != t.place(subscription) {
		faults = append(faults, fmt.Sprintf("topic and subscription: they name two places of %s://, and no event would ever come back; give both the same", t.scheme))
	}
	return faults
}

func endFaults(key string, t transport, u *url.URL) []string {
	if t.check != nil {
		if _, err := t.check(u); err != nil {
			return []string{key + ": " + err.Error()}
		}
	} else if u.User != nil {
		return []string{fmt.Sprintf("%s: no user and password belong in a URL of %s://", key, t.scheme)}
	}
	return nil
}

// asItCame takes nothing off a message.
func asItCame(body []byte) ([]byte, error) { return body, nil }

// transports opens topics and subscriptions by URL.
type transports struct {
	mux    pubsub.URLMux
	unwrap unwrap // of the topic's
	log    *slog.Logger
}

func newTransports(cfg config.Config, log *slog.Logger) *transports {
	t := &transports{unwrap: asItCame, log: log}
	scheme, _, _ := strings.Cut(cfg.Topic, "://")
	if row, _ := findTransport(strings.ToLower(scheme)); row.unwrap != nil {
		t.unwrap = row.unwrap
	}
	for _, row := range transportTable {
		topics, subscriptions := row.open(func(err error) {
			log.Warn("what carries events fails; it is tried again", "transport", row.scheme, "error", err)
		})
		t.mux.RegisterTopic(row.scheme, topics)
		if subscriptions != nil {
			t.mux.RegisterSubscription(row.scheme, subscriptions)
		}
	}
	return t
}

func openTopic(ctx context.Context, _ data, cfg config.Config, t *transports) (*pubsub.Topic, func(), error) {
	u, err := transportURL(cfg, "topic", cfg.Topic)
	if err != nil {
		return nil, nil, err
	}
	topic, err := t.mux.OpenTopicURL(ctx, u)
	if err != nil {
		return nil, nil, withoutURL("topic", u, err)
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
		return nil, nil, withoutURL("subscription", u, err)
	}
	return subscription, func() { t.close(ctx, subscription.Shutdown) }, nil
}

// withoutURL is the error of opening u. Openers repeat the URL, which may hold what
// is nobody else's business, and key says which it is.
func withoutURL(key string, u *url.URL, err error) error {
	return fmt.Errorf("%s: %s", key, strings.ReplaceAll(err.Error(), u.String(), u.Scheme+"://"+u.Host+u.Path))
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
