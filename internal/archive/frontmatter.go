package archive

import (
	"errors"
	"io"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// fence stands alone on the lines around front matter.
const fence = "---"

// parsePage reads Markdown that may begin with YAML front matter.
func parsePage(text string) (*statement, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	first, rest, _ := strings.Cut(text, "\n")
	if strings.TrimRight(first, " \t") != fence {
		return &statement{content: text}, nil
	}
	front, body, ok := cutFrontMatter(rest)
	if !ok {
		return nil, refusal("Its front matter does not end: a line of %s is missing.", fence)
	}
	said := &statement{content: body}
	if err := said.readFrontMatter(front); err != nil {
		return nil, err
	}
	return said, nil
}

// cutFrontMatter cuts text around the first line that is a fence.
func cutFrontMatter(text string) (front, body string, ok bool) {
	for at := 0; at < len(text); {
		line, _, _ := strings.Cut(text[at:], "\n")
		end := min(at+len(line)+1, len(text))
		if strings.TrimRight(line, " \t") == fence {
			return text[:at], text[end:], true
		}
		at = end
	}
	return "", "", false
}

// readFrontMatter reads one YAML mapping. Aliases are refused, so that a small
// text cannot stand for a large one.
func (s *statement) readFrontMatter(front string) error {
	if len(front) > maxFrontMatterBytes {
		return refusal("Its front matter is larger than %d KiB.", maxFrontMatterBytes>>10)
	}
	d := yaml.NewDecoder(strings.NewReader(front))
	var doc yaml.Node
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil // no front matter but its fences
	} else if err != nil {
		return refusal("Its front matter is not YAML: %v.", err)
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return refusal("Its front matter is more than one YAML document.")
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return refusal("Its front matter is not a YAML mapping.")
	}
	if hasAlias(root) {
		return refusal("Its front matter uses YAML aliases, which are not read.")
	}
	seen := map[string]bool{}
	for i := 0; i < len(root.Content); i += 2 {
		key := root.Content[i].Value
		if folded := strings.ToLower(key); !seen[folded] {
			seen[folded] = true
		} else {
			return refusal("Its front matter says %q twice.", key)
		}
		if err := s.set(key, root.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func hasAlias(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode {
		return true
	}
	for _, child := range n.Content {
		if hasAlias(child) {
			return true
		}
	}
	return false
}

// set takes over what the front matter says under one key.
func (s *statement) set(key string, n *yaml.Node) (err error) {
	switch strings.ToLower(key) {
	case "title", "name":
		err = s.setText(&s.name, key, n)
	case "description":
		err = s.setText(&s.description, key, n)
	case "howtouse", "howto":
		err = s.setText(&s.howto, key, n)
	case "sourceurl":
		err = s.setText(&s.sourceURL, key, n)
	case "license":
		err = s.setText(&s.license, key, n)
	case "tags":
		s.tags, err = yamlList(key, n)
	case "createdat":
		err = s.setTime(&s.createdAt, key, n)
	case "updatedat":
		err = s.setTime(&s.updatedAt, key, n)
	case "draft":
		if n.Decode(&s.draft) != nil {
			err = refusal("Its front matter's %q must be true or false.", key)
		}
	default:
		if !isEmpty(n) {
			s.note("%s: read, not kept", key)
		}
	}
	return err
}

// setText takes over a text, unless an earlier key said another already.
func (s *statement) setText(field *string, key string, n *yaml.Node) error {
	text, err := yamlText(key, n)
	if err != nil || text == "" {
		return err
	}
	if *field != "" {
		s.note("%s: read, not kept", key)
		return nil
	}
	*field = text
	return nil
}

func (s *statement) setTime(field *time.Time, key string, n *yaml.Node) error {
	text, err := yamlText(key, n)
	if err != nil || text == "" {
		return err
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			*field = at
			return nil
		}
	}
	s.note("%s is not a time: that of the import taken", key)
	return nil
}

func yamlText(key string, n *yaml.Node) (string, error) {
	if n.Kind != yaml.ScalarNode {
		return "", refusal("Its front matter's %q must be a text.", key)
	}
	if n.Tag == "!!null" {
		return "", nil
	}
	return strings.TrimSpace(n.Value), nil
}

// yamlList reads a list of texts, or one text of words between commas.
func yamlList(key string, n *yaml.Node) ([]string, error) {
	if n.Kind == yaml.ScalarNode {
		text, err := yamlText(key, n)
		return strings.FieldsFunc(text, func(r rune) bool { return r == ',' }), err
	}
	if n.Kind != yaml.SequenceNode {
		return nil, refusal("Its front matter's %q must be a list.", key)
	}
	var list []string
	for _, entry := range n.Content {
		text, err := yamlText(key, entry)
		if err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, nil
}

// isEmpty tells whether nothing is lost when the value is not kept.
func isEmpty(n *yaml.Node) bool {
	if n.Kind == yaml.ScalarNode {
		return n.Tag == "!!null" || n.Value == ""
	}
	return len(n.Content) == 0
}
