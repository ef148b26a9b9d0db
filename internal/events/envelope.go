package events

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"promptz/internal/promptz"
)

// The extension attributes of our envelopes.
const (
	extensionSequence = "sequence" // the number in the feed, in decimal
	extensionAudience = "audience"
	extensionImported = "imported"
)

// schemaVersion is the version of the data of every type.
const schemaVersion = 1

// Envelopes makes CloudEvents 1.0 of events, and events of them. Safe for
// concurrent use.
type Envelopes struct {
	source string // the deployment's URL
}

// NewEnvelopes makes the envelopes of the deployment at publicURL.
func NewEnvelopes(publicURL string) *Envelopes {
	return &Envelopes{source: strings.TrimSuffix(publicURL, "/")}
}

// itemData is the data of an item's event.
type itemData struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	Version   int    `json:"version,omitempty"`
	Actor     string `json:"actor,omitempty"`
	Milestone int64  `json:"milestone,omitempty"`
}

// userData is the data of an account's event.
type userData struct {
	ID string `json:"id"`
}

// Encode makes the envelope of an event, in CloudEvents' JSON format.
func (v *Envelopes) Encode(e promptz.Event) ([]byte, error) {
	out := event.New(event.CloudEventsVersionV1)
	out.SetID(e.ID)
	out.SetSource(v.source)
	out.SetType(string(e.Type))
	out.SetSubject(e.Subject())
	out.SetTime(e.At)
	out.SetDataSchema(v.source + SchemaPath(e.Type))
	out.SetExtension(extensionSequence, strconv.FormatInt(e.Number, 10))
	out.SetExtension(extensionAudience, string(e.Audience))
	if e.Imported {
		out.SetExtension(extensionImported, true)
	}
	var data any = userData{ID: e.ActorID}
	if e.ItemID != "" {
		data = itemData{ID: e.ItemID, Kind: string(e.Kind), Version: e.Version, Actor: e.ActorID, Milestone: e.Milestone}
	}
	if err := out.SetData(event.ApplicationJSON, data); err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode event: %w", err)
	}
	return text, nil
}

// Decode reads an envelope. It fails with [promptz.CodeNotValid] when that is not
// one of ours.
func (v *Envelopes) Decode(text []byte) (promptz.Event, error) {
	in := event.New()
	if err := json.Unmarshal(text, &in); err != nil {
		return promptz.Event{}, foreign(err)
	}
	kind, ok := promptz.EventType(in.Type()).KindOf()
	if !ok {
		return promptz.Event{}, foreign(fmt.Errorf("there is no type %q", in.Type()))
	}
	e := promptz.Event{ID: in.ID(), Type: kind.Type, At: in.Time()}
	extensions := in.Extensions()
	audience, _ := extensions[extensionAudience].(string)
	e.Audience = promptz.Audience(audience)
	imported := fmt.Sprint(extensions[extensionImported])
	e.Imported = imported == "true"
	var err error
	if e.Number, err = strconv.ParseInt(fmt.Sprint(extensions[extensionSequence]), 10, 64); err != nil {
		return promptz.Event{}, foreign(err)
	}
	if kind.Feed == promptz.FeedAccounts {
		var data userData
		err = in.DataAs(&data)
		e.ActorID = data.ID
	} else {
		var data itemData
		err = in.DataAs(&data)
		e.ItemID, e.Kind, e.Version = data.ID, promptz.Kind(data.Kind), data.Version
		e.ActorID, e.Milestone = data.Actor, data.Milestone
	}
	if err != nil {
		return promptz.Event{}, foreign(err)
	}
	return e, nil
}

// foreign is the error of a message that is no envelope of ours.
func foreign(err error) error {
	return &promptz.Error{Code: promptz.CodeNotValid, Op: "decode event", Message: "This is no event of this library.", Err: err}
}
