package eventbridgepubsub

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Message is what an event delivered.
type Message struct {
	// ID is the event's, Source and DetailType what rules go by. They are empty for
	// what did not come as an event.
	ID, Source, DetailType string
	// Body and Metadata are those of the message that was sent; nil when empty.
	Body     []byte
	Metadata map[string]string
}

// event is what a rule delivers, see
// https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html.
type event struct {
	ID         string          `json:"id"`
	Source     string          `json:"source"`
	DetailType *string         `json:"detail-type"`
	Detail     json.RawMessage `json:"detail"`
}

// Unwrap takes the message out of what a rule has delivered to a queue or a Lambda
// function: the whole event, as JSON. The event's detail is
//
//	{"pubsub": 1, "body": {…}, "metadata": {"key": "value"}}
//
// where a body that is no JSON object, or one that could change on the way, lies in
// "text" or "base64" instead, and metadata that is no text in "metadata64".
//
// What is no event comes back unchanged as the Body. So does, as its detail, an
// event that somebody else has sent. Unwrap fails for an event that a topic of this
// package may have sent, but that cannot be read. Nothing in a queue's message
// proves that it came through a rule: who may send to the queue may choose all of
// the Message.
func Unwrap(body []byte) (Message, error) {
	var e event
	if !isObject(body) || json.Unmarshal(body, &e) != nil || e.ID == "" || e.DetailType == nil || !isObject(e.Detail) {
		return Message{Body: body}, nil
	}
	m := Message{ID: e.ID, Source: e.Source, DetailType: *e.DetailType}
	var marked struct {
		Format int `json:"pubsub"`
	}
	if json.Unmarshal(e.Detail, &marked) != nil || marked.Format == 0 {
		m.Body = e.Detail
		return m, nil
	}
	if marked.Format != detailFormat {
		return Message{}, fmt.Errorf("read event %s: its detail has format %d, and only %d is known", e.ID, marked.Format, detailFormat)
	}
	var d detail
	if err := json.Unmarshal(e.Detail, &d); err != nil {
		return Message{}, fmt.Errorf("read event %s: %w", e.ID, err)
	}
	if err := d.message(&m); err != nil {
		return Message{}, fmt.Errorf("read event %s: %w", e.ID, err)
	}
	return m, nil
}

// isObject tells whether text may be a JSON object, at little cost.
func isObject(text []byte) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	return len(text) > 0 && text[0] == '{'
}
