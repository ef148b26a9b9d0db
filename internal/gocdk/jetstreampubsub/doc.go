// Package jetstreampubsub is a driver of the Go CDK's pubsub
// (https://gocloud.dev/howto/pubsub/) for NATS JetStream
// (https://docs.nats.io/nats-concepts/jetstream), on the JetStream client of
// nats.go. The Go CDK's own driver for NATS speaks core NATS, which delivers at most
// once and keeps nothing.
//
// A topic is a subject that a stream holds: sending returns once the stream has the
// message. A subscription is a durable pull consumer with explicit acknowledgement:
// messages come at least once, and again when they are neither acknowledged nor
// refused within the consumer's AckWait. Several that open one consumer share its
// messages.
//
// Metadata travel as headers, keys and values escaped as in a URL's query, since
// headers can't hold all that metadata can.
//
// # As
//
//   - Topic: jetstream.JetStream
//   - Subscription: jetstream.Consumer
//   - Message: jetstream.Msg
//   - Message.BeforeSend: *nats.Msg
//   - Error: *jetstream.APIError
package jetstreampubsub
