package archtest_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// module is the module's path, the beginning of our own import paths.
const module = "promptz"

// file is one Go file and what it imports.
type file struct {
	pkg      string // its folder within the module, "." is the root
	name     string
	external bool // of a package foo_test
	imports  []string
}

func (f file) test() bool { return strings.HasSuffix(f.name, "_test.go") }

// check gives a line for everything in files that breaks a rule, and for rows
// and exceptions that nothing needs.
func check(rules []rule, exceptions []exception, files []file) []string {
	var broken []string
	usedRules, usedExceptions := map[string]bool{}, map[exception]bool{}
	for _, f := range files {
		r, ok := ruleOf(rules, f.pkg)
		if !ok {
			broken = append(broken, f.pkg+" has no rule: give it a row with its reason")
			continue
		}
		usedRules[r.pkg] = true
		for _, imported := range f.imports {
			why := forbidden(rules, r, f, imported)
			if why == "" {
				continue
			}
			if e, ok := exempt(exceptions, f, imported); ok {
				usedExceptions[e] = true
				continue
			}
			broken = append(broken, fmt.Sprintf("%s imports %s: %s (%s)", path.Join(f.pkg, f.name), imported, why, r.why))
		}
	}
	for _, r := range rules {
		if !usedRules[r.pkg] {
			broken = append(broken, "the rule for "+r.pkg+" has no package")
		}
	}
	for _, e := range exceptions {
		if !usedExceptions[e] {
			broken = append(broken, fmt.Sprintf("the exception %s -> %s is not needed", e.from, e.to))
		}
	}
	slices.Sort(broken)
	return slices.Compact(broken)
}

// forbidden says why f may not import a package, "" if it may.
func forbidden(rules []rule, r rule, f file, imported string) string {
	if pkg, ok := ourPackage(imported); ok {
		return forbiddenOurs(rules, r, f, pkg)
	}
	if f.external {
		return "" // its package's users see the same: conformance suites need real stores
	}
	switch {
	case within(imported, "net/http") && !r.http && !f.test(): // a test may call a server
		return "no HTTP here"
	case cloudOf(imported) > r.cloud:
		return "too near to a cloud"
	case cloudOf(imported) == providers && len(r.files) > 0 && !f.test() && !slices.Contains(r.files, f.name):
		return "providers only in " + strings.Join(r.files, ", ")
	case r.libraries != nil && !standard(imported) && !slices.ContainsFunc(r.libraries, func(l string) bool { return within(imported, l) }):
		return "a library that is not on its list"
	}
	return ""
}

// forbiddenOurs says why f may not import a package of ours, "" if it may.
func forbiddenOurs(rules []rule, r rule, f file, pkg string) string {
	target, ok := ruleOf(rules, pkg)
	if ok && target.testSupport {
		if f.test() || r.testSupport {
			return ""
		}
		return "test support"
	}
	if f.external || slices.ContainsFunc(r.ours, func(pattern string) bool { return matches(pattern, pkg) }) {
		return ""
	}
	return "not on its list"
}

// exempt finds the exception for an import.
func exempt(exceptions []exception, f file, imported string) (exception, bool) {
	pkg, ours := ourPackage(imported)
	i := slices.IndexFunc(exceptions, func(e exception) bool { return ours && e.from == f.pkg && e.to == pkg })
	if i < 0 {
		return exception{}, false
	}
	return exceptions[i], true
}

// ruleOf finds the row of a package.
func ruleOf(rules []rule, pkg string) (rule, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool { return matches(r.pkg, pkg) })
	if i < 0 {
		return rule{}, false
	}
	return rules[i], true
}

func matches(pattern, pkg string) bool {
	ok, err := path.Match(pattern, pkg)
	return ok && err == nil
}

// ourPackage gives the place within the module of a package of ours.
func ourPackage(imported string) (pkg string, ok bool) {
	if imported == module {
		return ".", true
	}
	return strings.CutPrefix(imported, module+"/")
}

// standard tells whether a package is of the standard library: its path begins
// with no host.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}
