package archive

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"promptz/internal/promptz"
)

// The limits of an item that mending aims at. Package promptz checks them all.
const (
	minName, maxName               = 3, 200
	minDescription, maxDescription = 10, 500
	maxTag, maxTags                = 40, 20
)

// statement is what a source says of itself, whatever its format.
type statement struct {
	name, description, content string
	howto, sourceURL, license  string
	tags                       []string
	draft                      bool
	createdAt, updatedAt       time.Time
	agent                      *promptz.AgentSettings

	notes []string // what was made, mended or not kept
}

func (s *statement) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// item makes an item of the statement: what is missing is made, what can be made
// to fit without losing anything is, and the notes say so. What breaks a limit
// after that is left for the library to refuse. title is a name for a source
// that has none.
func (s *statement) item(kind promptz.Kind, title string) (promptz.Import, []string) {
	draft := promptz.Draft{Visibility: promptz.VisibilityPublic}
	if s.draft {
		draft.Visibility = promptz.VisibilityPrivate
	}
	draft.Name = s.mendName(kind, title)
	draft.Description = s.mendDescription(kind, draft.Name)
	draft.Tags = s.mendTags()
	draft.Content, draft.Howto = s.content, s.howto
	draft.SourceURL, draft.License, draft.Agent = s.sourceURL, s.license, s.agent
	return promptz.Import{Kind: kind, Draft: draft, CreatedAt: s.createdAt, UpdatedAt: s.updatedAt}, s.notes
}

// heading is a heading of the first level in Markdown.
var heading = regexp.MustCompile(`(?m)^# +(.*?)[ #]*$`)

func (s *statement) mendName(kind promptz.Kind, title string) string {
	name := oneLine(s.name)
	if name == "" {
		if m := heading.FindStringSubmatch(s.content); m != nil {
			name = oneLine(m[1])
			s.note("name: made from the heading")
		}
		if name == "" {
			name = oneLine(title)
			s.note("name: made from the file's name")
		}
		name = cutAtWord(name, maxName) // nothing is lost: it stands elsewhere whole
	}
	if n := utf8.RuneCountInString(name); n > 0 && n < minName {
		name = fmt.Sprintf("%s (%s)", name, kind)
		s.note("name: too short, its kind added")
	}
	return name
}

func (s *statement) mendDescription(kind promptz.Kind, name string) string {
	description := oneLine(s.description)
	if utf8.RuneCountInString(description) < minDescription {
		made, from := firstSentence(s.content), "the first sentence"
		if utf8.RuneCountInString(made) < minDescription {
			made, from = fmt.Sprintf("%s “%s”", asTitle(string(kind)), name), "the name"
		}
		if description == "" {
			s.note("description: made from %s", from)
			return cutAtWord(made, maxDescription)
		}
		s.note("description: too short, %s added", from)
		description += " – " + made
	}
	if utf8.RuneCountInString(description) > maxDescription {
		s.note("description: cut to %d characters", maxDescription)
	}
	return cutAtWord(description, maxDescription)
}

// badInTag is what a tag may not hold.
var badInTag = regexp.MustCompile(`[^\pL\pM\p{Nd} .+#-]+`)

func (s *statement) mendTags() []string {
	var tags []string
	seen := map[string]bool{"": true}
	for _, given := range s.tags {
		tag := oneLine(given)
		if clean := strings.Trim(badInTag.ReplaceAllString(tag, "-"), " -"); clean != tag && badInTag.MatchString(tag) {
			s.note("tags: signs that no tag may hold left out")
			tag = clean
		}
		folded := promptz.FoldTag(tag)
		switch {
		case seen[folded]:
		case utf8.RuneCountInString(tag) > maxTag:
			s.note("tags: one of more than %d characters left out", maxTag)
		case len(tags) == maxTags:
			s.note("tags: those after the first %d left out", maxTags)
			return tags
		default:
			seen[folded] = true
			tags = append(tags, tag)
		}
	}
	return tags
}

// oneLine makes one line of a text that may be folded over several.
func oneLine(s string) string {
	return strings.Join(strings.Fields(promptz.NormalizeLine(s)), " ")
}
