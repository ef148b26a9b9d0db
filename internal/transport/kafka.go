package transport

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/IBM/sarama"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/kafkapubsub"

	"promptz/internal/gocdk/redialpubsub"
)

// kafka opens ends at Kafka by URLs such as
// "kafka://user:password@host:9092/topic?group=name".
//
// The query parameters are group ("promptz" without; of subscriptions only) and tls.
// One broker is named, it tells of the others. User and password are SASL/PLAIN's.
// The topic has to be there, or its broker to make topics by itself: how many
// partitions and copies it has is not for a program to say.
type kafka struct{ report func(error) }

func parseKafka(u *url.URL) (brokerURL, error) { return parseBroker(u, "9092", "group") }

// OpenTopicURL implements pubsub.TopicURLOpener.
func (k kafka) OpenTopicURL(ctx context.Context, u *url.URL) (*pubsub.Topic, error) {
	b, err := parseKafka(u)
	if err != nil {
		return nil, err
	}
	dial := func(context.Context) (link redialpubsub.Link[*pubsub.Topic], err error) {
		config := kafkaConfig(b)
		if err := checkKafkaTopic(b, config); err != nil {
			return link, err
		}
		link.End, err = kafkapubsub.OpenTopic([]string{b.address}, config, b.name, nil)
		return link, err
	}
	return redialpubsub.OpenTopic(ctx, dial, &redialpubsub.TopicOptions{Away: kafkaAway, Report: k.report})
}

// OpenSubscriptionURL implements pubsub.SubscriptionURLOpener.
func (k kafka) OpenSubscriptionURL(ctx context.Context, u *url.URL) (*pubsub.Subscription, error) {
	b, err := parseKafka(u)
	if err != nil {
		return nil, err
	}
	dial := func(context.Context) (link redialpubsub.Link[*pubsub.Subscription], err error) {
		config := kafkaConfig(b)
		if err := checkKafkaTopic(b, config); err != nil {
			return link, err
		}
		link.End, err = kafkapubsub.OpenSubscription([]string{b.address}, config, b.parameter("group"), []string{b.name}, nil)
		return link, err
	}
	return redialpubsub.OpenSubscription(ctx, dial, &redialpubsub.SubscriptionOptions{Away: kafkaAway, Report: k.report})
}

// kafkaConfig is what both ends want of the client.
func kafkaConfig(b brokerURL) *sarama.Config {
	c := kafkapubsub.MinimalConfig()
	c.ClientID = ownName
	c.Net.DialTimeout, c.Net.ReadTimeout, c.Net.WriteTimeout = dialTimeout, 2*dialTimeout, dialTimeout
	c.Net.TLS.Enable, c.Net.TLS.Config = b.tls != nil, b.tls
	c.Net.SASL.Enable, c.Net.SASL.User, c.Net.SASL.Password = b.user != "", b.user, b.password
	// The leader alone may die before it has told the others.
	c.Producer.RequiredAcks = sarama.WaitForAll
	// A group that is new begins with what was sent before it came.
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	return c
}

// checkKafkaTopic tells whether the broker answers and has the topic: the client
// would find out when it is too late to say so.
func checkKafkaTopic(b brokerURL, config *sarama.Config) error {
	client, err := sarama.NewClient([]string{b.address}, config)
	if err != nil {
		return fmt.Errorf("connect to Kafka at %s: %w", b.address, err)
	}
	defer client.Close()
	_, err = client.Partitions(b.name)
	if errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
		return fmt.Errorf("there is no topic %s at %s, which makes none by itself: make it with as many partitions as there may be servers", b.name, b.address)
	}
	return err
}

// kafkaAway tells whether no broker answers, rather than that one refuses.
func kafkaAway(err error) bool {
	if errors.Is(err, sarama.ErrSASLAuthenticationFailed) {
		return false
	}
	return unreachable(err) || errors.Is(err, sarama.ErrOutOfBrokers)
}
