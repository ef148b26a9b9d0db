package sqlitepubsub

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"gocloud.dev/pubsub"
)

// Scheme is the URL scheme that URLOpener is meant for.
const Scheme = "sqlite"

// URLOpener opens topics and subscriptions by URLs such as
// "sqlite://events?file=/data/events.db".
//
// The host is the name of the topic. The query parameters are:
//   - file (required): path of the file
//   - subscription: its name, "default" without; of subscriptions only
//   - ack_deadline: how long a receiver has, "30s" without; of subscriptions only
//   - max_attempts: how often a message is delivered, 8 without; of subscriptions
//     only
//
// Topics ignore what is of subscriptions only; any other parameter is an error.
// Both ends of a file share a queue. The zero value is ready to use, and safe for
// concurrent use.
type URLOpener struct {
	mu     sync.Mutex
	queues map[string]*shared
}

// shared is a queue and how often it is open.
type shared struct {
	*Queue
	count int
}

// OpenTopicURL implements pubsub.TopicURLOpener.
func (o *URLOpener) OpenTopicURL(ctx context.Context, u *url.URL) (*pubsub.Topic, error) {
	p, err := parseURL(u)
	if err != nil {
		return nil, fmt.Errorf("open topic %v: %w", u, err)
	}
	q, release, err := o.open(ctx, p.file)
	if err != nil {
		return nil, fmt.Errorf("open topic %v: %w", u, err)
	}
	t, err := openTopic(ctx, q, u.Host, nil)
	if err != nil {
		release()
		return nil, fmt.Errorf("open topic %v: %w", u, err)
	}
	t.close = release
	return pubsub.NewTopic(t, sendBatcher), nil
}

// OpenSubscriptionURL implements pubsub.SubscriptionURLOpener.
func (o *URLOpener) OpenSubscriptionURL(ctx context.Context, u *url.URL) (*pubsub.Subscription, error) {
	p, err := parseURL(u)
	if err != nil {
		return nil, fmt.Errorf("open subscription %v: %w", u, err)
	}
	q, release, err := o.open(ctx, p.file)
	if err != nil {
		return nil, fmt.Errorf("open subscription %v: %w", u, err)
	}
	s, err := openSubscription(ctx, q, u.Host, p.subscription, &p.options)
	if err != nil {
		release()
		return nil, fmt.Errorf("open subscription %v: %w", u, err)
	}
	s.close = release
	return pubsub.NewSubscription(s, receiveBatcher, ackBatcher), nil
}

// open gives the queue of a file; it is closed when the last has released it.
func (o *URLOpener) open(ctx context.Context, file string) (q *Queue, release func() error, err error) {
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.queues == nil {
		o.queues = map[string]*shared{}
	}
	s := o.queues[path]
	if s == nil {
		queue, err := OpenQueue(ctx, path)
		if err != nil {
			return nil, nil, err
		}
		s = &shared{Queue: queue}
		o.queues[path] = s
	}
	s.count++
	return s.Queue, sync.OnceValue(func() error { return o.release(path, s) }), nil
}

func (o *URLOpener) release(path string, s *shared) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s.count--; s.count > 0 {
		return nil
	}
	delete(o.queues, path)
	return s.Close()
}

// parameters are what the query of a URL says.
type parameters struct {
	file         string
	subscription string
	options      SubscriptionOptions
}

func parseURL(u *url.URL) (parameters, error) {
	p := parameters{subscription: DefaultSubscription}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return p, err
	}
	if u.Path != "" {
		return p, fmt.Errorf("path %q must be empty: the host is the topic", u.Path)
	}
	for name, values := range query {
		if len(values) > 1 {
			return p, fmt.Errorf("query parameter %q is given twice", name)
		}
		if err := p.set(name, values[0]); err != nil {
			return p, err
		}
	}
	if p.file == "" {
		return p, fmt.Errorf("query parameter %q is missing: the path of the file", "file")
	}
	return p, nil
}

func (p *parameters) set(name, value string) (err error) {
	switch name {
	case "file":
		p.file = value
	case "subscription":
		p.subscription = value
	case "ack_deadline":
		if p.options.AckDeadline, err = time.ParseDuration(value); err != nil || p.options.AckDeadline < time.Second {
			return fmt.Errorf("ack_deadline %q must be a duration of a second or more, such as 30s", value)
		}
	case "max_attempts":
		if p.options.MaxAttempts, err = strconv.Atoi(value); err != nil || p.options.MaxAttempts < 1 {
			return fmt.Errorf("max_attempts %q must be a whole number from 1 on", value)
		}
	default:
		return fmt.Errorf("unknown query parameter %q: there are file, subscription, ack_deadline and max_attempts", name)
	}
	return nil
}
