package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"strings"

	"promptz/internal/config"
	"promptz/internal/identity"
	"promptz/internal/identity/cognito"
	"promptz/internal/promptz"
	"promptz/internal/server/lambda"
	"promptz/internal/workflow/activities"
	"promptz/internal/workflow/stepfunctions"
)

// OnLambda tells whether the process was started by Lambda's runtime.
func OnLambda(environ []string) bool { return runtimeAPI(environ) != "" }

// runtimeAPI gives the address of the runtime's API, "" where there is none.
func runtimeAPI(environ []string) (address string) {
	for _, entry := range environ {
		if value, ok := strings.CutPrefix(entry, lambda.Variable+"="); ok {
			address = value
		}
	}
	return address
}

// RunLambda answers invocations as the function that the configuration names,
// until ctx ends. Why it can't start, it tells the runtime too.
func RunLambda(ctx context.Context, flags *config.Flags, environ []string, stderr io.Writer) error {
	handler, cleanup, err := openFunction(ctx, flags, environ, stderr)
	if err != nil {
		return errors.Join(err, lambda.ReportInitError(ctx, runtimeAPI(environ), Explain(err)))
	}
	defer cleanup()
	lambda.Start(ctx, handler)
	return nil
}

// openFunction opens the function that the configuration names: handler is what
// the runtime calls.
func openFunction(ctx context.Context, flags *config.Flags, environ []string, stderr io.Writer) (handler any, cleanup func(), err error) {
	cfg, err := LoadConfig(flags, environ)
	if err != nil {
		return nil, nil, err
	}
	if err := checkFunction(cfg); err != nil {
		return nil, nil, err
	}
	log := NewLogger(cfg, stderr)
	slog.SetDefault(log)
	switch cfg.Handler {
	case "http":
		return opened(openHTTPFunction(ctx, cfg, log))(ctx)
	case "relay":
		return opened(openRelayFunction(ctx, cfg, log))(ctx)
	case "events":
		return opened(openEventsFunction(ctx, cfg, log))(ctx)
	case "activity":
		return opened(openActivityFunction(ctx, cfg, log))(ctx)
	case "sweep":
		return opened(openSweepFunction(ctx, cfg, log))(ctx)
	}
	return opened(openSignInFunction(ctx, cfg, log))(ctx)
}

// checkFunction tells what no function can work with. Those that handle events start
// workflows, and would in a process that runs none.
func checkFunction(cfg config.Config) error {
	starts := cfg.Handler == "events" || cfg.Handler == "sweep"
	if starts && strings.HasPrefix(cfg.Workflows, localWorkflows+"://") {
		return promptz.Errorf(promptz.CodeNotValid,
			"workflows: %s:// runs them in a server, and on Lambda there is none. Name a runner beside it: %s://.", localWorkflows, stepfunctions.Scheme)
	}
	return nil
}

// function is one that was opened.
type function interface {
	// start gives what the runtime calls.
	start(ctx context.Context) (handler any, err error)
}

// opened starts a function, if it could be opened, and closes it again if that
// fails.
func opened[F function](f F, cleanup func(), err error) func(ctx context.Context) (any, func(), error) {
	return func(ctx context.Context) (any, func(), error) {
		if err != nil {
			return nil, nil, err
		}
		handler, err := f.start(ctx)
		if err != nil {
			cleanup()
			return nil, nil, err
		}
		return handler, cleanup, nil
	}
}

// activityFunction does the work of the machines' tasks.
type activityFunction struct {
	do activities.Deps
}

func (f *activityFunction) start(context.Context) (any, error) {
	return stepfunctions.Handler(activities.New(f.do)), nil
}

// signInFunction keeps accounts of who signs in at a user pool.
type signInFunction struct {
	config config.Config
	signIn *identity.SignIn
	log    *slog.Logger
}

func (f *signInFunction) start(context.Context) (any, error) {
	u, err := url.Parse(f.config.SignIn)
	if err != nil {
		return nil, promptz.Errorf(promptz.CodeNotValid, "signIn: its URL can't be read.")
	}
	pool, err := userPool(u)
	if err != nil {
		return nil, err
	}
	return cognito.NewPostAuthentication(f.signIn, pool, f.log).Handle, nil
}
