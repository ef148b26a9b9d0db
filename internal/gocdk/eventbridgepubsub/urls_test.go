package eventbridgepubsub_test

import (
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
	"gocloud.dev/pubsub"

	"promptz/internal/awstest"
	"promptz/internal/gocdk/eventbridgepubsub"
)

func TestURLRefusals(t *testing.T) {
	t.Parallel()
	mux := newMux(&eventbridgepubsub.URLOpener{Config: &aws.Config{}})
	for _, c := range []struct{ topic, subscription, want string }{
		{topic: "eventbridge://events?region=r&sorce=x", want: `unknown query parameter "sorce": there are region, endpoint, source, type_key and max_bytes`},
		{topic: "eventbridge://events?region=r&wait=1s", want: `unknown query parameter "wait"`},
		{topic: "eventbridge://events?region=r&region=s", want: `"region" is given twice`},
		{topic: "eventbridge://events?region=", want: `"region" is empty`},
		{topic: "eventbridge://events", want: `"region" is missing`},
		{topic: "eventbridge://events?region=r&endpoint=localhost", want: `endpoint "localhost" must be a URL`},
		{topic: "eventbridge://events?region=r&endpoint=ftp://x", want: `endpoint "ftp://x" must be a URL`},
		{topic: "eventbridge://events/x?region=r", want: `path "/x" must be empty`},
		{topic: "eventbridge://?region=r", want: "the bus has no name"},
		{topic: "eventbridge://events?region=r&source=aws.events", want: `not begin with "aws."`},
		{topic: "eventbridge://events?region=r&source=" + strings.Repeat("s", 257), want: "at most 256 characters"},
		{topic: "eventbridge://events?region=r&max_bytes=many", want: `max_bytes "many" must be a whole number from 1024 to 1048576`},
		{topic: "eventbridge://events?region=r&max_bytes=1048577", want: `max_bytes "1048577" must be`},
		{topic: "eventbridge://events?region=r&max_bytes=1023", want: `max_bytes "1023" must be`},
		{topic: "eventbridge://events?%zz", want: "invalid URL escape"},
		{subscription: "eventbridge://host/1/queue?region=r&source=x", want: `unknown query parameter "source": there are region, endpoint and wait`},
		{subscription: "eventbridge://host/1/queue?region=r&wait=soon", want: `wait "soon" must be a duration`},
		{subscription: "eventbridge://host/1/queue?region=r&wait=0s", want: `wait "0s" must be a duration`},
		{subscription: "eventbridge://host/1/queue?region=r&wait=21s", want: "wait 21s must be whole seconds"},
		{subscription: "eventbridge://queue?region=r", want: "host and path must be those of the queue's URL"},
		{subscription: "eventbridge://host/1/queue", want: `"region" is missing`},
	} {
		var err error
		if c.topic != "" {
			_, err = mux.OpenTopic(t.Context(), c.topic)
		} else {
			_, err = mux.OpenSubscription(t.Context(), c.subscription)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s%s: error %v, want one that says %s", c.topic, c.subscription, err, c.want)
		}
	}
}

// TestURLsMinistack opens both ends by nothing but URLs and the environment.
func TestURLsMinistack(t *testing.T) {
	m := awstest.StartMinistack(t)
	for _, variable := range m.Environment() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_REGION", awstest.Region)
	bus := awstest.NewBus(t, m.Config())
	queue, err := url.Parse(awstest.NewTarget(t, m.Config(), bus))
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "endpoint=" + url.QueryEscape(m.Endpoint())
	mux := newMux(new(eventbridgepubsub.URLOpener))
	topic, err := mux.OpenTopic(t.Context(), "eventbridge://"+bus+"?source=me&type_key=kind&max_bytes=2048&"+endpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer topic.Shutdown(t.Context())
	sub, err := mux.OpenSubscription(t.Context(), "eventbridge://"+queue.Host+queue.Path+"?wait=2s&region=eu-central-1&"+endpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Shutdown(t.Context())

	var entry *types.PutEventsRequestEntry
	if err := topic.Send(t.Context(), &pubsub.Message{
		Body: []byte(`{"a":"é"}`), Metadata: map[string]string{"kind": "done"}, BeforeSend: func(as func(any) bool) error { as(&entry); return nil },
	}); err != nil {
		t.Fatal(err)
	}
	if *entry.Source != "me" || *entry.DetailType != "done" {
		t.Errorf("source %q and detail type %q, want me and done", *entry.Source, *entry.DetailType)
	}
	got, err := sub.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got.Ack()
	if diff := cmp.Diff(map[string]string{"kind": "done"}, got.Metadata); diff != "" || string(got.Body) != `{"a":"é"}` {
		t.Errorf("body %s, metadata (-want +got):\n%s", got.Body, diff)
	}
	if err := topic.Send(t.Context(), &pubsub.Message{Body: make([]byte, 2048)}); err == nil {
		t.Error("a message beyond max_bytes is sent")
	}
}

// TestConfigOfTheOpener opens what nothing but the URL and the given configuration
// tell of.
func TestConfigOfTheOpener(t *testing.T) {
	t.Parallel()
	cfg := awstest.Config("http://127.0.0.1:1")
	mux := newMux(&eventbridgepubsub.URLOpener{Config: &cfg})
	topic, err := mux.OpenTopic(t.Context(), "eventbridge://events?region=us-east-1")
	if err != nil {
		t.Fatal(err)
	}
	defer topic.Shutdown(t.Context())
	var bridge *eventbridge.Client
	if !topic.As(&bridge) || bridge.Options().Region != "us-east-1" || *bridge.Options().BaseEndpoint != "http://127.0.0.1:1" {
		t.Error("the topic's client is not made of configuration and URL")
	}
	sub, err := mux.OpenSubscription(t.Context(), "eventbridge://host/1/queue?endpoint=http://127.0.0.1:2")
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Shutdown(t.Context())
	var queues *sqs.Client
	if !sub.As(&queues) || queues.Options().Region != awstest.Region || *queues.Options().BaseEndpoint != "http://127.0.0.1:2" {
		t.Error("the subscription's client is not made of configuration and URL")
	}
	if *cfg.BaseEndpoint != "http://127.0.0.1:1" || cfg.Region != awstest.Region {
		t.Error("opening has changed the configuration")
	}
}

func TestQueueOfAURL(t *testing.T) {
	t.Parallel()
	q := new(queue)
	server := httptest.NewServer(q)
	defer server.Close()
	for _, c := range []struct{ endpoint, want string }{
		{"", "https://sqs.example.com/1/queue"},
		{server.URL, "http://sqs.example.com/1/queue"},
	} {
		cfg := awstest.Config(server.URL)
		mux := newMux(&eventbridgepubsub.URLOpener{Config: &cfg})
		u := "eventbridge://sqs.example.com/1/queue?region=r"
		if c.endpoint != "" {
			u += "&endpoint=" + url.QueryEscape(c.endpoint)
		}
		sub, err := mux.OpenSubscription(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		q.mu.Lock()
		q.bodies, q.urls = []string{"a"}, nil
		q.mu.Unlock()
		m, err := sub.Receive(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m.Ack()
		if err := sub.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if got := slices.Compact(q.urls); !slices.Equal(got, []string{c.want}) {
			t.Errorf("endpoint %q: the queue is %q, want %s", c.endpoint, got, c.want)
		}
	}
}

func TestRegistersNothing(t *testing.T) {
	t.Parallel()
	if pubsub.DefaultURLMux().ValidTopicScheme(eventbridgepubsub.Scheme) {
		t.Error("the default mux opens eventbridge URLs")
	}
}

func newMux(opener *eventbridgepubsub.URLOpener) *pubsub.URLMux {
	mux := new(pubsub.URLMux)
	mux.RegisterTopic(eventbridgepubsub.Scheme, opener)
	mux.RegisterSubscription(eventbridgepubsub.Scheme, opener)
	return mux
}
