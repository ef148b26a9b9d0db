// Package redialpubsub keeps topics and subscriptions of the Go CDK
// (https://gocloud.dev/howto/pubsub/) going when their broker does not. A
// subscription of the Go CDK whose driver has failed once fails for good, and some
// drivers, RabbitMQ's among them, live no longer than one connection: here the end
// is given up then, and dialled anew when it is next needed.
//
// What was received from an end that is given up and not acknowledged comes again
// from its broker, and acknowledging it does nothing: deliveries are at least once,
// as they are anyway.
package redialpubsub
