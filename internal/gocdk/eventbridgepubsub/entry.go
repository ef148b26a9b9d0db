package eventbridgepubsub

import (
	"fmt"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"gocloud.dev/pubsub/driver"
)

const (
	maxEntries    = 10  // of a request
	maxSource     = 256 // characters
	maxDetailType = 128 // characters; EventBridge takes longer ones, and drops them
	// minBytes is a request that holds something.
	minBytes = 1 << 10
	// frameBytes is what an event has around its entry at most: the documentation
	// counts it in one place and not in the other, and the queue counts it always.
	frameBytes = 512
	// timeBytes is what a time counts.
	timeBytes = 14
)

// fill makes the entry of a message, and lets the message's BeforeSend change it.
func (t *topic) fill(entry *types.PutEventsRequestEntry, m *driver.Message) error {
	detailType := m.Metadata[t.options.TypeKey]
	if detailType == "" {
		detailType = DefaultDetailType
	}
	detail, err := encodeDetail(m.Body, m.Metadata)
	if err != nil {
		return err
	}
	*entry = types.PutEventsRequestEntry{
		EventBusName: &t.bus,
		Source:       &t.options.Source,
		DetailType:   &detailType,
		Detail:       aws.String(string(detail)),
	}
	if m.BeforeSend != nil {
		if err := m.BeforeSend(as(entry)); err != nil {
			return err
		}
	}
	return t.check(entry)
}

// check refuses what EventBridge would refuse, or worse, would not.
func (t *topic) check(entry *types.PutEventsRequestEntry) error {
	if n := utf8.RuneCountInString(aws.ToString(entry.DetailType)); n < 1 || n > maxDetailType {
		return &invalidError{fmt.Sprintf("a detail type has 1 to %d characters, not %d", maxDetailType, n)}
	}
	if n := entrySize(entry); n > t.options.MaxBytes {
		return &invalidError{fmt.Sprintf("the message is too large: its event has %d bytes of at most %d", n, t.options.MaxBytes)}
	}
	return nil
}

// entrySize is the size of an entry in bytes as EventBridge counts it, see
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size,
// and its frame.
func entrySize(entry *types.PutEventsRequestEntry) int {
	n := frameBytes + len(aws.ToString(entry.Source)) + len(aws.ToString(entry.DetailType)) + len(aws.ToString(entry.Detail))
	if entry.Time != nil {
		n += timeBytes
	}
	for _, r := range entry.Resources {
		n += len(r)
	}
	return n
}

// requests splits messages into requests that are not too long and not too large.
func (t *topic) requests(messages []*outgoing) [][]*outgoing {
	var all [][]*outgoing
	start, size := 0, 0
	for i, m := range messages {
		n := entrySize(&m.entry)
		if i > start && (i-start == maxEntries || size+n > t.options.MaxBytes) {
			all = append(all, messages[start:i])
			start, size = i, 0
		}
		size += n
	}
	if start < len(messages) {
		all = append(all, messages[start:])
	}
	return all
}
