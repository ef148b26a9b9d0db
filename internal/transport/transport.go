// Package transport opens what carries events: both ends of a topic, by URL. A
// transport is a row of its table; docs/transports.md says what each can do.
//
// It leans on gocloud's drivers and our own, and is the only room that names them.
package transport

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/awssnssqs"
	"gocloud.dev/pubsub/kafkapubsub"
	"gocloud.dev/pubsub/mempubsub"
	"gocloud.dev/pubsub/rabbitpubsub"

	"promptz/internal/gocdk/eventbridgepubsub"
	"promptz/internal/gocdk/redialpubsub"
	"promptz/internal/gocdk/sqlitepubsub"
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

// table is all of them.
var table = []transport{
	{scheme: sqlitepubsub.Scheme, back: []string{sqlitepubsub.Scheme}, open: openSQLiteEnds, place: placeOfFile},
	{scheme: mempubsub.Scheme, back: []string{mempubsub.Scheme}, open: openMemoryEnds, place: placeOfPath},
	{scheme: awssnssqs.SNSScheme, back: []string{awssnssqs.SQSScheme}, open: openSNSEnd},
	{scheme: awssnssqs.SQSScheme, back: []string{awssnssqs.SQSScheme}, open: openSQSEnds, place: placeOfPath},
	{scheme: eventbridgepubsub.Scheme, back: []string{eventbridgepubsub.Scheme, awssnssqs.SQSScheme}, open: openEventBridgeEnds, unwrap: unwrapEventBridge},
	{scheme: rabbitpubsub.Scheme, back: []string{rabbitpubsub.Scheme}, open: openRabbitEnds, place: placeOfName, check: parseRabbit},
	{scheme: natsScheme, back: []string{natsScheme}, open: openNATSEnds, place: placeOfName, check: parseNATS},
	{scheme: kafkapubsub.Scheme, back: []string{kafkapubsub.Scheme}, open: openKafkaEnds, place: placeOfName, check: parseKafka},
}

// What events can be sent to, and come back from, by the schemes of URLs.
var TopicSchemes, SubscriptionSchemes = schemesOf(table)

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

func findScheme(scheme string) (transport, bool) {
	i := slices.IndexFunc(table, func(t transport) bool { return t.scheme == scheme })
	if i < 0 {
		return transport{}, false
	}
	return table[i], true
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

// asItCame takes nothing off a message.
func asItCame(body []byte) ([]byte, error) { return body, nil }
