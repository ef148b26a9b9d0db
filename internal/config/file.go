package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parseFile reads a configuration file: one YAML mapping of known keys to texts,
// or to sequences of them where the key is a list. It gives what the file says,
// by key, and what is wrong with the file as a whole.
func parseFile(source string, text []byte) (map[string]given, []string) {
	root, err := parseMapping(text)
	if err != nil {
		return nil, []string{source + ": " + err.Error()}
	}
	values := map[string]given{}
	var faults []string
	for i := 0; i+1 < len(root.Content); i += 2 {
		name, value := root.Content[i], root.Content[i+1]
		k, ok := findKey(name.Value, inFile)
		if !ok {
			where := fmt.Sprintf("%s, line %d: ", source, name.Line)
			faults = append(faults, where+unknown("key", name.Value, inFile))
			continue
		}
		g := k.read(value)
		g.source = source
		if _, twice := values[k.name]; twice {
			g.err = fmt.Errorf("must be given once, but line %d gives it again", name.Line)
		}
		values[k.name] = g
	}
	maps.DeleteFunc(values, func(_ string, g given) bool { return g.value == "" && g.err == nil })
	return values, faults
}

// parseMapping gives the mapping that a YAML text is, empty if it is nothing.
func parseMapping(text []byte) (*yaml.Node, error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	if err := d.Decode(&document); errors.Is(err, io.EOF) {
		return &yaml.Node{}, nil
	} else if err != nil {
		return nil, plain(err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("must hold one YAML document, but holds more")
	}
	if len(document.Content) == 0 || isNull(document.Content[0]) {
		return &yaml.Node{}, nil
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: must be a mapping of keys to values", root.Line)
	}
	return root, nil
}

// read gives a value as it would stand in a variable, empty if there is none.
func (k key) read(value *yaml.Node) given {
	switch {
	case isNull(value):
		return given{}
	case k.list && value.Kind == yaml.SequenceNode:
		return readSequence(value)
	case k.list:
		return given{value: shortened(value), err: errors.New("must be a sequence, such as [one, two]")}
	case value.Kind != yaml.ScalarNode:
		return given{value: shortened(value), err: errors.New("must be one text")}
	case !isText(value):
		return given{value: shortened(value), err: errors.New("must be a text: put it in quotes")}
	}
	return given{value: value.Value}
}

func readSequence(sequence *yaml.Node) given {
	var parts []string
	for _, entry := range sequence.Content {
		if !isText(entry) || strings.Contains(entry.Value, ",") {
			return given{value: shortened(sequence), err: errors.New("must be a sequence of texts without commas")}
		}
		parts = append(parts, entry.Value)
	}
	return given{value: strings.Join(parts, ",")}
}

// shortened is a value of the wrong type, for people.
func shortened(value *yaml.Node) string {
	if value.Kind == yaml.ScalarNode {
		return value.Value
	}
	return "[...]"
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

func isText(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" }

// quoted is what the YAML library repeats of the file.
var quoted = regexp.MustCompile(`'[^']*'|"[^"]*"`)

// plain is what the YAML library says, on one line and without what it repeats of
// the file, which may be a secret.
func plain(err error) error {
	words := strings.Join(strings.Fields(err.Error()), " ")
	return errors.New(quoted.ReplaceAllString(words, mask))
}
