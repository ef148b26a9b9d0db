package api

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"promptz/internal/promptz"
)

// checkQuery holds a query to the operation's parameters.
func (o *operation) checkQuery(query url.Values) error {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		i := slices.IndexFunc(o.Parameters, func(p *parameter) bool { return p.In == "query" && p.Name == name })
		if i < 0 && o.Open {
			continue
		}
		if i < 0 {
			return promptz.Errorf(CodeUnreadable, "There is no query parameter %q here.", name)
		}
		if len(query[name]) > 1 {
			return promptz.Errorf(CodeUnreadable, "The query parameter %q is there twice.", name)
		}
		if want := o.Parameters[i].Schema.refuse(query[name][0]); want != "" {
			return promptz.Errorf(CodeUnreadable, "The query parameter %q has to be %s.", name, want)
		}
	}
	return nil
}

// refuse says what the value of a parameter would have to be, "" when it is.
func (s *schema) refuse(value string) (want string) {
	switch {
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		return "text in UTF-8"
	case len(s.Enum) > 0:
		if !slices.Contains(s.Enum, value) {
			return "one of " + strings.Join(s.Enum, ", ")
		}
	case s.Type == "integer":
		n, err := strconv.Atoi(value)
		if err != nil || strconv.Itoa(n) != value || n < *s.Minimum || n > *s.Maximum {
			return "a whole number from " + strconv.Itoa(*s.Minimum) + " to " + strconv.Itoa(*s.Maximum)
		}
	default:
		n := utf8.RuneCountInString(value)
		if n < *s.MinLength || n > *s.MaxLength {
			return "text of " + strconv.Itoa(*s.MinLength) + " to " + strconv.Itoa(*s.MaxLength) + " characters"
		}
	}
	return ""
}
