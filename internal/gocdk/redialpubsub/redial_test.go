package redialpubsub_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/mempubsub"

	"promptz/internal/gocdk/redialpubsub"
)

var errAway = errors.New("the broker is away")

// broker is mempubsub with connections that can break.
type broker struct {
	topic  *pubsub.Topic
	mu     sync.Mutex
	away   bool
	broken bool                 // what is open; the next is not
	subs   *pubsub.Subscription // the end that was dialled last
	dialled,
	closed int
}

// set changes the broker.
func (b *broker) set(change func(b *broker)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change(b)
}

// counts gives how often it was dialled and closed.
func (b *broker) counts() [2]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return [2]int{b.dialled, b.closed}
}

func (b *broker) dial() error {
	b.dialled++
	b.broken = false
	if b.away {
		return errAway
	}
	return nil
}

func (b *broker) close() error {
	b.set(func(b *broker) { b.closed++ })
	return nil
}

// dialTopic gives a topic of its own each time: what was shut down stays so.
func (b *broker) dialTopic(context.Context) (link redialpubsub.Link[*pubsub.Topic], err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.dial(); err != nil {
		return link, err
	}
	link.End = mempubsub.NewTopic()
	link.Broken = func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.broken }
	link.Close = b.close
	return link, nil
}

func (b *broker) dialSubscription(context.Context) (link redialpubsub.Link[*pubsub.Subscription], err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.dial(); err != nil {
		return link, err
	}
	b.subs = mempubsub.NewSubscription(b.topic, time.Minute)
	link.End, link.Close = b.subs, b.close
	return link, nil
}

func isAway(err error) bool { return errors.Is(err, errAway) }

// refuse makes a message's sending fail.
var refuse = &pubsub.Message{Body: []byte("x"), BeforeSend: func(func(any) bool) error { return errors.New("no") }}

func TestTopicIsDialledAnewWhenItIsBroken(t *testing.T) {
	t.Parallel()
	b := new(broker)
	topic, err := redialpubsub.OpenTopic(t.Context(), b.dialTopic, nil)
	if err != nil {
		t.Fatal(err)
	}
	fine := &pubsub.Message{Body: []byte("x")}
	for _, step := range []struct {
		name   string
		broken bool
		send   *pubsub.Message
		fails  bool
		want   [2]int // dialled, closed
	}{
		{"it works", false, fine, false, [2]int{1, 0}},
		{"an error that is the message's", false, refuse, true, [2]int{1, 0}},
		{"an error when it is broken", true, refuse, true, [2]int{1, 1}},
		{"the next", false, fine, false, [2]int{2, 1}},
	} {
		b.set(func(b *broker) { b.broken = step.broken })
		if err := topic.Send(t.Context(), step.send); (err != nil) != step.fails {
			t.Errorf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff(step.want, b.counts()); diff != "" {
			t.Errorf("%s: dialled and closed (-want +got):\n%s", step.name, diff)
		}
	}
	if err := topic.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([2]int{2, 2}, b.counts()); diff != "" {
		t.Errorf("at the end, dialled and closed (-want +got):\n%s", diff)
	}
}

func TestHooksAreCalledInTurn(t *testing.T) {
	t.Parallel()
	var called []string
	hook := func(name string) func(func(any) bool) error {
		return func(func(any) bool) error { called = append(called, name); return nil }
	}
	topic, err := redialpubsub.OpenTopic(t.Context(), new(broker).dialTopic, &redialpubsub.TopicOptions{BeforeSend: hook("own")})
	if err != nil {
		t.Fatal(err)
	}
	if err := topic.Send(t.Context(), &pubsub.Message{BeforeSend: hook("before"), AfterSend: hook("after")}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"own", "before", "after"}, called); diff != "" {
		t.Errorf("called (-want +got):\n%s", diff)
	}
	if err := topic.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOpenGoesOnWhenTheBrokerIsAway(t *testing.T) {
	t.Parallel()
	b := &broker{away: true}
	if _, err := redialpubsub.OpenTopic(t.Context(), b.dialTopic, nil); !isAway(err) {
		t.Errorf("without being told so it goes on: %v", err)
	}
	var reported []error
	topic, err := redialpubsub.OpenTopic(t.Context(), b.dialTopic, &redialpubsub.TopicOptions{
		Away: isAway, Report: func(err error) { reported = append(reported, err) },
	})
	if err != nil || len(reported) != 1 || !isAway(reported[0]) {
		t.Fatalf("%v, reported %v", err, reported)
	}
	if err := topic.Send(t.Context(), &pubsub.Message{}); !errors.Is(err, errAway) {
		t.Errorf("sent to nobody: %v", err)
	}
	b.set(func(b *broker) { b.away = false })
	if err := topic.Send(t.Context(), &pubsub.Message{}); err != nil {
		t.Error(err)
	}
	if err := topic.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := topic.Send(t.Context(), &pubsub.Message{}); gcerrors.Code(err) != gcerrors.FailedPrecondition {
		t.Errorf("after its shutdown: %v", err)
	}
}

// TestSubscriptionOutlivesItsEnds breaks the end beneath, for which Receive of the
// portable type fails for ever.
func TestSubscriptionOutlivesItsEnds(t *testing.T) {
	t.Parallel()
	b := &broker{topic: mempubsub.NewTopic()}
	reports := make(chan error, 100)
	sub, err := redialpubsub.OpenSubscription(t.Context(), b.dialSubscription, &redialpubsub.SubscriptionOptions{
		Nack: true, Away: isAway, Report: func(err error) { reports <- err }, Pause: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	send(t, b, "first")
	first := receive(t, sub, "first")

	b.set(func(b *broker) { b.away = true })
	if err := b.subs.Shutdown(t.Context()); err != nil { // the end breaks
		t.Fatal(err)
	}
	waiting := make(chan *pubsub.Message)
	go func() {
		m, err := sub.Receive(t.Context())
		if err != nil {
			t.Error(err)
		}
		waiting <- m
	}()
	if err := <-reports; gcerrors.Code(err) != gcerrors.FailedPrecondition {
		t.Errorf("the end's error is %v", err)
	}
	if err := <-reports; !isAway(err) {
		t.Errorf("dialling fails with %v", err)
	}
	first.Ack() // of an end that is gone: nothing happens
	b.set(func(b *broker) { b.away = false })
	dialled := b.counts()[0]
	for late := time.Now().Add(time.Minute); b.counts()[0] == dialled; {
		if time.Now().After(late) {
			t.Fatal("it is not dialled again")
		}
		time.Sleep(time.Millisecond) // until it is
	}
	send(t, b, "second")
	second := <-waiting
	if string(second.Body) != "second" {
		t.Errorf("received %q", second.Body)
	}
	second.Nack()
	receive(t, sub, "second").Ack()
	if err := sub.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := sub.Receive(t.Context()); gcerrors.Code(err) != gcerrors.FailedPrecondition {
		t.Errorf("after its shutdown: %v", err)
	}
}

func TestMessagesOfAnEndWithoutNackHaveNone(t *testing.T) {
	t.Parallel()
	b := &broker{topic: mempubsub.NewTopic()}
	sub, err := redialpubsub.OpenSubscription(t.Context(), b.dialSubscription, nil)
	if err != nil {
		t.Fatal(err)
	}
	send(t, b, "it")
	m := receive(t, sub, "it")
	if m.Nackable() {
		t.Error("it has")
	}
	m.Ack()
	if err := sub.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func send(t *testing.T, b *broker, body string) {
	t.Helper()
	if err := b.topic.Send(t.Context(), &pubsub.Message{Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, sub *pubsub.Subscription, body string) *pubsub.Message {
	t.Helper()
	m, err := sub.Receive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if string(m.Body) != body {
		t.Errorf("received %q instead of %q", m.Body, body)
	}
	return m
}
