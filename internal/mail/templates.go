package mail

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strings"
	texttemplate "text/template"
	"time"

	"promptz/internal/promptz"
)

//go:embed templates
var builtIn embed.FS

// Templates are the words of all kinds of letters. Safe for concurrent use.
type Templates struct {
	site string
	text *texttemplate.Template
	html *htmltemplate.Template
}

// The parts of a letter, each a template of its own: "code.subject.txt".
const (
	subjectPart = ".subject.txt"
	textPart    = ".txt"
	htmlPart    = ".html"
)

// OpenTemplates reads the templates: the built-in ones, and those that files in
// dir replace by their names; "" replaces none. publicURL is the deployment's,
// whose host letters name. A template that is broken, or that no letter has, is
// an error that names it.
func OpenTemplates(publicURL, dir string) (*Templates, error) {
	u, err := url.Parse(publicURL)
	if err != nil {
		return nil, fmt.Errorf("public URL: %w", err)
	}
	t := &Templates{site: u.Host, text: texttemplate.New("mail").Option("missingkey=error"), html: htmltemplate.New("mail").Option("missingkey=error")}
	files, err := readTemplates(dir)
	if err != nil {
		return nil, err
	}
	for name, text := range files {
		if err := t.parse(name, text); err != nil {
			return nil, fmt.Errorf("mail template: %w", err)
		}
	}
	return t, t.tryAll()
}

// readTemplates gives the text of all templates by name.
func readTemplates(dir string) (map[string]string, error) {
	files := map[string]string{}
	entries, err := fs.ReadDir(builtIn, "templates")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		text, err := fs.ReadFile(builtIn, path.Join("templates", e.Name()))
		if err != nil {
			return nil, err
		}
		files[e.Name()] = string(text)
	}
	if dir == "" {
		return files, nil
	}
	entries, err = os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("mailTemplates: %w", err)
	}
	for _, e := range entries {
		if _, known := files[e.Name()]; !known {
			return nil, fmt.Errorf("mailTemplates: %s replaces no template; there are %s", e.Name(), strings.Join(templateNames(), ", "))
		}
		text, err := os.ReadFile(path.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("mailTemplates: %w", err)
		}
		files[e.Name()] = string(text)
	}
	return files, nil
}

func (t *Templates) parse(name, text string) error {
	var err error
	if strings.HasSuffix(name, htmlPart) {
		_, err = t.html.New(name).Parse(text)
	} else {
		_, err = t.text.New(name).Parse(text)
	}
	return err
}

// tryAll renders a letter of each kind, so that what is broken is known at start.
func (t *Templates) tryAll() error {
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for _, kind := range promptz.LetterKinds {
		for _, handle := range []string{"", "maria"} {
			_, err := t.render(promptz.Letter{
				ID: "0123456789ab", Kind: kind, To: "maria@example.com", Handle: handle, Code: "12345678",
				Link: "https://prompts.example.com/v1/auth/link/x", Client: "curl/8", Network: "192.0.2.0/24",
				AskedAt: at, ExpiresAt: at.Add(10 * time.Minute),
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// words is a letter as it is written.
type words struct {
	subject, text, html string
}

// view is what templates see.
type view struct {
	promptz.Letter
	Site    string // host of the deployment
	Spaced  string // the code in two halves
	Minutes int    // that the code is good for
	Asked   string // when, in UTC
}

func (t *Templates) render(l promptz.Letter) (words, error) {
	v := view{Letter: l, Site: t.site, Spaced: spaced(l.Code), Asked: l.AskedAt.UTC().Format("2 January 2006, 15:04 UTC")}
	v.Minutes = int(l.ExpiresAt.Sub(l.AskedAt).Round(time.Minute).Minutes())
	v.Client, v.Network = printable(l.Client), printable(l.Network)
	var w words
	var errs []error
	for part, into := range map[string]*string{subjectPart: &w.subject, textPart: &w.text} {
		var b strings.Builder
		errs = append(errs, t.text.ExecuteTemplate(&b, string(l.Kind)+part, v))
		*into = b.String()
	}
	var b strings.Builder
	errs = append(errs, t.html.ExecuteTemplate(&b, string(l.Kind)+htmlPart, v))
	w.html = b.String()
	w.subject = strings.Join(strings.Fields(w.subject), " ")
	if err := errors.Join(errs...); err != nil {
		return words{}, fmt.Errorf("mail template: %w", err)
	}
	return w, nil
}

// spaced makes a code easier to read and to type.
func spaced(code string) string {
	if half := len(code) / 2; half > 0 {
		return code[:half] + " " + code[half:]
	}
	return code
}

// printable keeps what a stranger sent to one line of plain text.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

func templateNames() []string {
	var all []string
	for _, kind := range promptz.LetterKinds {
		for _, part := range []string{subjectPart, textPart, htmlPart} {
			all = append(all, string(kind)+part)
		}
	}
	return all
}
