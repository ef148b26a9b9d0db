package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	runtime "github.com/aws/aws-lambda-go/lambda"
)

// Variable is the environment variable that the runtime sets for a function: the
// host:port of its API.
const Variable = "AWS_LAMBDA_RUNTIME_API"

// Start lets handler answer invocations until ctx ends. handler is an [*HTTP] or
// a function that [runtime.Start] takes. The process ends, with a line on standard
// error and status 1, when the runtime's API fails or a handler other than HTTP
// panics: Lambda then starts another.
func Start(ctx context.Context, handler any) {
	// It comes back from no call: what ends it is the end of the process.
	go runtime.StartWithOptions(handler, runtime.WithContext(ctx))
	<-ctx.Done()
}

// reportTimeout bounds telling the runtime why there is no function.
const reportTimeout = time.Second

// ReportInitError tells the runtime at api (see [Variable]) why the function
// could not start, so that it stands where its operator looks.
// See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror.
func ReportInitError(ctx context.Context, api, message string) error {
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	const kind = "Runtime.InitError"
	body, err := json.Marshal(map[string]any{"errorMessage": message, "errorType": kind, "stackTrace": []string{}})
	if err != nil {
		return fmt.Errorf("report start: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+api+"/2018-06-01/runtime/init/error", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("report start: %w", err)
	}
	r.Header.Set("Content-Type", "application/vnd.aws.lambda.error+json")
	r.Header.Set("Lambda-Runtime-Function-Error-Type", kind)
	// The API is this machine's own: no proxy of the environment leads there.
	answer, err := (&http.Transport{}).RoundTrip(r)
	if err != nil {
		return fmt.Errorf("report start: %w", err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		return fmt.Errorf("report start: the runtime answered %s", answer.Status)
	}
	return nil
}
