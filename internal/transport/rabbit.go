package transport

import (
	"context"
	"fmt"
	"net/url"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/rabbitpubsub"

	"promptz/internal/gocdk/redialpubsub"
)

// rabbit opens ends at RabbitMQ by URLs such as
// "rabbit://user:password@host:5672/exchange?queue=name".
//
// The query parameters are queue ("promptz" without; of subscriptions only), vhost
// ("/" without) and tls. The exchange and the queue are made where they are missing,
// durable, the exchange a fanout and the queue bound to it; those that are there are
// taken as they are.
type rabbit struct{ report func(error) }

const (
	// rabbitPrefetch is how many unacknowledged messages one subscriber may hold:
	// without a bound the first would get all there are.
	rabbitPrefetch = 200
	// rabbitHeartbeat is how often the broker shows that it is there.
	rabbitHeartbeat = 10 * time.Second
)

func parseRabbit(u *url.URL) (brokerURL, error) {
	port := "5672"
	if u.Query().Get("tls") == "true" {
		port = "5671"
	}
	return parseBroker(u, port, "queue", "vhost")
}

// OpenTopicURL implements pubsub.TopicURLOpener.
func (r rabbit) OpenTopicURL(ctx context.Context, u *url.URL) (*pubsub.Topic, error) {
	b, err := parseRabbit(u)
	if err != nil {
		return nil, err
	}
	dial := func(context.Context) (redialpubsub.Link[*pubsub.Topic], error) {
		conn, err := dialRabbit(b, declareExchange)
		if err != nil {
			return redialpubsub.Link[*pubsub.Topic]{}, err
		}
		return redialpubsub.Link[*pubsub.Topic]{End: rabbitpubsub.OpenTopic(conn, b.name, nil), Broken: conn.IsClosed, Close: closeRabbit(conn)}, nil
	}
	return redialpubsub.OpenTopic(ctx, dial, &redialpubsub.TopicOptions{Away: unreachable, Report: r.report, BeforeSend: persist})
}

// OpenSubscriptionURL implements pubsub.SubscriptionURLOpener.
func (r rabbit) OpenSubscriptionURL(ctx context.Context, u *url.URL) (*pubsub.Subscription, error) {
	b, err := parseRabbit(u)
	if err != nil {
		return nil, err
	}
	prefetch := rabbitPrefetch
	dial := func(context.Context) (redialpubsub.Link[*pubsub.Subscription], error) {
		conn, err := dialRabbit(b, declareQueue)
		if err != nil {
			return redialpubsub.Link[*pubsub.Subscription]{}, err
		}
		end := rabbitpubsub.OpenSubscription(conn, b.parameter("queue"), &rabbitpubsub.SubscriptionOptions{PrefetchCount: &prefetch})
		return redialpubsub.Link[*pubsub.Subscription]{End: end, Close: closeRabbit(conn)}, nil
	}
	return redialpubsub.OpenSubscription(ctx, dial, &redialpubsub.SubscriptionOptions{Nack: true, Away: unreachable, Report: r.report})
}

// persist makes a message survive the broker's restart, which it otherwise does
// not, in a durable queue neither.
func persist(as func(any) bool) error {
	var p *amqp.Publishing
	if as(&p) {
		p.DeliveryMode, p.ContentType = amqp.Persistent, "application/cloudevents+json"
	}
	return nil
}

// dialRabbit connects, and declares what is needed.
func dialRabbit(b brokerURL, declare func(*amqp.Connection, brokerURL) error) (*amqp.Connection, error) {
	config := amqp.Config{
		Vhost: "/", Heartbeat: rabbitHeartbeat, TLSClientConfig: b.tls, Dial: amqp.DefaultDial(dialTimeout),
		Properties: amqp.Table{"connection_name": ownName},
	}
	if vhost := b.parameters["vhost"]; vhost != "" {
		config.Vhost = vhost
	}
	if b.user != "" {
		config.SASL = []amqp.Authentication{&amqp.PlainAuth{Username: b.user, Password: b.password}}
	}
	scheme := "amqp://"
	if b.tls != nil {
		scheme = "amqps://"
	}
	conn, err := amqp.DialConfig(scheme+b.address+"/", config)
	if err != nil {
		return nil, fmt.Errorf("connect to RabbitMQ at %s: %w", b.address, err)
	}
	if err := declare(conn, b); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// closeRabbit closes a connection; one that is closed already is as good.
func closeRabbit(conn *amqp.Connection) func() error {
	return func() error {
		if conn.IsClosed() {
			return nil
		}
		return conn.CloseDeadline(time.Now().Add(dialTimeout))
	}
}

func declareExchange(conn *amqp.Connection, b brokerURL) error {
	there := func(ch *amqp.Channel) error {
		return ch.ExchangeDeclarePassive(b.name, amqp.ExchangeFanout, true, false, false, false, nil)
	}
	declare := func(ch *amqp.Channel) error {
		return ch.ExchangeDeclare(b.name, amqp.ExchangeFanout, true, false, false, false, nil)
	}
	return ensureRabbit(conn, "exchange "+b.name, there, declare)
}

// declareQueue declares the exchange too: without it nothing could be bound.
func declareQueue(conn *amqp.Connection, b brokerURL) error {
	if err := declareExchange(conn, b); err != nil {
		return err
	}
	queue := b.parameter("queue")
	there := func(ch *amqp.Channel) error {
		_, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
		return err
	}
	declare := func(ch *amqp.Channel) error {
		if _, err := ch.QueueDeclare(queue, true, false, false, false, nil); err != nil {
			return err
		}
		return ch.QueueBind(queue, "#", b.name, false, nil)
	}
	return ensureRabbit(conn, "queue "+queue, there, declare)
}

// ensureRabbit declares what is not there. Each attempt has a channel of its own,
// which a refusal closes.
func ensureRabbit(conn *amqp.Connection, what string, there, declare func(*amqp.Channel) error) error {
	err := onChannel(conn, there)
	if refused, ok := err.(*amqp.Error); ok && refused.Code == amqp.NotFound {
		err = onChannel(conn, declare)
	}
	if err != nil {
		return fmt.Errorf("declare %s: %w", what, err)
	}
	return nil
}

func onChannel(conn *amqp.Connection, do func(*amqp.Channel) error) error {
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	defer ch.Close()
	return do(ch)
}
