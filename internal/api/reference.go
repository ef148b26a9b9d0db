package api

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// What the API reference shows of openapi.yaml, beyond what stands there.

// paragraphs gives a description its paragraphs, and what stands between
// backquotes the look of code. Nothing else of Markdown is known.
func paragraphs(text string) template.HTML {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		b.WriteString("<p>")
		for i, part := range strings.Split(paragraph, "`") {
			escaped := template.HTMLEscapeString(part)
			if i%2 == 1 {
				escaped = "<code>" + escaped + "</code>"
			}
			b.WriteString(escaped)
		}
		b.WriteString("</p>")
	}
	return template.HTML(b.String())
}

// access says who may use the operation.
func (o *operation) access() string {
	switch {
	case o.Scope() != "":
		return "needs a credential with the scope " + string(o.Scope())
	case o.Authenticated():
		return "anybody; with a credential, one's own drafts too"
	}
	return "anybody"
}

func (o *operation) inTag(tag string) bool { return slices.Contains(o.Tags, tag) }

// member is a row of the table of a schema.
type member struct {
	Name     string
	Required bool
	Schema   *schema
}

// members gives those of the schema and of what it is made of.
func (s *schema) members() []member {
	var all []member
	for _, part := range s.AllOf {
		all = append(all, part.members()...)
	}
	for _, p := range s.Properties {
		all = append(all, member{p.Name, slices.Contains(s.Required, p.Name), p.Value})
	}
	return all
}

// describe says what a value of the schema is, with links to other schemas.
func (s *schema) describe() template.HTML {
	switch {
	case s.Ref != "":
		name := template.HTMLEscapeString(refName(s.Ref))
		return template.HTML(`<a href="#schema-` + name + `">` + name + `</a>`)
	case s.Items != nil:
		return template.HTML("list of ") + s.Items.describe() + template.HTML(s.limits())
	case len(s.Enum) > 0:
		return template.HTML(template.HTMLEscapeString(strings.Join(s.Enum, " | ")))
	case len(s.AllOf) > 0:
		var parts []string
		for _, part := range s.AllOf {
			parts = append(parts, string(part.describe()))
		}
		return template.HTML(strings.Join(parts, " and "))
	}
	return template.HTML(template.HTMLEscapeString(s.typeName() + s.limits()))
}

func (s *schema) typeName() string {
	switch t := s.Type.(type) {
	case string:
		return t
	case []any:
		return strings.ReplaceAll(strings.Trim(fmt.Sprint(t), "[]"), " ", " or ")
	}
	return "anything"
}

func (s *schema) limits() string {
	var b strings.Builder
	limit := func(words string, n *int) {
		if n != nil {
			fmt.Fprintf(&b, ", %s %d", words, *n)
		}
	}
	limit("from", s.Minimum)
	limit("to", s.Maximum)
	limit("characters from", s.MinLength)
	limit("characters to", s.MaxLength)
	limit("entries to", s.MaxItems)
	if s.Default != nil {
		fmt.Fprintf(&b, ", default %v", s.Default)
	}
	return b.String()
}
