package eventbridgepubsub

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// detailFormat is the only form of a detail so far.
const detailFormat = 1

// detail is an event's detail: a message as JSON, in which nothing can change on
// the way. A body has one of three forms.
type detail struct {
	// Format is what tells details of this package from others'.
	Format int `json:"pubsub"`
	// Body is a JSON object that any JSON writer writes alike (see canonical), so
	// that rules can match on it.
	Body json.RawMessage `json:"body,omitempty"`
	// Text is other text, Base64 anything else.
	Text   string `json:"text,omitempty"`
	Base64 []byte `json:"base64,omitempty"`
	// Metadata is what is text of the metadata, Metadata64 the rest: key and value
	// in base64.
	Metadata   map[string]string `json:"metadata,omitempty"`
	Metadata64 map[string][]byte `json:"metadata64,omitempty"`
}

// encodeDetail makes the detail of a message.
func encodeDetail(body []byte, metadata map[string]string) ([]byte, error) {
	d := detail{Format: detailFormat}
	switch {
	case isCanonical(body):
		d.Body = body
	case isText(string(body)):
		d.Text = string(body)
	default:
		d.Base64 = body
	}
	for key, value := range metadata {
		if isText(key) && isText(value) {
			if d.Metadata == nil {
				d.Metadata = map[string]string{}
			}
			d.Metadata[key] = value
			continue
		}
		if d.Metadata64 == nil {
			d.Metadata64 = map[string][]byte{}
		}
		d.Metadata64[base64.StdEncoding.EncodeToString([]byte(key))] = []byte(value)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}

// isText tells whether s is text that a queue takes as it is: SQS refuses a message
// with a character that XML 1.0 has not, whether or not it is escaped on the way.
// See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html.
func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		switch r {
		case '\t', '\n', '\r':
			return false
		case '\uFFFE', '\uFFFF':
			return true
		}
		return unicode.IsControl(r)
	})
}

// message takes a message out of its detail.
func (d *detail) message(m *Message) error {
	switch {
	case d.Body != nil:
		m.Body = d.Body
		if body, ok := canonical(d.Body); ok {
			m.Body = body
		}
	case d.Base64 != nil:
		m.Body = d.Base64
	case d.Text != "":
		m.Body = []byte(d.Text)
	}
	m.Metadata = d.Metadata
	for key64, value := range d.Metadata64 {
		key, err := base64.StdEncoding.DecodeString(key64)
		if err != nil {
			return err
		}
		if m.Metadata == nil {
			m.Metadata = map[string]string{}
		}
		m.Metadata[string(key)] = string(value)
	}
	return nil
}
