package workflow_test

import (
	"strings"
	"testing"

	"promptz/internal/workflow"
)

// What is outside the subset is refused, by name.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	one := func(state string) string { return `{"StartAt":"A","States":{"A":` + state + `}}` }
	tests := []struct{ name, machine, want string }{
		{"no JSON", `{`, "unexpected end"},
		{"unknown field", `{"StartAt":"A","Stats":{},"States":{"A":{"Type":"Succeed"}}}`, `"Stats"`},
		{"no start", `{"StartAt":"B","States":{"A":{"Type":"Succeed"}}}`, `StartAt "B"`},
		{"unreachable", `{"StartAt":"A","States":{"A":{"Type":"Succeed"},"B":{"Type":"Succeed"}}}`, `"B" can't be reached`},
		{"version", `{"Version":"2.0","StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, "Version"},
		{"JSONata", `{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, "QueryLanguage is refused"},
		{"variables", one(`{"Type":"Pass","Assign":{"x":1},"End":true}`), "Assign is refused"},
		{"Parallel", one(`{"Type":"Parallel","End":true}`), `"Parallel" is refused`},
		{"Parallel's branches", one(`{"Type":"Parallel","Branches":[],"End":true}`), "Branches is refused"},
		{"Map", one(`{"Type":"Map","End":true}`), `"Map" is refused`},
		{"field of another type", one(`{"Type":"Pass","Seconds":1,"End":true}`), "a Pass has no Seconds"},
		{"neither Next nor End", one(`{"Type":"Pass"}`), "either Next or End"},
		{"both Next and End", one(`{"Type":"Pass","Next":"A","End":true}`), "either Next or End"},
		{"nowhere", one(`{"Type":"Pass","Next":"B"}`), `no state "B"`},
		{"wildcard", one(`{"Type":"Pass","InputPath":"$.a[*]","End":true}`), "wildcards"},
		{"descent", one(`{"Type":"Pass","OutputPath":"$..a","End":true}`), "wildcards"},
		{"ResultPath into the context", one(`{"Type":"Pass","ResultPath":"$$.a","End":true}`), "reference path"},
		{"random", one(`{"Type":"Pass","Parameters":{"a.$":"States.UUID()"},"End":true}`), "States.UUID is refused"},
		{"intrinsic without an end", one(`{"Type":"Pass","Parameters":{"a.$":"States.Array(1"},"End":true}`), "argument has no end"},
		{"computed by no text", one(`{"Type":"Pass","Parameters":{"a.$":1},"End":true}`), "must be a path"},
		{"Resource", one(`{"Type":"Task","Resource":"arn:aws:lambda:x","Parameters":{},"End":true}`), `Resource must be "activity"`},
		{"Parameters", one(`{"Type":"Task","Resource":"activity","Parameters":{"activity":"A"},"End":true}`), "Parameters must be"},
		{"heartbeat", one(`{"Type":"Task","HeartbeatSeconds":3,"End":true}`), "HeartbeatSeconds is refused"},
		{"two timeouts", one(task("A", `"TimeoutSeconds":1,"TimeoutSecondsPath":"$.t","End":true`)), "one timeout"},
		{"States.ALL among others", one(task("A", `"Retry":[{"ErrorEquals":["States.ALL","X"]}],"End":true`)), "must stand alone"},
		{"States.ALL not last", one(task("A", `"Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["X"]}],"End":true`)), "must stand alone"},
		{"States.Runtime", one(task("A", `"Retry":[{"ErrorEquals":["States.Runtime"]}],"End":true`)), "neither retried nor caught"},
		{"unknown States error", one(task("A", `"Retry":[{"ErrorEquals":["States.Sometimes"]}],"End":true`)), "no error States.Sometimes"},
		{"backoff below 1", one(task("A", `"Retry":[{"ErrorEquals":["X"],"BackoffRate":0.5}],"End":true`)), "BackoffRate"},
		{"no rules", one(`{"Type":"Choice","Choices":[]}`), "Choices must hold a rule"},
		{"rule without Next", one(`{"Type":"Choice","Choices":[{"Variable":"$","IsNull":true}]}`), "needs Next"},
		{"unknown comparison", one(`{"Type":"Choice","Choices":[{"Variable":"$","StringLike":"a","Next":"A"}]}`), "no comparison StringLike"},
		{"operand of another type", one(`{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":"1","Next":"A"}]}`), "must be a number"},
		{"two comparisons", one(`{"Type":"Choice","Choices":[{"Variable":"$","IsNull":true,"IsString":true,"Next":"A"}]}`), "has both"},
		{"Wait of two", one(`{"Type":"Wait","Seconds":1,"SecondsPath":"$.s","End":true}`), "one of Seconds"},
		{"Wait of none", one(`{"Type":"Wait","End":true}`), "one of Seconds"},
		{"no time", one(`{"Type":"Wait","Timestamp":"tomorrow","End":true}`), "RFC 3339"},
		{"two causes", one(`{"Type":"Fail","Cause":"a","CausePath":"$.b"}`), "one cause"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := workflow.Parse("m", []byte(tt.machine))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
		})
	}
}
