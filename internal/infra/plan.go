package infra

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-exec/tfexec"
	tfjson "github.com/hashicorp/terraform-json"
)

// Plan is what an apply would do. It holds no value of a resource.
type Plan struct {
	Name    string   `json:"name"` // of the deployment: <name>-<environment>, or the folder's
	Changes []Change `json:"changes"`
	Outputs int      `json:"outputs"` // how many change

	file    string
	destroy bool
}

// Action is what is done to a resource.
type Action string

const (
	Create  Action = "create"
	Update  Action = "change"
	Replace Action = "replace" // destroyed and created anew
	Destroy Action = "destroy"
	Forget  Action = "forget" // taken out of the state, and left where it is
)

// actions is their order in a summary.
var actions = []Action{Create, Update, Replace, Destroy, Forget}

// Change is one resource's.
type Change struct {
	Action     Action   `json:"action"`
	Address    string   `json:"address"`
	Attributes []string `json:"attributes,omitempty"` // that change, or force the replacement
}

// Plan asks terraform what an apply would do, or the destruction of everything.
func (d *Deployment) Plan(ctx context.Context, destroy bool) (*Plan, error) {
	p := &Plan{file: filepath.Join(d.work, "plan"), destroy: destroy}
	options := []tfexec.PlanOption{tfexec.Out(p.file), tfexec.Destroy(destroy)}
	for _, file := range d.options.VarFiles {
		path, err := filepath.Abs(file)
		if err != nil {
			return nil, fmt.Errorf("find variables: %w", err)
		}
		options = append(options, tfexec.VarFile(path))
	}
	for _, v := range d.options.Vars {
		options = append(options, tfexec.Var(v))
	}
	for _, t := range d.options.Targets {
		options = append(options, tfexec.Target(t))
	}
	err := d.run(ctx, "plan", func(ctx context.Context, w io.Writer) error {
		_, err := d.tf.PlanJSON(ctx, w, options...)
		return err
	})
	if err != nil {
		return nil, err
	}
	var full *tfjson.Plan
	err = d.run(ctx, "show", func(ctx context.Context, _ io.Writer) (err error) {
		full, err = d.tf.ShowPlanFile(ctx, p.file)
		return err
	})
	if err != nil {
		return nil, err
	}
	p.read(full)
	p.Name = cmp.Or(p.Name, filepath.Base(d.dir))
	return p, nil
}

// read takes from terraform's plan what people are told.
func (p *Plan) read(full *tfjson.Plan) {
	p.Name = name(full.Variables)
	for _, r := range full.ResourceChanges {
		if change, ok := readChange(r); ok {
			p.Changes = append(p.Changes, change)
		}
	}
	slices.SortStableFunc(p.Changes, func(a, b Change) int {
		return cmp.Or(slices.Index(actions, a.Action)-slices.Index(actions, b.Action), strings.Compare(a.Address, b.Address))
	})
	for _, o := range full.OutputChanges {
		if !o.Actions.NoOp() {
			p.Outputs++
		}
	}
}

// name is the deployment's, of the variables that begin every name of a resource.
func name(variables map[string]*tfjson.PlanVariable) string {
	var parts []string
	for _, key := range []string{"name", "environment"} {
		v := variables[key]
		if v == nil {
			return ""
		}
		text, ok := v.Value.(string)
		if !ok {
			return ""
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "-")
}

func readChange(r *tfjson.ResourceChange) (Change, bool) {
	c := Change{Address: r.Address}
	if r.DeposedKey != "" {
		c.Address += " (left over from a replacement)"
	}
	switch a := r.Change.Actions; {
	case a.Replace():
		c.Action, c.Attributes = Replace, forcing(r.Change.ReplacePaths)
	case a.Create():
		c.Action = Create
	case a.Update():
		c.Action, c.Attributes = Update, changed(r.Change)
	case a.Delete():
		c.Action = Destroy
	case a.Forget():
		c.Action = Forget
	default:
		return c, false
	}
	return c, true
}

// changed gives the names of the attributes that change.
func changed(c *tfjson.Change) []string {
	before, _ := c.Before.(map[string]any)
	after, _ := c.After.(map[string]any)
	unknown, _ := c.AfterUnknown.(map[string]any)
	names := map[string]bool{}
	for key, value := range before {
		if then, ok := after[key]; ok && !reflect.DeepEqual(value, then) {
			names[key] = true
		}
	}
	for key, value := range after {
		if _, ok := before[key]; !ok && value != nil {
			names[key] = true
		}
	}
	for key, value := range unknown {
		if value == true {
			names[key] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// forcing gives the names of the attributes for which a resource is replaced.
func forcing(paths []any) []string {
	var names []string
	for _, path := range paths {
		if steps, ok := path.([]any); ok && len(steps) > 0 {
			names = append(names, fmt.Sprint(steps[0]))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Empty tells whether there is nothing to do.
func (p *Plan) Empty() bool { return len(p.Changes) == 0 && p.Outputs == 0 }

// Write writes a line for each resource, and how many there are of each sort.
func (p *Plan) Write(w io.Writer) error {
	var b strings.Builder
	count := map[Action]int{}
	for _, c := range p.Changes {
		count[c.Action]++
		fmt.Fprintf(&b, "%-7s  %s", c.Action, c.Address)
		if len(c.Attributes) > 0 {
			fmt.Fprintf(&b, "  (%s)", strings.Join(c.Attributes, ", "))
		}
		b.WriteByte('\n')
	}
	if p.Empty() {
		fmt.Fprintf(&b, "%s: nothing to change\n", p.Name)
	} else {
		fmt.Fprintf(&b, "%s: %d to create, %d to change, %d to replace, %d to destroy", p.Name, count[Create], count[Update], count[Replace], count[Destroy])
		if count[Forget] > 0 {
			fmt.Fprintf(&b, ", %d to forget", count[Forget])
		}
		if len(p.Changes) == 0 {
			fmt.Fprintf(&b, "; outputs that change: %d", p.Outputs)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Apply does what was planned. Interrupted, by ctx, terraform ends what it is at
// and saves its state; the error is then ctx's.
func (d *Deployment) Apply(ctx context.Context, p *Plan) error {
	doing := "apply"
	if p.destroy {
		doing = "destroy"
	}
	return d.run(ctx, doing, func(ctx context.Context, w io.Writer) error {
		return d.tf.ApplyJSON(ctx, w, tfexec.DirOrPlan(p.file))
	})
}
