package terraformtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// scope is what is known in a place besides what is known everywhere.
type scope map[string]cty.Value

// made are the attributes that AWS or the provider gives a value, and that the
// configuration uses of any resource.
var made = []string{
	"arn", "id", "name", "url", "bucket", "key_id", "function_name", "stream_arn", "invoke_arn", "execution_arn",
	"api_endpoint", "domain_name", "hosted_zone_id", "email_identity", "output",
}

// evaluate gives the value of an expression.
func (m *Module) evaluate(expr hclsyntax.Expression, s scope) (cty.Value, error) {
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{}, Functions: functions(m.dir)}
	locals := map[string]cty.Value{}
	for _, t := range expr.Variables() {
		switch root := t.RootName(); {
		case s[root] != cty.NilVal:
			ctx.Variables[root] = s[root]
		case root == "local":
			name := t[1].(hcl.TraverseAttr).Name
			value, err := m.Local(name)
			if err != nil {
				return cty.NilVal, err
			}
			locals[name] = value
			ctx.Variables["local"] = cty.ObjectVal(locals)
		case root == "var":
			ctx.Variables["var"] = cty.ObjectVal(m.given())
		case root == "path":
			ctx.Variables["path"] = cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal(".")})
		case root == "data":
			ctx.Variables["data"] = data(m.account())
		case root == "terraform_data", strings.HasPrefix(root, "aws_"):
			value, err := m.resourcesOf(root)
			if err != nil {
				return cty.NilVal, err
			}
			ctx.Variables[root] = value
		}
	}
	value, faults := expr.Value(ctx)
	if faults.HasErrors() {
		return cty.NilVal, faults
	}
	return value, nil
}

// data is what the data sources say.
func data(account string) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{
		"aws_caller_identity": cty.ObjectVal(map[string]cty.Value{
			"current": cty.ObjectVal(map[string]cty.Value{"account_id": cty.StringVal(account)}),
		}),
		"aws_partition": cty.ObjectVal(map[string]cty.Value{
			"current": cty.ObjectVal(map[string]cty.Value{"partition": cty.StringVal("aws")}),
		}),
	})
}

func (m *Module) account() string {
	if m.values.Account != "" {
		return m.values.Account
	}
	return "123456789012" // of AWS's documentation
}

// given are the variables that have a value.
func (m *Module) given() map[string]cty.Value {
	given := map[string]cty.Value{}
	for name, value := range m.variables {
		if value != cty.NilVal {
			given[name] = value
		}
	}
	return given
}

// resourcesOf gives all resources of a type as expressions see them.
func (m *Module) resourcesOf(kind string) (cty.Value, error) {
	all := map[string]cty.Value{}
	for address, block := range m.resources {
		name, ok := strings.CutPrefix(address, kind+".")
		if !ok {
			continue
		}
		keys, err := m.keys(block)
		if err != nil {
			return cty.NilVal, fmt.Errorf("%s: %w", address, err)
		}
		switch {
		case block.Body.Attributes["count"] != nil:
			some := make([]cty.Value, 0, len(keys))
			for i := range len(keys) {
				some = append(some, m.attributes(fmt.Sprintf("%s[%d]", address, i)))
			}
			all[name] = cty.TupleVal(some)
		case block.Body.Attributes["for_each"] != nil:
			some := map[string]cty.Value{}
			for key := range keys {
				some[key] = m.attributes(fmt.Sprintf("%s[%q]", address, key))
			}
			all[name] = cty.ObjectVal(some)
		default:
			all[name] = m.attributes(address)
		}
	}
	return cty.ObjectVal(all), nil
}

// attributes gives what AWS makes of an instance.
func (m *Module) attributes(address string) cty.Value {
	values := map[string]cty.Value{}
	for _, name := range made {
		text := ""
		if m.values.Attribute != nil {
			text = m.values.Attribute(address, name)
		}
		if text == "" {
			text = address + "." + name
		}
		values[name] = cty.StringVal(text)
	}
	return cty.ObjectVal(values)
}

// Strings gives the elements of a list or set of strings, sorted.
func Strings(value cty.Value) []string {
	var all []string
	for it := value.ElementIterator(); it.Next(); {
		_, element := it.Element()
		all = append(all, element.AsString())
	}
	slices.Sort(all)
	return all
}
