package workflow_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		{"field of another type", one(`{"Type":"Pass","Seconds":1,"End":true}`), `a Pass has no "Seconds"`},
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
		{"heartbeat by a path", one(`{"Type":"Task","HeartbeatSecondsPath":"$.h","End":true}`), "HeartbeatSecondsPath is refused"},
		{"credentials", one(`{"Type":"Task","Credentials":{},"End":true}`), "Credentials is refused"},
		{"arguments", one(`{"Type":"Task","Arguments":{},"End":true}`), "Arguments is refused"},
		{"output of JSONata", one(`{"Type":"Pass","Output":"{% 1 %}","End":true}`), "Output is refused"},
		{"condition of JSONata", one(`{"Type":"Choice","Choices":[{"Condition":"{% true %}","Next":"A"}]}`), "Condition is refused"},
		{"JSONata of a state", one(`{"Type":"Pass","QueryLanguage":"JSONata","End":true}`), "QueryLanguage is refused"},
		{"variables of a catcher", one(task("A", `"Catch":[{"ErrorEquals":["X"],"Assign":{"x":1},"Next":"A"}],"End":true`)), "Assign is refused"},
		{"Map's iterator", one(`{"Type":"Map","ItemProcessor":{},"End":true}`), "ItemProcessor is refused"},
		{"an activity of AWS", one(`{"Type":"Task","Resource":"arn:aws:states:eu-central-1:123456789012:activity:x","Parameters":{},"End":true}`), `Resource must be "activity"`},
		{"a service of AWS", one(`{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{},"End":true}`), `Resource must be "activity"`},
		{"no Resource", one(`{"Type":"Task","Parameters":{},"End":true}`), `Resource must be "activity"`},
		{"no Parameters", one(`{"Type":"Task","Resource":"activity","End":true}`), "Parameters must be"},
		{"another parameter", one(`{"Type":"Task","Resource":"activity","Parameters":{"activity":"A","execution.$":"$$.Execution.Name","state.$":"$$.State.Name","input.$":"$","more":1},"End":true}`), "Parameters must be"},
		{"activity by a path", one(`{"Type":"Task","Resource":"activity","Parameters":{"activity.$":"$.a","execution.$":"$$.Execution.Name","state.$":"$$.State.Name","input.$":"$"},"End":true}`), "Parameters must be"},
		{"execution by its id", one(`{"Type":"Task","Resource":"activity","Parameters":{"activity":"A","execution.$":"$$.Execution.Id","state.$":"$$.State.Name","input.$":"$"},"End":true}`), "Parameters must be"},
		{"input as it stands", one(`{"Type":"Task","Resource":"activity","Parameters":{"activity":"A","execution.$":"$$.Execution.Name","state.$":"$$.State.Name","input":1},"End":true}`), "Parameters must be"},
		{"Parameters that are no object", one(`{"Type":"Pass","Parameters":["$.a"],"End":true}`), "must be an object"},
		{"Parameters that are null", one(`{"Type":"Pass","Parameters":null,"End":true}`), "Parameters must not be null"},
		{"selector that is no object", one(task("A", `"ResultSelector":"$.a","End":true`)), "ResultSelector: it must be an object"},
		{"one member twice", one(`{"Type":"Pass","Parameters":{"a":1,"a.$":"$.b"},"End":true}`), `both "a" and "a.$"`},
		{"no timeout", one(task("A", `"TimeoutSeconds":0,"End":true`)), "one timeout"},
		{"two timeouts", one(task("A", `"TimeoutSeconds":1,"TimeoutSecondsPath":"$.t","End":true`)), "one timeout"},
		{"timeout of a machine", `{"TimeoutSeconds":0,"StartAt":"A","States":{"A":{"Type":"Succeed"}}}`, "TimeoutSeconds must be from 1"},
		{"States.ALL among others", one(task("A", `"Retry":[{"ErrorEquals":["States.ALL","X"]}],"End":true`)), "must stand alone"},
		{"States.ALL not last", one(task("A", `"Retry":[{"ErrorEquals":["States.ALL"]},{"ErrorEquals":["X"]}],"End":true`)), "must stand alone"},
		{"States.ALL not last of Catch", one(task("A", `"Catch":[{"ErrorEquals":["States.ALL"],"Next":"A"},{"ErrorEquals":["X"],"Next":"A"}],"End":true`)), "must stand alone"},
		{"States.Runtime", one(task("A", `"Retry":[{"ErrorEquals":["States.Runtime"]}],"End":true`)), "neither retried nor caught"},
		{"States.Runtime caught", one(task("A", `"Catch":[{"ErrorEquals":["States.Runtime"],"Next":"A"}],"End":true`)), "neither retried nor caught"},
		{"unknown States error", one(task("A", `"Retry":[{"ErrorEquals":["States.Sometimes"]}],"End":true`)), "no error States.Sometimes"},
		{"no errors", one(task("A", `"Retry":[{"ErrorEquals":[]}],"End":true`)), "must name an error"},
		{"catcher without Next", one(task("A", `"Catch":[{"ErrorEquals":["X"]}],"End":true`)), "Catch: it needs Next"},
		{"catcher to nowhere", one(task("A", `"Catch":[{"ErrorEquals":["X"],"Next":"B"}],"End":true`)), `no state "B"`},
		{"catcher into the context", one(task("A", `"Catch":[{"ErrorEquals":["X"],"ResultPath":"$$.a","Next":"A"}],"End":true`)), "Catch's ResultPath"},
		{"unknown field of a retrier", one(task("A", `"Retry":[{"ErrorEquals":["X"],"Delay":1}],"End":true`)), `Retry has no "Delay"`},
		{"unknown field of a catcher", one(task("A", `"Catch":[{"ErrorEquals":["X"],"Goto":"A","Next":"A"}],"End":true`)), `Catch has no "Goto"`},
		{"backoff below 1", one(task("A", `"Retry":[{"ErrorEquals":["X"],"BackoffRate":0.5}],"End":true`)), "BackoffRate"},
		{"negative attempts", one(task("A", `"Retry":[{"ErrorEquals":["X"],"MaxAttempts":-1}],"End":true`)), "MaxAttempts must be from 0"},
		{"too many attempts", one(task("A", `"Retry":[{"ErrorEquals":["X"],"MaxAttempts":100000000}],"End":true`)), "MaxAttempts must be from 0"},
		{"no interval", one(task("A", `"Retry":[{"ErrorEquals":["X"],"IntervalSeconds":0}],"End":true`)), "IntervalSeconds must be from 1"},
		{"no bound of the delay", one(task("A", `"Retry":[{"ErrorEquals":["X"],"MaxDelaySeconds":0}],"End":true`)), "MaxDelaySeconds must be from 1"},
		{"bound of a year", one(task("A", `"Retry":[{"ErrorEquals":["X"],"MaxDelaySeconds":31622400}],"End":true`)), "MaxDelaySeconds must be from 1"},
		{"jitter of a half", one(task("A", `"Retry":[{"ErrorEquals":["X"],"JitterStrategy":"HALF"}],"End":true`)), "JitterStrategy"},
		{"retry of a Pass", one(`{"Type":"Pass","Retry":[],"End":true}`), `a Pass has no "Retry"`},
		{"result of a Wait", one(`{"Type":"Wait","Seconds":1,"ResultPath":"$.a","End":true}`), `a Wait has no "ResultPath"`},
		{"selector of a Pass", one(`{"Type":"Pass","ResultSelector":{},"End":true}`), `a Pass has no "ResultSelector"`},
		{"end of a Choice", one(`{"Type":"Choice","Choices":[{"Variable":"$","IsNull":true,"Next":"A"}],"End":true}`), `a Choice has no "End"`},
		{"end of a Succeed", one(`{"Type":"Succeed","End":false}`), `a Succeed has no "End"`},
		{"input of a Fail", one(`{"Type":"Fail","InputPath":"$"}`), `a Fail has no "InputPath"`},
		{"small letters", one(`{"Type":"Pass","end":true}`), `a Pass has no "end"`},
		{"small letters of a machine", `{"startAt":"A","States":{"A":{"Type":"Succeed"}}}`, `a machine has no "startAt"`},
		{"null where it means nothing", one(`{"Type":"Pass","Next":null,"End":true}`), "Next must not be null"},
		{"two states of one name", `{"StartAt":"A","States":{"A":{"Type":"Succeed"},"A":{"Type":"Succeed"}}}`, `"A" stands twice`},
		{"a field twice", one(`{"Type":"Pass","Result":{"a":1,"a":2},"End":true}`), `"a" stands twice`},
		{"no type", one(`{"End":true}`), "its type must be Pass"},
		{"a state that is null", one(`null`), "its type must be Pass"},
		{"no states", `{"StartAt":"A"}`, `StartAt "A"`},
		{"long name of a state", `{"StartAt":"` + strings.Repeat("ä", 81) + `","States":{"` + strings.Repeat("ä", 81) + `":{"Type":"Succeed"}}}`, "1 to 80 characters"},
		{"default to nowhere", one(`{"Type":"Choice","Choices":[{"Variable":"$","IsNull":true,"Next":"A"}],"Default":"B"}`), `no state "B"`},
		{"no rules", one(`{"Type":"Choice","Choices":[]}`), "Choices must hold a rule"},
		{"a rule that is null", one(`{"Type":"Choice","Choices":[null]}`), "needs Next"},
		{"rule without Next", one(`{"Type":"Choice","Choices":[{"Variable":"$","IsNull":true}]}`), "needs Next"},
		{"Next within a rule", one(`{"Type":"Choice","Choices":[{"Not":{"Variable":"$","IsNull":true,"Next":"A"},"Next":"A"}]}`), "outermost rule"},
		{"rule without a comparison", one(`{"Type":"Choice","Choices":[{"Variable":"$","Next":"A"}]}`), "one comparison, And, Or or Not"},
		{"And of nothing", one(`{"Type":"Choice","Choices":[{"And":[],"Next":"A"}]}`), "one comparison, And, Or or Not"},
		{"And of null", one(`{"Type":"Choice","Choices":[{"And":[null],"Next":"A"}]}`), "hold rules"},
		{"And beside a comparison", one(`{"Type":"Choice","Choices":[{"And":[{"Variable":"$","IsNull":true}],"Variable":"$","IsNull":true,"Next":"A"}]}`), "one comparison, And, Or or Not"},
		{"comparison without a variable", one(`{"Type":"Choice","Choices":[{"IsNull":true,"Next":"A"}]}`), "IsNull needs a Variable"},
		{"variable beside And", one(`{"Type":"Choice","Choices":[{"Variable":"$","And":[{"Variable":"$","IsNull":true}],"Next":"A"}]}`), "Variable stands beside a comparison"},
		{"variable that is no path", one(`{"Type":"Choice","Choices":[{"Variable":"a","IsNull":true,"Next":"A"}]}`), "Variable: path"},
		{"unknown comparison", one(`{"Type":"Choice","Choices":[{"Variable":"$","StringLike":"a","Next":"A"}]}`), "no comparison StringLike"},
		{"unknown comparison by a path", one(`{"Type":"Choice","Choices":[{"Variable":"$","StringMatchesPath":"$.a","Next":"A"}]}`), "no comparison StringMatchesPath"},
		{"operand of another type", one(`{"Type":"Choice","Choices":[{"Variable":"$","NumericEquals":"1","Next":"A"}]}`), "must be a number"},
		{"operand that is no time", one(`{"Type":"Choice","Choices":[{"Variable":"$","TimestampEquals":"2026-11-24","Next":"A"}]}`), "must be a time"},
		{"operand that is no path", one(`{"Type":"Choice","Choices":[{"Variable":"$","StringEqualsPath":"a","Next":"A"}]}`), "must be a path"},
		{"IsNull of text", one(`{"Type":"Choice","Choices":[{"Variable":"$","IsNull":"yes","Next":"A"}]}`), "must be true or false"},
		{"escape in a pattern", one(`{"Type":"Choice","Choices":[{"Variable":"$","StringMatches":"a\\b","Next":"A"}]}`), "backslash"},
		{"two comparisons", one(`{"Type":"Choice","Choices":[{"Variable":"$","IsNull":true,"IsString":true,"Next":"A"}]}`), "has both"},
		{"Wait of two", one(`{"Type":"Wait","Seconds":1,"SecondsPath":"$.s","End":true}`), "one of Seconds"},
		{"Wait of none", one(`{"Type":"Wait","End":true}`), "one of Seconds"},
		{"negative Wait", one(`{"Type":"Wait","Seconds":-1,"End":true}`), "Seconds must be from 0"},
		{"long Wait", one(`{"Type":"Wait","Seconds":100000000,"End":true}`), "Seconds must be from 0"},
		{"no whole seconds", one(`{"Type":"Wait","Seconds":1.5,"End":true}`), "Seconds"},
		{"no time", one(`{"Type":"Wait","Timestamp":"tomorrow","End":true}`), "RFC 3339"},
		{"two errors", one(`{"Type":"Fail","Error":"a","ErrorPath":"$.b"}`), "one error"},
		{"two causes", one(`{"Type":"Fail","Cause":"a","CausePath":"$.b"}`), "one cause"},
		{"cause by a function", one(`{"Type":"Fail","CausePath":"States.Format('a')"}`), "CausePath: path"},
		{"slice", one(`{"Type":"Pass","InputPath":"$.a[1:2]","End":true}`), "slices"},
		{"filter", one(`{"Type":"Pass","InputPath":"$.a[?(@.b==1)]","End":true}`), "filters"},
		{"index from the end", one(`{"Type":"Pass","InputPath":"$.a[-1]","End":true}`), "must be $ with names"},
		{"huge index", one(`{"Type":"Pass","InputPath":"$.a[99999999999999999999]","End":true}`), "must be $ with names"},
		{"backslash in a name", one(`{"Type":"Pass","InputPath":"$['a\\'b']","End":true}`), "must be $ with names"},
		{"no path", one(`{"Type":"Pass","InputPath":"a","End":true}`), "must be $ with names"},
		{"empty path", one(`{"Type":"Pass","InputPath":"","End":true}`), "must be $ with names"},
		{"the whole context", one(`{"Type":"Pass","InputPath":"$$","End":true}`), "must lead to $$.Execution's"},
		{"role in the context", one(`{"Type":"Pass","Parameters":{"a.$":"$$.Execution.RoleArn"},"End":true}`), "must lead to $$.Execution's"},
		{"token in the context", one(`{"Type":"Pass","Parameters":{"a.$":"$$.Task.Token"},"End":true}`), "must lead to $$.Execution's"},
		{"below a name in the context", one(`{"Type":"Pass","InputPath":"$$.State.Name.x","End":true}`), "must lead to $$.Execution's"},
		{"UUID", one(`{"Type":"Pass","Parameters":{"a.$":"States.UUID()"},"End":true}`), "States.UUID is refused"},
		{"MathRandom", one(`{"Type":"Pass","Parameters":{"a.$":"States.MathRandom(1, 2)"},"End":true}`), "States.MathRandom is refused"},
		{"ArrayLength", one(`{"Type":"Pass","Parameters":{"a.$":"States.ArrayLength($.a)"},"End":true}`), "States.ArrayLength is refused"},
		{"intrinsic within another", one(`{"Type":"Pass","Parameters":{"a.$":"States.Array(States.UUID())"},"End":true}`), "States.UUID is refused"},
		{"too few arguments", one(`{"Type":"Pass","Parameters":{"a.$":"States.MathAdd(1)"},"End":true}`), "does not take 1 arguments"},
		{"too many arguments", one(`{"Type":"Pass","Parameters":{"a.$":"States.JsonToString(1, 2)"},"End":true}`), "does not take 2 arguments"},
		{"no comma", one(`{"Type":"Pass","Parameters":{"a.$":"States.Array(1 2)"},"End":true}`), "argument"},
		{"comma at the end", one(`{"Type":"Pass","Parameters":{"a.$":"States.Array(1,)"},"End":true}`), "must be a path"},
		{"comma at the beginning", one(`{"Type":"Pass","Parameters":{"a.$":"States.Array(,1)"},"End":true}`), "must be a path"},
		{"text in double quotes", one(`{"Type":"Pass","Parameters":{"a.$":"States.Array(\"x\")"},"End":true}`), "must be a path"},
		{"text without an end", one(`{"Type":"Pass","Parameters":{"a.$":"States.Array('x)"},"End":true}`), "text has no end"},
		{"escape of a letter", one(`{"Type":"Pass","Parameters":{"a.$":"States.Array('\\n')"},"End":true}`), "a backslash must stand before"},
		{"escape of a quotation mark", one(`{"Type":"Pass","Parameters":{"a.$":"States.StringToJson('\\\"')"},"End":true}`), "a backslash must stand before"},
		{"more after the call", one(`{"Type":"Pass","Parameters":{"a.$":"States.Array(1) x"},"End":true}`), "something follows"},
		{"bad path in a call", one(`{"Type":"Pass","Parameters":{"a.$":"States.Array($..a)"},"End":true}`), "wildcards"},
		{"eleven calls", one(`{"Type":"Pass","Parameters":{"a.$":"` + strings.Repeat("States.Array(", 11) + strings.Repeat(")", 11) + `"},"End":true}`), "at most 10 functions"},
		{"intrinsic as InputPath", one(`{"Type":"Pass","InputPath":"States.Array(1)","End":true}`), "InputPath: path"},
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

// What is in the subset is taken, also in its less common forms.
func TestParseTakes(t *testing.T) {
	t.Parallel()
	one := func(state string) string { return `{"StartAt":"A","States":{"A":` + state + `}}` }
	tests := []struct{ name, machine string }{
		{"comments", `{"Comment":"c","Version":"1.0","TimeoutSeconds":99999999,"StartAt":"A","States":{"A":{"Comment":"c","Type":"Succeed"}}}`},
		{"comments of retriers and catchers", one(task("A", `"Retry":[{"Comment":"c","ErrorEquals":["X"]}],"Catch":[{"Comment":"c","ErrorEquals":["X"],"Next":"A"}],"End":true`))},
		{"comments of rules", one(`{"Type":"Choice","Choices":[{"Comment":"c","Not":{"Comment":"c","Variable":"$","IsNull":true},"Next":"A"}]}`)},
		{"End that is false", `{"StartAt":"A","States":{"A":{"Type":"Pass","End":false,"Next":"B"},"B":{"Type":"Succeed"}}}`},
		{"the most of a retrier", one(task("A", `"Retry":[{"ErrorEquals":["X"],"IntervalSeconds":99999999,"MaxAttempts":99999999,"MaxDelaySeconds":31622399,"BackoffRate":1,"JitterStrategy":"FULL"}],"End":true`))},
		{"every error that may be named", one(task("A", `"Retry":[{"ErrorEquals":["States.Timeout","States.TaskFailed","States.DataLimitExceeded","States.ParameterPathFailure","States.ResultPathMatchFailure","States.IntrinsicFailure","States.NoChoiceMatched","States.Permissions"]}],"End":true`))},
		{"ten calls", one(`{"Type":"Pass","Parameters":{"a.$":"` + strings.Repeat("States.Array(", 10) + strings.Repeat(")", 10) + `"},"End":true}`)},
		{"blanks in a call", one(`{"Type":"Pass","Parameters":{"a.$":"States.Array( 1 , $.a , 'x' )"},"End":true}`)},
		{"name of 80 characters", `{"StartAt":"` + strings.Repeat("ä", 80) + `","States":{"` + strings.Repeat("ä", 80) + `":{"Type":"Succeed"}}}`},
		{"Result with names that are computed elsewhere", one(`{"Type":"Pass","Result":{"a":1,"a.$":"x"},"End":true}`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := workflow.Parse("m", []byte(tt.machine)); err != nil {
				t.Error(err)
			}
		})
	}
}

// On AWS the same file runs, with a Lambda function in the place of activities.
func TestDefinition(t *testing.T) {
	t.Parallel()
	const file = `{"Comment":"c","StartAt":"A","States":{"A":{"Type":"Task","Resource":"activity","Parameters":{"activity":"A","execution.$":"$$.Execution.Name","state.$":"$$.State.Name","input.$":"$"},"Next":"B"},"B":{"Type":"Pass","Result":{"Resource":"activity","n":12345678901234567890},"End":true}}}`
	m, err := workflow.Parse("m", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := decode([]byte(strings.Replace(file, `"Resource":"activity"`, `"Resource":"arn:aws:lambda:eu-central-1:1:function:<f>"`, 1)), &want); err != nil {
		t.Fatal(err)
	}
	if err := decode(m.Definition("arn:aws:lambda:eu-central-1:1:function:<f>"), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("definition (-want +got):\n%s", diff)
	}
	if _, err := workflow.Parse("m", m.Definition("activity")); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"StartAt":"A","States":{"A":` + task("A", `"Retry":[{"ErrorEquals":["States.ALL"]}],"Catch":[{"ErrorEquals":["X"],"ResultPath":"$.e","Next":"B"}],"Next":"B"`) +
		`,"B":{"Type":"Choice","Choices":[{"And":[{"Variable":"$.a[0]['b']","StringMatches":"a*\\*"},{"Not":{"Variable":"$$.State.Name","IsNull":true}}],"Next":"C"}],"Default":"D"},` +
		`"C":{"Type":"Pass","InputPath":null,"Parameters":{"a.$":"States.Format('{} \\'', States.MathAdd(1, $.a))","b":[{"c.$":"$"}]},"End":true},"D":{"Type":"Wait","TimestampPath":"$.t","Next":"E"},"E":{"Type":"Fail","Error":"E","CausePath":"$.c"}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := workflow.Parse("m", []byte(text))
		if err != nil {
			return
		}
		if _, err := workflow.Parse("m", m.Definition("activity")); err != nil {
			t.Errorf("its definition is refused: %v", err)
		}
	})
}
