package infra

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-exec/tfexec"
	"go.yaml.in/yaml/v3"
)

// Outputs are what a deployment says of itself.
type Outputs struct {
	lineage string // names the state
	values  map[string]tfexec.OutputMeta
}

// Outputs reads the outputs from the state: none before the first apply.
func (d *Deployment) Outputs(ctx context.Context) (Outputs, error) {
	var state string
	o := Outputs{}
	err := d.run(ctx, "output", func(ctx context.Context, _ io.Writer) (err error) {
		if o.values, err = d.tf.Output(ctx); err == nil {
			state, err = d.tf.StatePull(ctx)
		}
		return err
	})
	if err != nil {
		return o, err
	}
	if state == "" {
		return o, nil
	}
	var head struct {
		Lineage string `json:"lineage"`
	}
	if err := json.Unmarshal([]byte(state), &head); err != nil {
		return o, fmt.Errorf("read state: %w", err)
	}
	o.lineage = head.Lineage
	return o, nil
}

// hidden stands for what is not to be shown.
const hidden = "(sensitive)"

// Shown gives the outputs for people, by name: those that are sensitive only by name.
func (o Outputs) Shown() map[string]any {
	shown := map[string]any{}
	for name, v := range o.values {
		var line bytes.Buffer
		if v.Sensitive || json.Compact(&line, v.Value) != nil {
			shown[name] = hidden
			continue
		}
		shown[name] = json.RawMessage(line.Bytes())
	}
	return shown
}

// mark begins a configuration file that was written here; the state's name follows.
const mark = "# Written by `promptz infra output`, which overwrites it. State "

// Config gives the outputs as a configuration file: YAML, with the secrets. Every
// output has to be one of keys and a text or a list of texts; one that is null is
// left out.
func (o Outputs) Config(keys []string) ([]byte, error) {
	if len(o.values) == 0 {
		return nil, errors.New("there are no outputs: nothing is applied")
	}
	config := map[string]any{}
	var unknown, wrong []string
	for _, name := range slices.Sorted(maps.Keys(o.values)) {
		value, ok := texts(o.values[name].Value)
		switch {
		case !slices.Contains(keys, name):
			unknown = append(unknown, name)
		case !ok:
			wrong = append(wrong, name)
		case value != nil:
			config[name] = value
		}
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("outputs that are no keys of the configuration: %s", strings.Join(unknown, ", "))
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("outputs that are neither a text nor a list of texts: %s", strings.Join(wrong, ", "))
	}
	text, err := yaml.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	return append([]byte(o.mark()), text...), nil
}

func (o Outputs) mark() string { return mark + o.lineage + ".\n" }

// texts gives a text, a list of texts, or nil for null.
func texts(raw json.RawMessage) (any, bool) {
	if string(raw) == "null" {
		return nil, true
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text, true
	}
	var list []*string
	if json.Unmarshal(raw, &list) != nil || slices.Contains(list, nil) {
		return nil, false
	}
	return list, true
}

// WriteConfig writes the configuration file whole or not at all, readable by its
// owner alone. A file that is there and was not written from this state is left as
// it is, and an error, unless force says otherwise.
func (o Outputs) WriteConfig(path string, keys []string, force bool) error {
	text, err := o.Config(keys)
	if err != nil {
		return err
	}
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("write configuration: %w", err)
	}
	if err == nil && !force && !bytes.HasPrefix(old, []byte(o.mark())) {
		return fmt.Errorf("%s is not from this deployment: name another by --file, or say --force", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".promptz-*") // for the owner alone
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}
