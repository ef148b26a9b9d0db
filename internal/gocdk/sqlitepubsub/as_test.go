package sqlitepubsub

import (
	"errors"

	"gocloud.dev/pubsub"
	"gocloud.dev/pubsub/drivertest"
)

// asTest holds As to what doc.go says.
type asTest struct{}

func (asTest) Name() string { return "queue" }

func (asTest) TopicCheck(t *pubsub.Topic) error {
	var q *Queue
	if !t.As(&q) || q == nil {
		return errors.New("the topic gives no queue")
	}
	return nil
}

func (asTest) SubscriptionCheck(s *pubsub.Subscription) error {
	var q *Queue
	if !s.As(&q) || q == nil {
		return errors.New("the subscription gives no queue")
	}
	return nil
}

func (asTest) TopicErrorCheck(t *pubsub.Topic, err error) error {
	var q *Queue
	if t.ErrorAs(err, &q) {
		return errors.New("the error is a queue")
	}
	return nil
}

func (asTest) SubscriptionErrorCheck(s *pubsub.Subscription, err error) error {
	var q *Queue
	if s.ErrorAs(err, &q) {
		return errors.New("the error is a queue")
	}
	return nil
}

func (asTest) MessageCheck(m *pubsub.Message) error {
	if m.As(new(string)) {
		return errors.New("the message gives a string")
	}
	return nil
}

func (asTest) BeforeSend(as func(any) bool) error {
	if as(new(string)) {
		return errors.New("BeforeSend gives a string")
	}
	return nil
}

func (asTest) AfterSend(as func(any) bool) error {
	if as(new(string)) {
		return errors.New("AfterSend gives a string")
	}
	return nil
}

var _ drivertest.AsTest = asTest{}
