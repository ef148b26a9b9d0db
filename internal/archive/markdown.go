package archive

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// markdown reads a file of Markdown, with front matter or without.
func (t *tree) markdown(name string) source {
	s := source{path: t.path(name)}
	kind, ok := t.kindOf(name)
	if !ok {
		s.refused = refusal("Its kind is not known: no folder above it is called prompts, rules, steering or agents. Say the kind.")
		return s
	}
	text, err := readText(t.fsys, name)
	if err != nil {
		s.refused = err
		return s
	}
	said, err := parsePage(text)
	if err != nil {
		s.refused = err
		return s
	}
	s.item, s.notes = said.item(kind, t.title(name))
	s.item.Path, s.item.Hash = s.path, hashOf(text)
	return s
}

// title makes a name of a file's: that of its folder for an index page.
func (t *tree) title(name string) string {
	title := stem(name)
	if strings.EqualFold(title, "index") {
		title = path.Base(path.Dir(path.Join(t.above, t.path(name))))
	}
	return asTitle(title)
}

// asTitle makes words of a file's name: "git-commit_message" is "Git commit
// message".
func asTitle(name string) string {
	words := strings.Join(strings.FieldsFunc(name, func(r rune) bool {
		return r == '-' || r == '_' || r == ' '
	}), " ")
	first, size := utf8.DecodeRuneInString(words)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + words[size:]
}
