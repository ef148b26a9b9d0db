package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// defaultFile is read where there is one.
const defaultFile = "promptz.yaml"

// Flags are the configuration's flags on a command line. Bind them before the
// command line is read, and load after.
type Flags struct {
	file   string
	values map[string]*string
	set    *pflag.FlagSet
}

// Bind adds a flag for each key, and --config, to a set.
func (f *Flags) Bind(set *pflag.FlagSet) {
	f.set, f.values = set, map[string]*string{}
	set.StringVar(&f.file, "config", "", "configuration file (default "+defaultFile+" where there is one)")
	for _, k := range keys {
		f.values[k.name] = set.String(k.flag(), "", k.meaning+defaultText(k))
	}
}

func defaultText(k key) string {
	if k.value == "" {
		return ""
	}
	return fmt.Sprintf(" (default %q)", k.value)
}

// given gives the value of a key's flag when it stood on the command line.
func (f *Flags) given(k key) (string, bool) {
	if f.set == nil || !f.set.Changed(k.flag()) {
		return "", false
	}
	return *f.values[k.name], true
}

// Load makes the configuration of defaults, the file, the environment (as
// os.Environ gives it) and flags. schemes are the stores that documents may
// name. Its error names everything that is wrong: the key, where its value came
// from, and what would be right. An empty variable is one that is not set.
func Load(flags *Flags, environ []string, schemes []string) (Config, error) {
	file, name, err := readFile(flags.file)
	if err != nil {
		return Config{}, err
	}
	vars, faults := variables(environ)
	c := Config{sources: map[string]string{}, shown: map[string]string{}}
	for _, k := range keys {
		value, source := k.value, "default"
		if v, ok := file[k.name]; ok {
			value, source = v, name
		}
		if v := vars[k.variable()]; v != "" {
			value, source = v, k.variable()
		}
		if v, ok := flags.given(k); ok {
			value, source = v, "--"+k.flag()
		}
		c.sources[k.name], c.shown[k.name] = source, k.show(value)
		if err := k.set(&c, value); err != nil {
			faults = append(faults, c.fault(k.name, err.Error()))
		}
	}
	faults = append(faults, c.contradictions(schemes)...)
	if len(faults) > 0 {
		return Config{}, fmt.Errorf("the configuration is not valid:\n  %s", strings.Join(faults, "\n  "))
	}
	return c, nil
}

// fault says what is wrong with a key's value.
func (c *Config) fault(name, what string) string {
	return fmt.Sprintf("%s: %s (it is %q, from %s)", name, what, c.shown[name], c.sources[name])
}

// contradictions are faults that no key has alone.
func (c *Config) contradictions(schemes []string) []string {
	var faults []string
	if scheme, _, ok := strings.Cut(c.Documents, "://"); ok && !slices.Contains(schemes, scheme) {
		faults = append(faults, c.fault("documents", "must begin with one of "+strings.Join(schemes, "://, ")+"://"))
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err == nil && c.PublicURL == "" && c.shown["publicURL"] == "" && !isLoopback(host) {
		faults = append(faults, "publicURL: is required when listen is not on loopback, such as https://prompts.example.com")
	}
	if c.OpsListen != "" && c.OpsListen == c.Listen && !strings.HasSuffix(c.Listen, ":0") {
		faults = append(faults, c.fault("opsListen", "must be another address than listen: metrics are not for everybody"))
	}
	return faults
}

// variables gives the variables that are ours, and a fault for each that is
// nobody's.
func variables(environ []string) (vars map[string]string, faults []string) {
	vars = map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, variablePrefix) || strings.HasPrefix(name, variablePrefix+"TEST_") {
			continue
		}
		if _, ok := findKey(name, key.variable); !ok {
			faults = append(faults, unknown("variable", name, nearest(name, key.variable)))
		}
		vars[name] = value
	}
	slices.Sort(faults)
	return vars, faults
}

// unknown says that a name is nobody's, and what may have been meant.
func unknown(what, name, near string) string {
	if near == "" {
		return fmt.Sprintf("%s: is no %s of Promptz", name, what)
	}
	return fmt.Sprintf("%s: is no %s of Promptz; %s is", name, what, near)
}

// readFile gives the values in the configuration file by key, and its name. The
// default one may be missing.
func readFile(name string) (map[string]string, string, error) {
	required := name != ""
	if !required {
		name = defaultFile
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return nil, name, nil
	}
	if err != nil {
		return nil, name, fmt.Errorf("read configuration: %w", err)
	}
	values, err := parseFile(text)
	if err != nil {
		return nil, name, fmt.Errorf("read configuration: %s: %w", name, err)
	}
	return values, name, nil
}
