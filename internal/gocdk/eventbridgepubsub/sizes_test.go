package eventbridgepubsub_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"
	"gocloud.dev/gcerrors"
	"gocloud.dev/pubsub"

	"promptz/internal/gocdk/eventbridgepubsub"
)

// around is what an event of text has besides it: what AWS counts of the entry,
// and 512 bytes for the event's own JSON.
const around = 512 + len("pubsub") + len("message") + len(`{"pubsub":1,"text":""}`)

func TestSizeOfOneMessage(t *testing.T) {
	t.Parallel()
	change := func(f func(*types.PutEventsRequestEntry)) func(func(any) bool) error {
		return func(as func(any) bool) error {
			var entry *types.PutEventsRequestEntry
			as(&entry)
			f(entry)
			return nil
		}
	}
	for _, c := range []struct {
		name       string
		max        int
		letter     string
		cost       int // bytes of a letter
		metadata   map[string]string
		beforeSend func(func(any) bool) error
		extra      int // bytes of those
	}{
		{name: "by default", max: 256 << 10, letter: "a", cost: 1},
		{name: "as much as AWS takes", max: 1 << 20, letter: "a", cost: 1},
		{name: "bytes, not characters", max: 256 << 10, letter: "€", cost: 3},
		{name: "escapes", max: 256 << 10, letter: `"`, cost: 2},
		{
			name: "metadata and detail type", max: 256 << 10, letter: "a", cost: 1,
			metadata: map[string]string{"type": "café"},
			extra:    len(`,"metadata":{"type":"café"}`) + len("café") - len("message"),
		},
		{
			name: "time and resources", max: 256 << 10, letter: "a", cost: 1,
			beforeSend: change(func(e *types.PutEventsRequestEntry) {
				e.Time, e.Resources = new(time.Time), []string{"one", "other"}
			}),
			extra: 14 + len("one") + len("other"),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := &bridge{}
			o := eventbridgepubsub.TopicOptions{MaxBytes: c.max}
			if c.max == 256<<10 {
				o.MaxBytes = 0
			}
			topic, _ := b.open(t, 1, o)
			n := (c.max - around - c.extra) / c.cost
			for _, m := range []struct {
				letters int
				want    gcerrors.ErrorCode
			}{{n, gcerrors.OK}, {n + 1, gcerrors.InvalidArgument}} {
				message := &pubsub.Message{Body: []byte(strings.Repeat(c.letter, m.letters)), Metadata: c.metadata, BeforeSend: c.beforeSend}
				if err := topic.Send(t.Context(), message); gcerrors.Code(err) != m.want {
					t.Errorf("%d letters: error %v with code %v, want %v", m.letters, err, gcerrors.Code(err), m.want)
				}
			}
			if len(b.requests) != 1 {
				t.Errorf("%d requests, want 1: what is too large is not sent", len(b.requests))
			}
		})
	}
}

func TestOthersAreSentBesideOneThatIsTooLarge(t *testing.T) {
	t.Parallel()
	b := &bridge{}
	topic, _ := b.open(t, 2, eventbridgepubsub.TopicOptions{})
	for i, err := range send(t, topic, texts("a", strings.Repeat("b", 256<<10))...) {
		if gcerrors.Code(err) != gcerrors.InvalidArgument || !strings.Contains(err.Error(), "1 of 2 messages were not sent") || !strings.Contains(err.Error(), "too large") {
			t.Errorf("message %d: error %v, want one that tells what is too large", i, err)
		}
	}
	if diff := cmp.Diff([][]string{{"a"}}, b.requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestRequestsAreSplitByBytes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		max      int
		requests []int // messages of each
	}{
		{"256 KiB", 256 << 10, []int{2, 2, 2, 2, 2}},
		{"1 MiB", 1 << 20, []int{10}},
		{"one to each", 101_000, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := &bridge{}
			topic, _ := b.open(t, 10, eventbridgepubsub.TopicOptions{MaxBytes: c.max})
			var messages []*pubsub.Message
			for _, d := range digits {
				messages = append(messages, &pubsub.Message{Body: []byte(strings.Repeat(d, 100_000))})
			}
			for i, err := range send(t, topic, messages...) {
				if err != nil {
					t.Errorf("message %d: %v", i, err)
				}
			}
			var got []int
			for i, r := range b.requests {
				got = append(got, len(r))
				if b.sizes[i] > c.max {
					t.Errorf("request %d has %d bytes of at most %d", i, b.sizes[i], c.max)
				}
			}
			if diff := cmp.Diff(c.requests, got); diff != "" {
				t.Errorf("messages of each request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDetailTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		key      string // option
		metadata map[string]string
		want     string
		code     gcerrors.ErrorCode
	}{
		{name: "none", want: "message"},
		{name: "of the metadata", metadata: map[string]string{"type": "item.created", "kind": "x"}, want: "item.created"},
		{name: "by another key", key: "kind", metadata: map[string]string{"type": "item.created", "kind": "x"}, want: "x"},
		{name: "empty", metadata: map[string]string{"type": ""}, want: "message"},
		{name: "longest", metadata: map[string]string{"type": strings.Repeat("é", 128)}, want: strings.Repeat("é", 128)},
		// EventBridge takes these, and drops them.
		{name: "too long", metadata: map[string]string{"type": strings.Repeat("é", 129)}, code: gcerrors.InvalidArgument},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			topic, _ := (&bridge{}).open(t, 1, eventbridgepubsub.TopicOptions{TypeKey: c.key})
			got := ""
			err := topic.Send(t.Context(), &pubsub.Message{Metadata: c.metadata, BeforeSend: func(as func(any) bool) error {
				var entry *types.PutEventsRequestEntry
				as(&entry)
				got = *entry.DetailType
				return nil
			}})
			if gcerrors.Code(err) != c.code || (c.code == gcerrors.OK && got != c.want) {
				t.Errorf("detail type %q, error %v, want %q and code %v", got, err, c.want, c.code)
			}
		})
	}
}
