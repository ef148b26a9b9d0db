package mail

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	texttemplate "text/template"

	"promptz/internal/promptz"
)

//go:embed templates
var builtIn embed.FS

// layoutFile is the frame of all letters in HTML, which templates of letters
// fill: it executes "title", "preheader" and "content".
const layoutFile = "layout.html"

// The files of a letter are named after its kind: "code.subject.txt".
const (
	subjectPart = ".subject.txt"
	textPart    = ".txt"
	htmlPart    = ".html"
)

// Templates are the words of all kinds of letters. Safe for concurrent use.
type Templates struct {
	site    *url.URL
	letters map[promptz.LetterKind]letterTemplates
}

// letterTemplates are those of one kind of letter.
type letterTemplates struct {
	subject, text *texttemplate.Template
	html          *htmltemplate.Template
}

// OpenTemplates reads the templates: the built-in ones, and those that files in
// dir replace by their names; "" replaces none. publicURL is the deployment's,
// whose host letters name.
//
// All of them are tried with samples. One that is broken, wants what [View] has
// not, leaves out the code or is no letter's fails with an error that names file
// and line.
func OpenTemplates(publicURL, dir string) (*Templates, error) {
	site, err := url.Parse(publicURL)
	if err != nil || site.Host == "" {
		return nil, fmt.Errorf("mail templates: %q is no public URL", publicURL)
	}
	files, err := readTemplates(dir)
	if err != nil {
		return nil, err
	}
	t := &Templates{site: site, letters: map[promptz.LetterKind]letterTemplates{}}
	for _, kind := range promptz.LetterKinds {
		if t.letters[kind], err = parseLetter(string(kind), files); err != nil {
			return nil, fmt.Errorf("parse mail template: %w", err)
		}
	}
	return t, t.trySamples()
}

// readTemplates gives the text of every template by the name of its file.
func readTemplates(dir string) (map[string]string, error) {
	own, err := fs.Sub(builtIn, "templates")
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, name := range fileNames() {
		text, err := fs.ReadFile(own, name)
		if err != nil {
			return nil, fmt.Errorf("read mail template: %w", err)
		}
		files[name] = string(text)
	}
	if dir == "" {
		return files, nil
	}
	return files, replace(files, dir)
}

// replace puts what the files of dir say in place of ours. Hidden ones are left
// alone: editors leave such, and Kubernetes mounts folders with them.
func replace(files map[string]string, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read mail templates: %w", err)
	}
	deployment := os.DirFS(dir)
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") {
			continue
		}
		if _, known := files[name]; !known {
			return fmt.Errorf("read mail templates: %s in %s replaces none; there are %s", name, dir, strings.Join(fileNames(), ", "))
		}
		text, err := fs.ReadFile(deployment, name)
		if err != nil {
			return fmt.Errorf("read mail templates: %w", err)
		}
		files[name] = string(text)
	}
	return nil
}

// fileNames lists the files that templates stand in.
func fileNames() []string {
	names := []string{layoutFile}
	for _, kind := range promptz.LetterKinds {
		names = append(names, string(kind)+subjectPart, string(kind)+textPart, string(kind)+htmlPart)
	}
	slices.Sort(names)
	return names
}

func parseLetter(kind string, files map[string]string) (letterTemplates, error) {
	subject, subjectErr := texttemplate.New(kind + subjectPart).Parse(files[kind+subjectPart])
	text, textErr := texttemplate.New(kind + textPart).Parse(files[kind+textPart])
	html, htmlErr := htmltemplate.New(layoutFile).Parse(files[layoutFile])
	if htmlErr == nil {
		html, htmlErr = html.New(kind + htmlPart).Parse(files[kind+htmlPart])
	}
	return letterTemplates{subject, text, html}, errors.Join(subjectErr, textErr, htmlErr)
}
