// Package events carries what happened from where it was written to whoever wants
// to know: the relay gives events their numbers, the watch tells who waits that
// there are more, the publisher sends them to a topic, and the subscriber hands
// what comes back to its consumers. Every step may happen twice and none may be
// lost, so every consumer is idempotent.
//
// It leans on gocloud's pubsub for the broker and on CloudEvents 1.0
// (https://github.com/cloudevents/spec) for the envelope; where events lie is a
// port.
package events
