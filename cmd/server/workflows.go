package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	app "promptz"
	"promptz/internal/promptz"
)

func (s *shell) workflowsCommand() *cobra.Command {
	workflows := &cobra.Command{Use: "workflows", Short: "Executions of workflows"}
	workflows.AddCommand(s.listExecutionsCommand(), s.showExecutionCommand(), s.retryExecutionCommand())
	return workflows
}

func (s *shell) listExecutionsCommand() *cobra.Command {
	var machine, status string
	var limit int
	c := &cobra.Command{
		Use:   "list",
		Short: "List executions, the latest of each workflow and status first",
		Args:  cobra.NoArgs,
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, _ []string) error {
			filters, err := executionFilters(tools, machine, status, limit)
			if err != nil {
				return err
			}
			views := []executionView{}
			for _, f := range filters {
				page, err := tools.Executions.FindExecutions(c.Context(), f)
				if err != nil {
					return err
				}
				for _, e := range page.Executions {
					views = append(views, viewExecution(e))
				}
			}
			if s.json {
				return s.print(c, views, "")
			}
			var rows [][]string
			for _, v := range views {
				rows = append(rows, []string{v.Machine, v.Name, string(v.Status), v.StartedAt.Format(time.RFC3339), v.Error})
			}
			return printTable(c.OutOrStdout(), rows, "WORKFLOW", "NAME", "STATUS", "STARTED", "ERROR")
		}),
	}
	c.Flags().StringVar(&machine, "machine", "", "of this workflow alone")
	c.Flags().StringVar(&status, "status", "", "with this status alone: running, succeeded, failed or timed_out")
	c.Flags().IntVar(&limit, "limit", 20, "how many of each workflow and status at most")
	return c
}

// executionFilters gives the lists that make up what is asked for.
func executionFilters(tools *app.Tools, machine, status string, limit int) ([]promptz.ExecutionFilter, error) {
	if limit < 1 || limit > 100 {
		return nil, fmt.Errorf("--limit %d: must be from 1 to 100", limit)
	}
	all := tools.Machines()
	if machine != "" {
		all = []string{machine}
	}
	statuses := promptz.ExecutionStatuses
	if status != "" {
		if statuses = []promptz.ExecutionStatus{promptz.ExecutionStatus(status)}; !slices.Contains(promptz.ExecutionStatuses, statuses[0]) {
			return nil, fmt.Errorf("--status %q: there are running, succeeded, failed and timed_out", status)
		}
	}
	var filters []promptz.ExecutionFilter
	for _, m := range all {
		for _, st := range statuses {
			filters = append(filters, promptz.ExecutionFilter{Machine: m, Status: st, Limit: limit})
		}
	}
	return filters, nil
}

func (s *shell) showExecutionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show WORKFLOW NAME",
		Short: "Print an execution and its history as JSON",
		Args:  cobra.ExactArgs(2),
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, args []string) error {
			ref := promptz.ExecutionRef{Machine: args[0], Name: args[1]}
			e, err := tools.Executions.FindExecution(c.Context(), ref)
			if err != nil {
				return err
			}
			history, err := tools.Executions.FindHistory(c.Context(), ref)
			if err != nil {
				return err
			}
			view := viewExecution(e)
			view.Input, view.Output, view.History = e.Input, e.Output, []historyView{}
			for _, h := range history {
				view.History = append(view.History, historyView{h.ID, h.Previous, h.Type, h.At, h.Details})
			}
			out := json.NewEncoder(c.OutOrStdout())
			out.SetEscapeHTML(false)
			if !s.json {
				out.SetIndent("", "  ")
			}
			return out.Encode(view)
		}),
	}
}

func (s *shell) retryExecutionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "retry WORKFLOW NAME",
		Short: "Have an execution that failed or timed out go on where it was",
		Args:  cobra.ExactArgs(2),
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, args []string) error {
			if err := tools.Executions.Retry(c.Context(), promptz.ExecutionRef{Machine: args[0], Name: args[1]}); err != nil {
				return err
			}
			return s.print(c, map[string]string{"retried": args[1]}, "%s goes on", args[1])
		}),
	}
}

// executionView is an execution as --json and show print it.
type executionView struct {
	Machine   string                  `json:"workflow"`
	Name      string                  `json:"name"`
	Status    promptz.ExecutionStatus `json:"status"`
	StartedAt time.Time               `json:"startedAt"`
	StoppedAt *time.Time              `json:"stoppedAt,omitempty"`
	Error     string                  `json:"error,omitempty"`
	Cause     string                  `json:"cause,omitempty"`
	Input     json.RawMessage         `json:"input,omitempty"`
	Output    json.RawMessage         `json:"output,omitempty"`
	History   []historyView           `json:"history,omitempty"`
}

type historyView struct {
	ID       int             `json:"id"`
	Previous int             `json:"previousEventId"`
	Type     string          `json:"type"`
	At       time.Time       `json:"timestamp"`
	Details  json.RawMessage `json:"details,omitempty"`
}

func viewExecution(e *promptz.Execution) executionView {
	v := executionView{Machine: e.Machine, Name: e.Name, Status: e.Status, StartedAt: e.StartedAt, Error: e.Error, Cause: e.Cause}
	if !e.StoppedAt.IsZero() {
		v.StoppedAt = &e.StoppedAt
	}
	return v
}
