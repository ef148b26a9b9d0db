package transport

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"gocloud.dev/pubsub"

	"promptz/internal/gocdk/jetstreampubsub"
	"promptz/internal/gocdk/redialpubsub"
)

// natsScheme is the URL scheme of NATS.
const natsScheme = "nats"

// jetStream opens ends at NATS JetStream by URLs such as
// "nats://user:password@host:4222/subject?consumer=name".
//
// The query parameters are consumer ("promptz" without) and ack_deadline ("30s"
// without), both of subscriptions only, and tls. A stream that holds the subject and
// the durable consumer are made where they are missing; those that are there are
// taken as they are. A server without JetStream is refused: it keeps nothing.
type jetStream struct{ report func(error) }

const (
	// streamAge is how long a stream that is made here keeps messages, whether or
	// not they were consumed: a week off, and a day to mend what broke.
	streamAge = 8 * 24 * time.Hour
	// defaultAckWait is how long a subscriber has before a message goes to another.
	defaultAckWait = 30 * time.Second
	// reconnectWait is how often a lost connection is tried again.
	reconnectWait = 250 * time.Millisecond
)

func parseNATS(u *url.URL) (brokerURL, error) {
	b, err := parseBroker(u, "4222", "consumer", "ack_deadline")
	if err == nil {
		_, err = ackWait(b)
	}
	return b, err
}

// ackWait reads the parameter ack_deadline.
func ackWait(b brokerURL) (time.Duration, error) {
	text, given := b.parameters["ack_deadline"]
	if !given {
		return defaultAckWait, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second {
		return 0, errors.New("must give ack_deadline as a duration of a second or more, such as 30s")
	}
	return d, nil
}

// OpenTopicURL implements pubsub.TopicURLOpener.
func (j jetStream) OpenTopicURL(ctx context.Context, u *url.URL) (*pubsub.Topic, error) {
	b, err := parseNATS(u)
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context) (redialpubsub.Link[*pubsub.Topic], error) {
		js, _, err := j.dial(ctx, b)
		if err != nil {
			return redialpubsub.Link[*pubsub.Topic]{}, err
		}
		conn := js.Conn()
		return redialpubsub.Link[*pubsub.Topic]{End: jetstreampubsub.OpenTopic(js, b.name), Broken: conn.IsClosed, Close: closeNATS(conn)}, nil
	}
	return redialpubsub.OpenTopic(ctx, dial, &redialpubsub.TopicOptions{Away: natsAway, Report: j.report})
}

// OpenSubscriptionURL implements pubsub.SubscriptionURLOpener.
func (j jetStream) OpenSubscriptionURL(ctx context.Context, u *url.URL) (*pubsub.Subscription, error) {
	b, err := parseNATS(u)
	if err != nil {
		return nil, err
	}
	dial := func(ctx context.Context) (link redialpubsub.Link[*pubsub.Subscription], err error) {
		js, stream, err := j.dial(ctx, b)
		if err != nil {
			return link, err
		}
		link.Close = closeNATS(js.Conn())
		if err = ensureConsumer(ctx, js, stream, b); err == nil {
			link.End, err = jetstreampubsub.OpenSubscription(ctx, js, stream, b.parameter("consumer"))
		}
		if err != nil {
			return link, errors.Join(err, link.Close())
		}
		return link, nil
	}
	return redialpubsub.OpenSubscription(ctx, dial, &redialpubsub.SubscriptionOptions{Nack: true, Away: natsAway, Report: j.report})
}

// dial connects and gives the stream that holds the subject.
func (j jetStream) dial(ctx context.Context, b brokerURL) (js jetstream.JetStream, stream string, err error) {
	options := []nats.Option{
		nats.Name(ownName), nats.Timeout(dialTimeout), nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait),
		nats.ReconnectBufSize(-1), // what waits in memory is lost with it: sending fails instead
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { j.report(err) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { j.lost(err) }),
	}
	if b.user != "" {
		options = append(options, nats.UserInfo(b.user, b.password))
	}
	if b.tls != nil {
		options = append(options, nats.Secure(b.tls))
	}
	conn, err := nats.Connect("nats://"+b.address, options...)
	if err != nil {
		return nil, "", fmt.Errorf("connect to NATS at %s: %w", b.address, err)
	}
	if js, err = jetstream.New(conn); err == nil {
		stream, err = ensureStream(ctx, js, b)
	}
	if err != nil {
		conn.Close()
		return nil, "", err
	}
	return js, stream, nil
}

// lost reports that a connection is being made again; err is nil when it was closed
// here.
func (j jetStream) lost(err error) {
	if err != nil {
		j.report(err)
	}
}

func closeNATS(conn *nats.Conn) func() error { return func() error { conn.Close(); return nil } }

// ensureStream gives the stream that holds the subject, and makes one where there is
// none.
func ensureStream(ctx context.Context, js jetstream.JetStream, b brokerURL) (string, error) {
	stream, err := js.StreamNameBySubject(ctx, b.name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream = strings.ReplaceAll(b.name, ".", "-")
		_, err = js.CreateStream(ctx, jetstream.StreamConfig{Name: stream, Subjects: []string{b.name}, MaxAge: streamAge})
	}
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders):
		return "", fmt.Errorf("NATS at %s keeps no messages, as JetStream is off there: an event that is sent while nobody listens would be lost. "+
			"Switch it on, with `nats-server -js` or jetstream in its configuration", b.address)
	case err != nil:
		return "", fmt.Errorf("stream of subject %s: %w", b.name, err)
	}
	return stream, nil
}

// ensureConsumer makes the durable consumer where it is missing.
func ensureConsumer(ctx context.Context, js jetstream.JetStream, stream string, b brokerURL) error {
	wait, err := ackWait(b)
	if err != nil {
		return err
	}
	consumer := b.parameter("consumer")
	_, err = js.Consumer(ctx, stream, consumer)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		_, err = js.CreateConsumer(ctx, stream, jetstream.ConsumerConfig{
			Durable: consumer, AckPolicy: jetstream.AckExplicitPolicy, AckWait: wait, FilterSubject: b.name,
		})
	}
	if err != nil {
		return fmt.Errorf("consumer %s of stream %s: %w", consumer, stream, err)
	}
	return nil
}

// natsAway tells whether no server answers, rather than that one refuses.
func natsAway(err error) bool { return unreachable(err) || errors.Is(err, nats.ErrNoServers) }
