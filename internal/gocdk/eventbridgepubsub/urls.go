package eventbridgepubsub

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"gocloud.dev/pubsub"
)

// Scheme is the URL scheme that URLOpener is meant for.
const Scheme = "eventbridge"

// URLOpener opens topics by URLs such as
// "eventbridge://my-bus?region=eu-central-1&source=my-app", where the host is the
// name of the bus ("default" is the account's own), and subscriptions by URLs such
// as "eventbridge://sqs.eu-central-1.amazonaws.com/123456789012/my-queue", where
// host and path are those of the queue's URL. The query parameters are:
//   - region: of bus or queue; the SDK's configuration without
//   - endpoint: URL of something else that answers AWS's API
//   - source: of the events, "pubsub" without; of topics only
//   - type_key: metadata key of the detail type, "type" without; of topics only
//   - max_bytes: largest request, 262144 without, up to 1048576; of topics only
//   - wait: how long a receive request waits, "1s" without, up to "20s"; of
//     subscriptions only
//
// Any other parameter is an error. The zero value is ready to use, and safe for
// concurrent use.
type URLOpener struct {
	// Config is what clients are made of; nil is the SDK's default, read anew from
	// environment and files for each URL. Region and endpoint of a URL come first.
	Config *aws.Config
}

// OpenTopicURL implements pubsub.TopicURLOpener.
func (o *URLOpener) OpenTopicURL(ctx context.Context, u *url.URL) (*pubsub.Topic, error) {
	var p parameters
	if err := p.read(u, p.setTopic, "region, endpoint, source, type_key and max_bytes"); err != nil {
		return nil, fmt.Errorf("open topic %v: %w", u, err)
	}
	if u.Path != "" {
		return nil, fmt.Errorf("open topic %v: path %q must be empty: the host is the bus", u, u.Path)
	}
	cfg, err := o.config(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("open topic %v: %w", u, err)
	}
	return OpenTopic(eventbridge.NewFromConfig(cfg), u.Host, &p.topic)
}

// OpenSubscriptionURL implements pubsub.SubscriptionURLOpener.
func (o *URLOpener) OpenSubscriptionURL(ctx context.Context, u *url.URL) (*pubsub.Subscription, error) {
	var p parameters
	if err := p.read(u, p.setSubscription, "region, endpoint and wait"); err != nil {
		return nil, fmt.Errorf("open subscription %v: %w", u, err)
	}
	if u.Host == "" || u.Path == "" {
		return nil, fmt.Errorf("open subscription %v: host and path must be those of the queue's URL", u)
	}
	cfg, err := o.config(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("open subscription %v: %w", u, err)
	}
	queue := url.URL{Scheme: "https", Host: u.Host, Path: u.Path}
	if p.endpoint != nil {
		queue.Scheme = p.endpoint.Scheme
	}
	return OpenSubscription(sqs.NewFromConfig(cfg), queue.String(), &p.subscription)
}

// config gives what the clients of a URL are made of.
func (o *URLOpener) config(ctx context.Context, p parameters) (aws.Config, error) {
	var cfg aws.Config
	if o.Config != nil {
		cfg = o.Config.Copy()
	} else {
		var err error
		if cfg, err = config.LoadDefaultConfig(ctx); err != nil {
			return cfg, err
		}
	}
	if p.region != "" {
		cfg.Region = p.region
	}
	if cfg.Region == "" {
		return cfg, fmt.Errorf("query parameter %q is missing, and nothing else tells the region", "region")
	}
	if p.endpoint != nil {
		cfg.BaseEndpoint = aws.String(p.endpoint.String())
	}
	return cfg, nil
}

// parameters are what the query of a URL says.
type parameters struct {
	region       string
	endpoint     *url.URL
	topic        TopicOptions
	subscription SubscriptionOptions
}

// errUnknown says that there is no such parameter.
var errUnknown = errors.New("unknown query parameter")

// read reads the query of u; known are the parameters that there are.
func (p *parameters) read(u *url.URL, set func(name, value string) error, known string) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return err
	}
	for name, values := range query {
		if len(values) > 1 {
			return fmt.Errorf("query parameter %q is given twice", name)
		}
		if values[0] == "" {
			return fmt.Errorf("query parameter %q is empty", name)
		}
		err := set(name, values[0])
		if errors.Is(err, errUnknown) {
			return fmt.Errorf("%w %q: there are %s", err, name, known)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *parameters) setTopic(name, value string) (err error) {
	switch name {
	case "source":
		p.topic.Source = value
	case "type_key":
		p.topic.TypeKey = value
	case "max_bytes":
		if p.topic.MaxBytes, err = strconv.Atoi(value); err != nil || p.topic.MaxBytes < minBytes || p.topic.MaxBytes > MaxBytes {
			return fmt.Errorf("max_bytes %q must be a whole number from %d to %d", value, minBytes, MaxBytes)
		}
	default:
		return p.set(name, value)
	}
	return nil
}

func (p *parameters) setSubscription(name, value string) (err error) {
	if name != "wait" {
		return p.set(name, value)
	}
	if p.subscription.Wait, err = time.ParseDuration(value); err != nil || p.subscription.Wait < time.Second {
		return fmt.Errorf("wait %q must be a duration of whole seconds, 1s to %v", value, MaxWait)
	}
	return nil
}

// set takes what topics and subscriptions have both.
func (p *parameters) set(name, value string) error {
	switch name {
	case "region":
		p.region = value
	case "endpoint":
		u, err := url.Parse(value)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("endpoint %q must be a URL such as http://127.0.0.1:4566", value)
		}
		p.endpoint = u
	default:
		return errUnknown
	}
	return nil
}
