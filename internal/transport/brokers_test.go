package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"gocloud.dev/pubsub"

	"promptz/internal/awstest"
	"promptz/internal/brokertest"
	"promptz/internal/events/eventstest"
	"promptz/internal/transport"
)

// newEnds makes the ends of two URLs.
func newEnds(t *testing.T, topic, subscription string) (*transport.Ends, error) {
	t.Helper()
	to, err := url.Parse(topic)
	if err != nil {
		t.Fatal(err)
	}
	from, err := url.Parse(subscription)
	if err != nil {
		t.Fatal(err)
	}
	return transport.NewEnds(to, from, slog.New(slog.DiscardHandler))
}

// openEnds opens both ends.
func openEnds(t *testing.T, topic, subscription string) eventstest.Broker {
	t.Helper()
	ends, err := newEnds(t, topic, subscription)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := ends.OpenTopic(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return eventstest.Broker{Topic: opened, Subscribe: func(t *testing.T) *pubsub.Subscription {
		t.Helper()
		sub, err := ends.OpenSubscription(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return sub
	}}
}

// asItCame takes nothing off a message.
func asItCame(body []byte) ([]byte, error) { return body, nil }

// withStop adds how the broker is stopped and started.
func withStop(b eventstest.Broker, stop func(), start func(testing.TB)) eventstest.Broker {
	b.Stop = func(*testing.T) func(*testing.T) {
		stop()
		return func(t *testing.T) { start(t) }
	}
	return b
}

// fresh gives names that no other test has.
func fresh(made *atomic.Int32) string { return fmt.Sprint("events.", made.Add(1)) }

// login is the URL of an end at a broker that wants to know who comes.
func login(scheme, address, name, query string) string {
	return fmt.Sprintf("%s://%s:%s@%s/%s?%s", scheme, brokertest.User, brokertest.Password, address, name, query)
}

func TestNATS(t *testing.T) {
	t.Parallel()
	server := brokertest.StartNATS(t, true)
	var made atomic.Int32
	eventstest.Run(t, func(t *testing.T) eventstest.Broker {
		u := login("nats", server.Address, fresh(&made), "consumer=test&ack_deadline=3s")
		return withStop(openEnds(t, u, u), server.Stop, server.Start)
	}, asItCame)
}

func TestKafka(t *testing.T) {
	if testing.Short() {
		t.Skip("Kafka's client waits for seconds at every turn: it runs without -short")
	}
	t.Parallel()
	eventstest.Run(t, func(t *testing.T) eventstest.Broker {
		cluster := brokertest.StartKafka(t, "events")
		u := "kafka://" + cluster.Address + "/events?group=test"
		return withStop(openEnds(t, u, u), cluster.Stop, cluster.Start)
	}, asItCame)
}

func TestRabbit(t *testing.T) {
	t.Parallel()
	node := brokertest.StartRabbit(t)
	var made atomic.Int32
	eventstest.Run(t, func(t *testing.T) eventstest.Broker {
		name := fresh(&made)
		u := login("rabbit", node.Address, name, "queue="+name)
		return withStop(openEnds(t, u, u), node.Stop, node.Start)
	}, asItCame)
}

// account makes topics and queues at moto's, which forgets all when it ends: it is
// cut off instead.
type account struct {
	endpoint string // with what cuts off
	cut      *atomic.Bool
	sns      *sns.Client
	sqs      *sqs.Client
	made     atomic.Int32
}

func newAccount(t *testing.T) *account {
	t.Helper()
	moto, err := url.Parse(awstest.StartMoto(t))
	if err != nil {
		t.Fatal(err)
	}
	a := &account{cut: new(atomic.Bool)}
	proxy := httputil.NewSingleHostReverseProxy(moto)
	proxy.ErrorLog = log.New(io.Discard, "", 0) // clients go away
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.cut.Load() {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	a.endpoint = s.URL
	cfg := aws.Config{Region: "eu-central-1", BaseEndpoint: &a.endpoint, Credentials: credentials.NewStaticCredentialsProvider("x", "x", "")}
	a.sns, a.sqs = sns.NewFromConfig(cfg), sqs.NewFromConfig(cfg)
	return a
}

// query is that of the URLs of topics and subscriptions.
func (a *account) query() string {
	return "?region=eu-central-1&endpoint=" + url.QueryEscape(a.endpoint)
}

// newQueue makes a queue and gives its URL, without a scheme, and its ARN.
func (a *account) newQueue(t *testing.T) (place, arn string) {
	t.Helper()
	name := fmt.Sprint("events-", a.made.Add(1))
	made, err := a.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{"VisibilityTimeout": "3"}})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(*made.QueueUrl)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host + u.Path, "arn:aws:sqs:eu-central-1:123456789012:" + name
}

// open opens both ends; the broker can be cut off.
func (a *account) open(t *testing.T, topic, subscription string) eventstest.Broker {
	t.Helper()
	b := openEnds(t, topic+a.query(), subscription+a.query()+"&waittime=1s")
	return withStop(b, func() { a.cut.Store(true) }, func(testing.TB) { a.cut.Store(false) })
}

func TestSQS(t *testing.T) {
	setCredentials(t)
	a := newAccount(t)
	eventstest.Run(t, func(t *testing.T) eventstest.Broker {
		queue, _ := a.newQueue(t)
		return a.open(t, "awssqs://"+queue, "awssqs://"+queue)
	}, asItCame)
}

func TestSNSToSQS(t *testing.T) {
	setCredentials(t)
	a := newAccount(t)
	eventstest.Run(t, func(t *testing.T) eventstest.Broker {
		queue, arn := a.newQueue(t)
		name := fmt.Sprint("events-", a.made.Add(1))
		topic, err := a.sns.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: &name})
		if err != nil {
			t.Fatal(err)
		}
		protocol := "sqs"
		if _, err := a.sns.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: topic.TopicArn, Protocol: &protocol, Endpoint: &arn}); err != nil {
			t.Fatal(err)
		}
		return a.open(t, "awssns:///"+*topic.TopicArn, "awssqs://"+queue)
	}, asItCame)
}

// setCredentials are those of AWS's SDK, which gocloud's drivers find by themselves.
func setCredentials(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "x")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
}

// TestBrokersAreRefused opens ends that brokers refuse: the error must say why, and
// hold no password.
func TestBrokersAreRefused(t *testing.T) {
	t.Parallel()
	core, jet := brokertest.StartNATS(t, false), brokertest.StartNATS(t, true)
	cluster := brokertest.StartKafka(t, "events")
	for _, tt := range []struct{ name, url, words string }{
		{"NATS without JetStream", login("nats", core.Address, "events", ""), "nats-server -js"},
		{"NATS with a wrong password", "nats://promptz:wrong-secret@" + jet.Address + "/events", "Authorization"},
		{"Kafka without the topic", "kafka://" + cluster.Address + "/others", "no topic others"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			mustNotOpen(t, tt.url, tt.url, tt.words)
		})
	}
}

// TestNATSTakesWhatIsThere opens ends of a stream and a consumer that an operator has
// made: it adds none, and refuses one that would take messages as done when they
// arrive.
func TestNATSTakesWhatIsThere(t *testing.T) {
	t.Parallel()
	server := brokertest.StartNATS(t, true)
	conn, err := nats.Connect("nats://"+server.Address, nats.UserInfo(brokertest.User, brokertest.Password))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "all", Subjects: []string{"events.>"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, policy := range map[string]jetstream.AckPolicy{"good": jetstream.AckExplicitPolicy, "bad": jetstream.AckNonePolicy} {
		if _, err := stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: name, AckPolicy: policy}); err != nil {
			t.Fatal(err)
		}
	}
	good, bad := login("nats", server.Address, "events.ours", "consumer=good"), login("nats", server.Address, "events.ours", "consumer=bad")
	b := openEnds(t, good, good)
	sub := b.Subscribe(t)
	mustCarry(t, b.Topic, sub)
	closeEnds(t, b.Topic, sub)

	ends, err := newEnds(t, bad, bad)
	if err == nil {
		_, err = ends.OpenSubscription(t.Context())
	}
	if err == nil || !strings.Contains(err.Error(), "must be explicit") {
		t.Errorf("a consumer without acknowledgement: %v", err)
	}
	info, err := stream.Info(t.Context())
	if err != nil || info.State.Consumers != 2 || info.State.Msgs != 1 {
		t.Errorf("the stream has %+v, %v", info.State, err)
	}
}

// TestEnvelopeIsTakenOff reads what a rule of EventBridge has put into a queue, which
// SQS's subscriptions leave as it is.
func TestEnvelopeIsTakenOff(t *testing.T) {
	t.Parallel()
	const ours = `{"specversion":"1.0","id":"1"}`
	const wrapped = `{"version":"0","id":"e","detail-type":"x","source":"promptz","detail":{"pubsub":1,"body":` + ours + `}}`
	for _, tt := range []struct{ topic, subscription, body, want string }{
		{"eventbridge://bus", "awssqs://queue", wrapped, ours},
		{"eventbridge://bus", "awssqs://queue", ours, ours},
		{"awssqs://queue", "awssqs://queue", wrapped, wrapped},
		{"sqlite://events", "sqlite://events", ours, ours},
	} {
		ends, err := newEnds(t, tt.topic, tt.subscription)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ends.Unwrap([]byte(tt.body))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %s, %v", tt.topic, got, err)
		}
	}
}

// TestErrorsOfOpeningHideTheQuery opens what can't be opened with a secret where none
// belongs.
func TestErrorsOfOpeningHideTheQuery(t *testing.T) {
	t.Parallel()
	const queue = "awssqs://sqs.example.com/1/events"
	for topic, subscription := range map[string]string{
		queue + "?password=wrong-secret": queue, "awssns:///arn:aws:sns:eu-central-1:1:events?password=wrong-secret": queue,
		"eventbridge://bus?password=wrong-secret": queue, "mem://events?password=wrong-secret": "mem://events",
		"sqlite://events?password=wrong-secret": "sqlite://events",
	} {
		mustNotOpen(t, topic, subscription, "password")
	}
}

func TestRabbitRefuses(t *testing.T) {
	t.Parallel()
	node := brokertest.StartRabbit(t)
	wrong, reserved := "rabbit://promptz:wrong-secret@"+node.Address+"/events", login("rabbit", node.Address, "amq.events", "")
	mustNotOpen(t, wrong, wrong, "403")
	mustNotOpen(t, reserved, reserved, "amq.events")
}

func mustNotOpen(t *testing.T, topic, subscription, words string) {
	t.Helper()
	ends, err := newEnds(t, topic, subscription)
	if err == nil {
		_, err = ends.OpenTopic(t.Context())
	}
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("the error does not say %q: %v", words, err)
	}
	if err != nil && (strings.Contains(err.Error(), "wrong-secret") || strings.Contains(err.Error(), brokertest.Password)) {
		t.Errorf("the error tells the password: %v", err)
	}
}

// TestBrokerMayComeLater opens ends of brokers that are away: requests must not wait
// for them, and events go on once they are there.
func TestBrokerMayComeLater(t *testing.T) {
	t.Parallel()
	server := brokertest.StartNATS(t, true)
	cluster := brokertest.StartKafka(t, "events")
	for _, tt := range []struct {
		name, url string
		stop      func()
		start     func(testing.TB)
	}{
		{"nats", login("nats", server.Address, "events", ""), server.Stop, server.Start},
		{"kafka", "kafka://" + cluster.Address + "/events", cluster.Stop, cluster.Start},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.stop()
			b := openEnds(t, tt.url, tt.url)
			sub := b.Subscribe(t)
			closeEnds(t, b.Topic, sub)
			if err := b.Topic.Send(t.Context(), &pubsub.Message{Body: []byte("lost")}); err == nil {
				t.Error("it was sent to nobody")
			}
			tt.start(t)
			mustCarry(t, b.Topic, sub)
		})
	}
}

// closeEnds closes both ends when the test ends.
func closeEnds(t *testing.T, topic *pubsub.Topic, sub *pubsub.Subscription) {
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := errors.Join(sub.Shutdown(ctx), topic.Shutdown(ctx)); err != nil {
			t.Error(err)
		}
	})
}

// mustCarry sends until it works, as the publisher does, and receives.
func mustCarry(t *testing.T, topic *pubsub.Topic, sub *pubsub.Subscription) {
	t.Helper()
	late := time.Now().Add(30 * time.Second)
	for topic.Send(t.Context(), &pubsub.Message{Body: []byte("it")}) != nil {
		if time.Now().After(late) {
			t.Fatal("nothing can be sent")
		}
		time.Sleep(10 * time.Millisecond) // until the broker is there
	}
	m, err := sub.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m.Ack()
	if string(m.Body) != "it" {
		t.Errorf("received %q", m.Body)
	}
}
