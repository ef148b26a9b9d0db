package terraformtest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Module is one folder of Terraform's files. Not safe for concurrent use.
type Module struct {
	dir       string
	values    Values
	resources map[string]*hclsyntax.Block // by address, without key
	providers []*hclsyntax.Block
	locals    map[string]hclsyntax.Expression
	outputs   map[string]hclsyntax.Expression
	variables map[string]cty.Value // as given, else their defaults
	known     map[string]cty.Value // locals that were evaluated
}

// Values says what the outside knows.
type Values struct {
	Variables map[string]cty.Value
	Account   string // of AWS; "" is the one in its documentation
	// Attribute gives an attribute that AWS makes, such as "arn" of
	// "aws_sqs_queue.dead" or of `aws_lambda_function.function["http"]`; "" and nil
	// leave the placeholder, which is address and attribute.
	Attribute func(address, attribute string) string
}

// Load reads the files of a folder.
func Load(dir string, values Values) (*Module, error) {
	m := &Module{
		dir: dir, values: values,
		resources: map[string]*hclsyntax.Block{},
		locals:    map[string]hclsyntax.Expression{},
		outputs:   map[string]hclsyntax.Expression{},
		variables: map[string]cty.Value{},
		known:     map[string]cty.Value{},
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("no files in %s", dir)
	}
	parser := hclparse.NewParser()
	for _, name := range names {
		f, faults := parser.ParseHCLFile(name)
		if faults.HasErrors() {
			return nil, faults
		}
		if err := m.add(f.Body.(*hclsyntax.Body)); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *Module) add(body *hclsyntax.Body) error {
	for _, b := range body.Blocks {
		switch b.Type {
		case "resource":
			m.resources[b.Labels[0]+"."+b.Labels[1]] = b
		case "provider":
			m.providers = append(m.providers, b)
		case "output":
			m.outputs[b.Labels[0]] = b.Body.Attributes["value"].Expr
		case "locals":
			for name, a := range b.Body.Attributes {
				m.locals[name] = a.Expr
			}
		case "variable":
			value, ok := m.values.Variables[b.Labels[0]]
			if a := b.Body.Attributes["default"]; !ok && a != nil {
				var faults error
				if value, faults = m.evaluate(a.Expr, nil); faults != nil {
					return faults
				}
			}
			m.variables[b.Labels[0]] = value
		}
	}
	return nil
}

// Addresses gives the addresses of all resources, without keys, sorted.
func (m *Module) Addresses() []string { return slices.Sorted(maps.Keys(m.resources)) }

// Outputs gives the names of all outputs, sorted.
func (m *Module) Outputs() []string { return slices.Sorted(maps.Keys(m.outputs)) }

// Output evaluates an output.
func (m *Module) Output(name string) (cty.Value, error) {
	expr, ok := m.outputs[name]
	if !ok {
		return cty.NilVal, fmt.Errorf("there is no output %q", name)
	}
	return m.evaluate(expr, nil)
}

// Local evaluates a local value.
func (m *Module) Local(name string) (cty.Value, error) {
	if value, ok := m.known[name]; ok {
		return value, nil
	}
	expr, ok := m.locals[name]
	if !ok {
		return cty.NilVal, fmt.Errorf("there is no local %q", name)
	}
	value, err := m.evaluate(expr, nil)
	if err != nil {
		return cty.NilVal, fmt.Errorf("local.%s: %w", name, err)
	}
	m.known[name] = value
	return value, nil
}

// Read gives a file of the module's folder.
func (m *Module) Read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(m.dir, name))
}
