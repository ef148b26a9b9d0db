package terraformtest

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Policy is an IAM policy, in the elements that ours have. See
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
type Policy struct {
	Version   string
	Statement []Statement
}

// Statement is one of its statements.
type Statement struct {
	Sid       string
	Effect    string
	Principal json.RawMessage
	Action    Texts
	Resource  Texts
	Condition map[string]map[string]Texts
}

// Texts is a string or a list of them.
type Texts []string

// UnmarshalJSON reads either.
func (t *Texts) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(text, []byte("[")) {
		return json.Unmarshal(text, (*[]string)(t))
	}
	*t = Texts{""}
	return json.Unmarshal(text, &(*t)[0])
}

// ParsePolicy reads a policy; an element that ours do not have is an error.
func ParsePolicy(text string) (Policy, error) {
	var p Policy
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("read policy: %w", err)
	}
	return p, nil
}

// Functions gives the policy of every function's role, by its handler. With
// [Values.Attribute] they name real resources, for a run under IAM.
func (m *Module) Functions() (map[string]string, error) {
	all, err := m.Instances("aws_iam_role_policy.function")
	if err != nil {
		return nil, err
	}
	policies := map[string]string{}
	for handler, b := range all {
		policies[handler] = b.Text("policy")
	}
	return policies, nil
}
