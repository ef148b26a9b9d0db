// Package eventbridgepubsub is a pubsub driver for Amazon EventBridge: a topic
// sends to an event bus, and a subscription receives from an SQS queue that a rule
// of the bus delivers to. README.md tells how bus, rule and queue are set up.
//
// # Guarantees
//
// A message whose Send returned was accepted by EventBridge, which delivers it at
// least once to every rule that matches, in no order. Entries of a request that
// EventBridge refused for the moment are sent again, those alone, some times with
// growing pauses. Send fails when that did not help.
//
// Messages are sent in batches, and the portable type gives all of a batch the
// same error. When a Send fails, the others of its batch fail with it, though they
// may have been sent: senders that try again send them twice.
//
// PutEvents takes events for a bus that is not there, and drops them. So before
// its first message a topic asks for its bus, and Send fails with
// gcerrors.NotFound. A topic that may not ask (events:DescribeEventBus) goes on.
//
// # Messages
//
// See [Unwrap] for how a message lies in an event. Bodies and metadata come back
// byte for byte. The event's detail type is the metadata value "type", or what
// TopicOptions say.
//
// # URLs
//
// URLOpener opens URLs such as
//
//	eventbridge://my-bus?region=eu-central-1&source=my-app
//	eventbridge://sqs.eu-central-1.amazonaws.com/123456789012/my-queue?region=eu-central-1
//
// the first as a topic, the second as a subscription. It does not register itself;
// do so on the pubsub.URLMux of your choice.
//
// # As
//
// eventbridgepubsub exposes the following types for As:
//   - Topic: **eventbridge.Client
//   - Subscription: **sqs.Client
//   - Message: *sqstypes.Message of service/sqs/types
//   - Message.BeforeSend: **types.PutEventsRequestEntry of
//     service/eventbridge/types, to be changed in place
//   - Message.AfterSend: *types.PutEventsResultEntry
//   - Error: any error type of the SDK, notably smithy.APIError, which refused
//     entries have too
package eventbridgepubsub
