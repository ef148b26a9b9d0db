package terraformtest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Block is a block whose expressions were evaluated and whose dynamic blocks are
// written out.
type Block struct {
	Attributes map[string]cty.Value
	Blocks     map[string][]Block
}

// Text gives an attribute that is a string, "" when it is none.
func (b Block) Text(name string) string {
	value, ok := b.Attributes[name]
	if !ok || value.IsNull() || value.Type() != cty.String {
		return ""
	}
	return value.AsString()
}

// Instances gives a resource's instances by their keys; one that has neither count
// nor for_each has the key "".
func (m *Module) Instances(address string) (map[string]Block, error) {
	block, ok := m.resources[address]
	if !ok {
		return nil, fmt.Errorf("there is no resource %s", address)
	}
	keys, err := m.keys(block)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	instances := map[string]Block{}
	for key, each := range keys {
		if instances[key], err = m.expand(block.Body, scope{"each": each}); err != nil {
			return nil, fmt.Errorf("%s[%q]: %w", address, key, err)
		}
	}
	return instances, nil
}

// Providers gives the configurations of the provider.
func (m *Module) Providers() ([]Block, error) {
	all := make([]Block, len(m.providers))
	for i, p := range m.providers {
		var err error
		if all[i], err = m.expand(p.Body, nil); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// keys gives what `each` is for every instance of a resource.
func (m *Module) keys(block *hclsyntax.Block) (map[string]cty.Value, error) {
	each := map[string]cty.Value{}
	switch a := block.Body.Attributes; {
	case a["count"] != nil:
		count, err := m.evaluate(a["count"].Expr, nil)
		if err != nil {
			return nil, err
		}
		n, _ := count.AsBigFloat().Int64()
		for i := range n {
			each[fmt.Sprint(i)] = cty.NilVal
		}
	case a["for_each"] != nil:
		over, err := m.evaluate(a["for_each"].Expr, nil)
		if err != nil {
			return nil, err
		}
		for key, value := range elements(over) {
			each[key] = iteration(key, value)
		}
	default:
		each[""] = cty.NilVal
	}
	return each, nil
}

func iteration(key string, value cty.Value) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(key), "value": value})
}

// elements gives what for_each goes through: a set's elements are their own keys,
// a list's keys are numbers.
func elements(over cty.Value) map[string]cty.Value {
	found := map[string]cty.Value{}
	i := 0
	for it := over.ElementIterator(); it.Next(); i++ {
		key, value := it.Element()
		switch {
		case over.Type().IsSetType():
			found[value.AsString()] = value
		case key.Type() == cty.String:
			found[key.AsString()] = value
		default:
			found[fmt.Sprint(i)] = value
		}
	}
	return found
}

// expand evaluates a body.
func (m *Module) expand(body *hclsyntax.Body, s scope) (Block, error) {
	b := Block{Attributes: map[string]cty.Value{}, Blocks: map[string][]Block{}}
	for name, a := range body.Attributes {
		if name == "for_each" || name == "count" || name == "depends_on" {
			continue
		}
		value, err := m.evaluate(a.Expr, s)
		if err != nil {
			return b, fmt.Errorf("%s: %w", name, err)
		}
		b.Attributes[name] = value
	}
	for _, inner := range body.Blocks {
		if inner.Type == "lifecycle" {
			continue
		}
		name, some, err := m.inner(inner, s)
		if err != nil {
			return b, fmt.Errorf("%s: %w", name, err)
		}
		b.Blocks[name] = append(b.Blocks[name], some...)
	}
	return b, nil
}

// inner evaluates a block in another, which may stand for several.
func (m *Module) inner(block *hclsyntax.Block, s scope) (name string, some []Block, err error) {
	if block.Type != "dynamic" {
		b, err := m.expand(block.Body, s)
		return block.Type, []Block{b}, err
	}
	name = block.Labels[0]
	over, err := m.evaluate(block.Body.Attributes["for_each"].Expr, s)
	if err != nil {
		return name, nil, err
	}
	all := elements(over)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		within := scope{name: iteration(key, all[key])}
		maps.Copy(within, s)
		b, err := m.expand(block.Body.Blocks[0].Body, within)
		if err != nil {
			return name, nil, err
		}
		some = append(some, b)
	}
	return name, some, nil
}
