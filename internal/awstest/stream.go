package awstest

import (
	"context"
	"io"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// plainStreams works around a bug of smithy-go 1.28.8: the body of a request
// answers io.EOF to WriteTo once it is closed, which io.Copy passes on as an error.
// The SDK closes it when the response is there. When that is before the transport
// has looked for the body's end, which a server on this machine brings about when
// all are busy, the transport drops the connection under the response, and the SDK
// tries again what was done: a queue hides a message, a bus is there already.
// Without WriteTo the body is read, to which io.EOF is the right answer.
func plainStreams(stack *middleware.Stack) error {
	return stack.Build.Add(middleware.BuildMiddlewareFunc("PlainStream", func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
		request, ok := in.Request.(*smithyhttp.Request)
		if !ok {
			return next.HandleBuild(ctx, in)
		}
		if stream, ok := request.GetStream().(io.ReadSeeker); ok {
			plain, err := request.SetStream(struct{ io.ReadSeeker }{stream})
			if err != nil {
				return middleware.BuildOutput{}, middleware.Metadata{}, err
			}
			in.Request = plain
		}
		return next.HandleBuild(ctx, in)
	}), middleware.After)
}
