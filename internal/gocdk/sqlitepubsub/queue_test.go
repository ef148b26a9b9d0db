package sqlitepubsub

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/driver"
)

// fixture is one file with a topic and a subscription, and a clock to move.
type fixture struct {
	queue *Queue
	topic *pubsub.Topic
	sub   *subscription
	mu    sync.Mutex
	at    time.Time
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	q, err := OpenQueue(t.Context(), filepath.Join(t.TempDir(), "events.db"))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{queue: q, at: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)}
	q.now = f.now
	if f.topic, err = OpenTopic(t.Context(), q, "events", nil); err != nil {
		t.Fatal(err)
	}
	if f.sub, err = openSubscription(t.Context(), q, "events", "default", &SubscriptionOptions{MaxAttempts: 3}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.topic.Shutdown(context.Background())
		q.Close()
	})
	return f
}

func (f *fixture) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

func (f *fixture) advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = f.at.Add(d)
}

func (f *fixture) send(t *testing.T, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if err := f.topic.Send(t.Context(), &pubsub.Message{Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
}

// receive gives the bodies of what is due, with the number of each attempt, and
// their ack ids.
func (f *fixture) receive(t *testing.T) (got []string, ids []driver.AckID) {
	t.Helper()
	messages, err := f.sub.claim(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		got = append(got, fmt.Sprint(string(m.Body), m.AckID.(ackID).attempts))
		ids = append(ids, m.AckID)
	}
	return got, ids
}

func (f *fixture) want(t *testing.T, want ...string) []driver.AckID {
	t.Helper()
	got, ids := f.receive(t)
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Fatalf("received %q, want %q", got, want)
	}
	return ids
}

func TestRedelivery(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.send(t, "a", "b")
	ids := f.want(t, "a1", "b1")
	f.want(t)
	if err := f.sub.SendAcks(t.Context(), ids[:1]); err != nil {
		t.Fatal(err)
	}
	f.advance(DefaultAckDeadline)
	again := f.want(t, "b2")
	if err := f.sub.SendNacks(t.Context(), ids[1:]); err != nil { // of the first attempt: too late
		t.Fatal(err)
	}
	f.want(t)
	if err := f.sub.SendNacks(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	f.want(t, "b3")
}

func TestPoison(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.send(t, "poison", "good")
	for attempt := 1; attempt <= 3; attempt++ {
		got, ids := f.receive(t)
		if want := fmt.Sprint("poison", attempt); got[0] != want {
			t.Fatalf("received %q, want %q first", got, want)
		}
		if err := f.sub.SendNacks(t.Context(), ids[:1]); err != nil {
			t.Fatal(err)
		}
		if err := f.sub.SendAcks(t.Context(), ids[1:]); err != nil {
			t.Fatal(err)
		}
	}
	f.send(t, "next")
	f.want(t, "next1")
	letters, err := f.queue.DeadLetters(t.Context(), 0, 10)
	if err != nil || len(letters) != 1 || string(letters[0].Body) != "poison" || letters[0].Attempts != 3 || letters[0].Topic != "events" || letters[0].Subscription != "default" {
		t.Fatalf("dead letters %+v, %v", letters, err)
	}
	if depth, err := f.queue.Depth(t.Context()); err != nil || depth != (Depth{InFlight: 1, Dead: 1}) {
		t.Errorf("depth %+v, %v", depth, err)
	}
	if found, err := f.queue.Redrive(t.Context(), letters[0].ID); err != nil || !found {
		t.Fatalf("redrive: %t, %v", found, err)
	}
	if found, err := f.queue.Redrive(t.Context(), letters[0].ID); err != nil || found {
		t.Errorf("redrive again: %t, %v", found, err)
	}
	f.want(t, "poison1")
}

func TestClockJumps(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.send(t, "a")
	f.want(t, "a1")
	f.advance(-time.Hour)
	f.send(t, "b")
	f.want(t, "a2", "b1") // early rather than an hour late
	f.want(t)
}

func TestFanOut(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.send(t, "before")
	other, err := openSubscription(t.Context(), f.queue, "events", "other", &SubscriptionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	f.send(t, "after")
	f.want(t, "before1", "after1")
	messages, err := other.claim(t.Context(), 10)
	if err != nil || len(messages) != 1 || string(messages[0].Body) != "after" {
		t.Errorf("the later subscription got %d messages, %v; want what was sent after it", len(messages), err)
	}
}

func TestFirstSubscriptionGetsWhatWasSent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	early, err := OpenTopic(t.Context(), f.queue, "early", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer early.Shutdown(t.Context())
	if err := early.Send(t.Context(), &pubsub.Message{Body: []byte("kept")}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"first": 1, "second": 0} {
		if name == "second" {
			continue
		}
		s, err := openSubscription(t.Context(), f.queue, "early", name, &SubscriptionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if messages, err := s.claim(t.Context(), 10); err != nil || len(messages) != want {
			t.Errorf("%s: %d messages, %v; want %d", name, len(messages), err, want)
		}
	}
}

// open opens both ends of a file by URL.
func open(t *testing.T, o *URLOpener, file string) (*pubsub.Topic, *pubsub.Subscription) {
	t.Helper()
	u, err := url.Parse("sqlite://events?file=" + url.QueryEscape(file) + "&ack_deadline=2s")
	if err != nil {
		t.Fatal(err)
	}
	topic, err := o.OpenTopicURL(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	sub, err := o.OpenSubscriptionURL(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		topic.Shutdown(context.Background())
		sub.Shutdown(context.Background())
	})
	return topic, sub
}

func TestBadURLs(t *testing.T) {
	t.Parallel()
	file := "file=" + url.QueryEscape(filepath.Join(t.TempDir(), "events.db"))
	for _, test := range []struct{ url, want string }{
		{"sqlite://events", `"file" is missing`},
		{"sqlite://events?" + file + "&file=x", "twice"},
		{"sqlite://events?" + file + "&ack=1s", "unknown query parameter"},
		{"sqlite://events?" + file + "&ack_deadline=5", "ack_deadline"},
		{"sqlite://events?" + file + "&ack_deadline=1ms", "a second or more"},
		{"sqlite://events?" + file + "&max_attempts=0", "max_attempts"},
		{"sqlite://events/more?" + file, "must be empty"},
		{"sqlite://ev%20ents?" + file, "a name is"},
		{"sqlite://events?" + file + "&subscription=a%2Fb", "a name is"},
		{"sqlite://events?file=/nowhere/at/all/events.db", "events.db"},
	} {
		u, err := url.Parse(test.url)
		if err != nil {
			u = &url.URL{Scheme: Scheme, Host: "ev ents", RawQuery: file}
		}
		if _, err := new(URLOpener).OpenSubscriptionURL(t.Context(), u); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.url, err, test.want)
		}
	}
}

// childFile is set in a process that a test starts: the file to send to.
const childFile = "SQLITEPUBSUB_TEST_FILE"

// TestSenderProcess is no test but what another process does: it sends numbered
// messages and tells each that was acknowledged, until it is killed.
func TestSenderProcess(t *testing.T) {
	file := os.Getenv(childFile)
	if file == "" {
		t.Skip("it is the child of TestKill")
	}
	topic, _ := open(t, new(URLOpener), file)
	var mu sync.Mutex
	var senders sync.WaitGroup
	for sender := range 4 {
		senders.Go(func() {
			for n := sender; ; n += 4 {
				body := strconv.Itoa(n)
				if err := topic.Send(t.Context(), &pubsub.Message{Body: []byte(body)}); err != nil {
					return
				}
				mu.Lock()
				fmt.Println("sent", body)
				mu.Unlock()
			}
		})
	}
	senders.Wait()
}

// TestKill kills a sending process at several moments, while this process
// receives from the same file: all that was acknowledged has to come.
func TestKill(t *testing.T) {
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	file := filepath.Join(t.TempDir(), "events.db")
	_, sub := open(t, new(URLOpener), file)
	acknowledged, received := map[string]bool{}, map[string]bool{}
	for round := range rounds {
		clear(acknowledged)
		clear(received)
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestSenderProcess$")
		child.Env = append(os.Environ(), childFile+"="+file)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if body, ok := strings.CutPrefix(lines.Text(), "sent "); ok {
				acknowledged[body] = true
			}
			if len(acknowledged) == 20*(round+1)+round {
				child.Process.Kill()
			}
		}
		child.Wait()
		for missing(acknowledged, received) > 0 {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			m, err := sub.Receive(ctx)
			cancel()
			if err != nil {
				t.Fatalf("round %d: %d of %d are missing: %v", round, missing(acknowledged, received), len(acknowledged), err)
			}
			received[string(m.Body)] = true
			m.Ack()
		}
	}
}

func missing(want, got map[string]bool) (n int) {
	for body := range want {
		if !got[body] {
			n++
		}
	}
	return n
}

// TestSharedSubscription lets two openers, as two processes are, share one
// subscription.
func TestSharedSubscription(t *testing.T) {
	t.Parallel()
	const messages = 300
	file := filepath.Join(t.TempDir(), "events.db")
	topic, one := open(t, new(URLOpener), file)
	_, two := open(t, new(URLOpener), file)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	got := map[string]int{}
	var receivers sync.WaitGroup
	for _, sub := range []*pubsub.Subscription{one, two} {
		receivers.Go(func() {
			for {
				m, err := sub.Receive(ctx)
				if err != nil {
					return
				}
				m.Ack()
				mu.Lock()
				if got[string(m.Body)]++; len(got) == messages {
					stop()
				}
				mu.Unlock()
			}
		})
	}
	for n := range messages {
		if err := topic.Send(t.Context(), &pubsub.Message{Body: []byte(strconv.Itoa(n))}); err != nil {
			t.Fatal(err)
		}
	}
	receivers.Wait()
	for body, n := range got {
		if n != 1 {
			t.Errorf("%s came %d times", body, n)
		}
	}
	if len(got) != messages {
		t.Errorf("%d messages came, want %d", len(got), messages)
	}
}
