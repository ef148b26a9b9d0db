package events_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/awssnssqs"

	"promptz/internal/awstest"
	"promptz/internal/events/eventstest"
	"promptz/internal/gocdk/eventbridgepubsub"
)

// TestEventBridgeMinistack receives by the driver, which unwraps what the rule has
// delivered.
func TestEventBridgeMinistack(t *testing.T) {
	t.Parallel()
	m := awstest.StartMinistack(t)
	cfg := m.Config()
	eventstest.Run(t, func(t *testing.T) eventstest.Broker {
		way := newWay(t, m.Endpoint())
		byWay := awstest.Config(way.server.URL)
		opener := &eventbridgepubsub.URLOpener{Config: &byWay}
		bus := awstest.NewBus(t, cfg)
		queue, err := url.Parse(awstest.NewTarget(t, cfg, bus))
		if err != nil {
			t.Fatal(err)
		}
		topic, err := opener.OpenTopicURL(t.Context(), &url.URL{Scheme: eventbridgepubsub.Scheme, Host: bus, RawQuery: "source=promptz"})
		if err != nil {
			t.Fatal(err)
		}
		return eventstest.Broker{Topic: topic, Subscribe: func(t *testing.T) *pubsub.Subscription {
			sub, err := opener.OpenSubscriptionURL(t.Context(), &url.URL{
				Scheme: eventbridgepubsub.Scheme, Host: queue.Host, Path: queue.Path, RawQuery: "endpoint=" + url.QueryEscape(way.server.URL),
			})
			if err != nil {
				t.Fatal(err)
			}
			return sub
		}, Stop: way.block}
	}, asItCame)
}

// TestEventBridgeToAnySQSMinistack receives by the Go CDK's own driver, as a
// Lambda function does too: Unwrap takes the event off.
func TestEventBridgeToAnySQSMinistack(t *testing.T) {
	t.Parallel()
	cfg := awstest.StartMinistack(t).Config()
	opener := &eventbridgepubsub.URLOpener{Config: &cfg}
	eventstest.Run(t, func(t *testing.T) eventstest.Broker {
		bus := awstest.NewBus(t, cfg)
		queue := awstest.NewTarget(t, cfg, bus)
		topic, err := opener.OpenTopicURL(t.Context(), &url.URL{Scheme: eventbridgepubsub.Scheme, Host: bus, RawQuery: "source=promptz"})
		if err != nil {
			t.Fatal(err)
		}
		return eventstest.Broker{Topic: topic, Subscribe: func(t *testing.T) *pubsub.Subscription {
			return awssnssqs.OpenSubscription(t.Context(), sqs.NewFromConfig(cfg), queue, &awssnssqs.SubscriptionOptions{WaitTime: time.Second})
		}}
	}, func(body []byte) ([]byte, error) {
		m, err := eventbridgepubsub.Unwrap(body)
		return m.Body, err
	})
}

// way is how a test reaches a broker that loses what it knows when it stops: it is
// blocked instead.
type way struct {
	server  *httptest.Server
	blocked atomic.Bool
}

func newWay(t *testing.T, endpoint string) *way {
	t.Helper()
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	w, proxy := new(way), httputil.NewSingleHostReverseProxy(to)
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.blocked.Load() {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.server.Close)
	return w
}

// block ends all connections and takes no more; start lets them through again.
func (w *way) block(*testing.T) (start func(*testing.T)) {
	w.blocked.Store(true)
	w.server.CloseClientConnections()
	return func(*testing.T) { w.blocked.Store(false) }
}
