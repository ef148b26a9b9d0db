package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseFile reads a configuration file: one YAML mapping of known keys to
// scalars, or to sequences of them where the key holds several.
func parseFile(text []byte) (map[string]string, error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	if err := d.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil // an empty file
	} else if err != nil {
		return nil, plain(err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("must hold one YAML document")
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: must be a mapping of keys to values", root.Line)
	}
	values := map[string]string{}
	var faults []error
	for i := 0; i < len(root.Content); i += 2 {
		faults = append(faults, addEntry(values, root.Content[i], root.Content[i+1]))
	}
	return values, errors.Join(faults...)
}

// addEntry adds one entry of the file to values.
func addEntry(values map[string]string, name, value *yaml.Node) error {
	k, ok := findKey(name.Value, func(k key) string { return k.name })
	if !ok {
		near := nearest(name.Value, func(k key) string { return k.name })
		return fmt.Errorf("line %d: %s", name.Line, unknown("key", name.Value, near))
	}
	if _, twice := values[k.name]; twice {
		return fmt.Errorf("line %d: %s: stands there twice", name.Line, k.name)
	}
	text, err := scalar(k, value)
	if err != nil {
		return fmt.Errorf("line %d: %s: %w", value.Line, k.name, err)
	}
	values[k.name] = text
	return nil
}

// scalar gives a value as it would stand in a variable.
func scalar(k key, value *yaml.Node) (string, error) {
	switch {
	case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
		return k.value, nil
	case value.Kind == yaml.ScalarNode:
		return onOff(value), nil
	case value.Kind != yaml.SequenceNode || !k.list:
		return "", errors.New("must be one value")
	}
	var parts []string
	for _, entry := range value.Content {
		if entry.Kind != yaml.ScalarNode || strings.Contains(entry.Value, ",") {
			return "", errors.New("must be a list of values without commas")
		}
		parts = append(parts, entry.Value)
	}
	return strings.Join(parts, ","), nil
}

// onOff reads YAML's booleans as on and off, which YAML 1.1 means by them.
func onOff(value *yaml.Node) string {
	if value.Tag != "!!bool" {
		return value.Value
	}
	if strings.EqualFold(value.Value, "true") {
		return "on"
	}
	return "off"
}

// plain is what the YAML library says, on one line. It quotes no values.
func plain(err error) error {
	return errors.New(strings.Join(strings.Fields(err.Error()), " "))
}
