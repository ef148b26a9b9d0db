package config

import (
	"strings"

	"github.com/spf13/pflag"
)

// defaultFile is read where there is one.
const defaultFile = "promptz.yaml"

// configFlag names another file.
const configFlag = "config"

// Flags are the configuration's flags on a command line. Bind them before the
// command line is read, and load after. The zero Flags are an empty command line.
type Flags struct {
	set *pflag.FlagSet
}

// Bind adds a flag for each key, and --config, to a set.
func (f *Flags) Bind(set *pflag.FlagSet) {
	f.set = set
	set.String(configFlag, "", "configuration file (default "+defaultFile+" where there is one)")
	for _, k := range keys {
		set.String(k.flag(), "", unquoted(k.meaning)+" (default "+unquoted(k.defaultText())+")")
	}
}

// unquoted is Markdown as plain text: pflag takes what stands in backquotes for
// the name of the flag's value.
func unquoted(markdown string) string { return strings.ReplaceAll(markdown, "`", "") }

// value gives a flag's value when it stood on the command line.
func (f *Flags) value(name string) (string, bool) {
	if f.set == nil || !f.set.Changed(name) {
		return "", false
	}
	return f.set.Lookup(name).Value.String(), true
}

// given gives what the command line says about a key, zero if nothing.
func (f *Flags) given(k key) given {
	value, ok := f.value(k.flag())
	if !ok {
		return given{}
	}
	return given{value: value, source: "--" + k.flag()}
}
