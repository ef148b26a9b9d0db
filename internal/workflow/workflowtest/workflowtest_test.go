package workflowtest_test

import (
	"testing"

	"promptz/internal/workflow/workflowtest"
)

func TestLocal(t *testing.T) {
	t.Parallel()
	workflowtest.Run(t, workflowtest.OpenLocal, nil)
}
