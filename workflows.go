package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/url"

	"gocloud.dev/blob"

	"promptz/internal/api"
	"promptz/internal/config"
	"promptz/internal/mail"
	"promptz/internal/promptz"
	"promptz/internal/store"
	"promptz/internal/workflow"
	"promptz/internal/workflow/activities"
	"promptz/internal/workflow/machines"
	"promptz/internal/workflow/stepfunctions"
)

// localWorkflows is the scheme of the runner in this process: local://.
const localWorkflows = "local"

// workflowSchemes are what can run workflows.
var workflowSchemes = []string{localWorkflows, stepfunctions.Scheme}

// mostExecutions is how many executions one process moves at the same time; those
// that wait are not counted.
const mostExecutions = 16

func newActivities(items *store.Library, users *store.Identity, mailer *mail.Mailer, bucket *blob.Bucket, now clock) activities.Deps {
	return activities.Deps{Items: items, Users: users, Mailer: mailer, Bucket: bucket, FileOf: fileOf, Now: now}
}

// fileOf gives an item as its download is.
func fileOf(item *promptz.Item) (activities.File, error) {
	text, mediaType, extension, err := api.FileOf(item)
	return activities.File{Body: bytes.NewReader(text), MediaType: mediaType, Extension: extension}, err
}

// runner runs workflows as a server does: it does the work itself where that is its
// to do.
type runner struct{ workflow.Runner }

func newRunner(ctx context.Context, cfg config.Config, items *store.Library, do activities.Deps, log *slog.Logger, now clock, random io.Reader) (runner, error) {
	r, err := openRunner(ctx, cfg, items, activities.New(do), log, now, random)
	return runner{r}, err
}

// newExecutions makes a runner that commands look into; it never runs.
func newExecutions(ctx context.Context, cfg config.Config, items *store.Library, log *slog.Logger, now clock, random io.Reader) (workflow.Runner, error) {
	return openRunner(ctx, cfg, items, nil, log, now, random)
}

// openRunner makes what runs workflows, by its URL.
func openRunner(ctx context.Context, cfg config.Config, items *store.Library, do workflow.Activities, log *slog.Logger, now clock, random io.Reader) (workflow.Runner, error) {
	u, err := url.Parse(cfg.Workflows)
	if err != nil {
		return nil, promptz.Errorf(promptz.CodeNotValid, "workflows: its URL can't be read.")
	}
	if u.Scheme == stepfunctions.Scheme {
		return newStepFunctions(ctx, u)
	}
	all, err := machines.All()
	if err != nil {
		return nil, err
	}
	name, err := promptz.NewID(random)
	if err != nil {
		return nil, err
	}
	return workflow.NewLocal(workflow.LocalDeps{
		Machines: all, Activities: do, Store: items, Name: name, Most: mostExecutions, Now: now, Log: log,
	}), nil
}
