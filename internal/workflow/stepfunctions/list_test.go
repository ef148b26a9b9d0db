package stepfunctions_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/promptz"
)

// page is an answer to ListExecutions: names of one status, and the token of the
// next page.
func page(status, token string, names ...string) answer {
	var items []string
	for _, name := range names {
		items = append(items, `{"executionArn":"x","stateMachineArn":"y","name":"`+name+`","status":"`+status+`","startDate":1}`)
	}
	next := ""
	if token != "" {
		next = `,"nextToken":"` + token + `"`
	}
	return ok(`{"executions":[` + strings.Join(items, ",") + `]` + next + `}`)
}

// wanted is a request for a page.
func wanted(status, token string) asked {
	in := map[string]any{"stateMachineArn": machineARN + "welcome", "statusFilter": status, "maxResults": float64(2)}
	if token != "" {
		in["nextToken"] = token
	}
	return asked{"ListExecutions", in}
}

func TestLists(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		status  promptz.ExecutionStatus
		answers []answer
		want    [][]string
		asked   []asked
	}{
		{
			"two pages", promptz.ExecutionRunning,
			[]answer{page("RUNNING", "t:1", "c", "b"), page("RUNNING", "", "a")},
			[][]string{{"c", "b"}, {"a"}},
			[]asked{wanted("RUNNING", ""), wanted("RUNNING", "t:1")},
		},
		{
			"none", promptz.ExecutionTimedOut,
			[]answer{page("TIMED_OUT", "")},
			[][]string{nil},
			[]asked{wanted("TIMED_OUT", "")},
		},
		{
			"aborted after failed", promptz.ExecutionFailed,
			[]answer{page("FAILED", "t", "d", "c"), page("FAILED", "", "b"), page("ABORTED", "", "a"), page("ABORTED", "", "a")},
			[][]string{{"d", "c"}, {"b"}, {"a"}},
			[]asked{wanted("FAILED", ""), wanted("FAILED", "t"), wanted("ABORTED", ""), wanted("ABORTED", "")},
		},
		{
			"aborted alone", promptz.ExecutionFailed,
			[]answer{page("FAILED", ""), page("ABORTED", "t", "b", "a"), page("ABORTED", "")},
			[][]string{{"b", "a"}, nil},
			[]asked{wanted("FAILED", ""), wanted("ABORTED", ""), wanted("ABORTED", "t")},
		},
		{
			"failed alone", promptz.ExecutionFailed,
			[]answer{page("FAILED", "", "a"), page("ABORTED", "")},
			[][]string{{"a"}},
			[]asked{wanted("FAILED", ""), wanted("ABORTED", "")},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, f := newFake(t, tt.answers...)
			filter := promptz.ExecutionFilter{Machine: "welcome", Status: tt.status, Limit: 2}
			var got [][]string
			for more := true; more; more = filter.Position != "" {
				p, err := r.FindExecutions(t.Context(), filter)
				if err != nil {
					t.Fatal(err)
				}
				var names []string
				for _, e := range p.Executions {
					if e.Status != tt.status || e.Machine != "welcome" {
						t.Errorf("%+v", e)
					}
					names = append(names, e.Name)
				}
				got = append(got, names)
				filter.Position = p.Next
			}
			if diff := cmp.Diff(tt.want, got) + cmp.Diff(tt.asked, f.asked); diff != "" {
				t.Error(diff)
			}
		})
	}
}
