package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
)

// testPrefix begins variables that speak to our tests and not to the program.
const testPrefix = variablePrefix + "TEST_"

// given is a key's value as somebody gave it.
type given struct {
	value  string // as it would stand in a variable
	source string // "default", "file promptz.yaml", "PROMPTZ_DATA" or "--data"
	err    error  // what is wrong with its form, nil if nothing
}

// Load makes the configuration of defaults, the file, the environment (as
// os.Environ gives it) and flags; the later ones win, and what they replace is
// not looked at. An empty variable is one that is not set, and so is an empty
// value in the file. schemes say what the URLs may begin with.
// Its error says all that is wrong at once: the key, what would be right, the
// value without its secrets and where it came from.
func Load(flags *Flags, environ []string, schemes Schemes) (Config, error) {
	file, faults := readFile(flags)
	vars, strangers := variables(environ)
	faults = append(faults, strangers...)
	c := Config{effective: map[string]shown{}}
	for _, k := range keys {
		g := cmp.Or(flags.given(k), vars[k.name], file[k.name], given{value: k.value, source: "default"})
		c.effective[k.name] = shown{Value: k.show(g.value), Source: g.source}
		if err := k.take(&c, g); err != nil {
			faults = append(faults, c.fault(k.name, err.Error()))
		}
	}
	faults = append(faults, c.contradictions(schemes)...)
	if len(faults) > 0 {
		return Config{}, fmt.Errorf("the configuration is not valid:\n  %s", strings.Join(faults, "\n  "))
	}
	return c, nil
}

// readFile gives what the configuration file says, by key, and what is wrong with
// it. The default file may be missing.
func readFile(flags *Flags) (map[string]given, []string) {
	name, named := flags.value(configFlag)
	if !named {
		name = defaultFile
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
	}
	if err != nil {
		return nil, []string{fmt.Sprintf("--%s: must name a file that can be read: %v", configFlag, err)}
	}
	return parseFile("file "+name, text)
}

// variables gives what the environment says, by key, and a fault for each
// variable that would be ours but is no key's.
func variables(environ []string) (map[string]given, []string) {
	vars := map[string]given{}
	var faults []string
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, variablePrefix) || strings.HasPrefix(name, testPrefix) || value == "" {
			continue
		}
		k, ok := findKey(name, inEnvironment)
		if !ok {
			faults = append(faults, unknown("variable", name, inEnvironment))
			continue
		}
		vars[k.name] = given{value: value, source: name}
	}
	slices.Sort(faults)
	return vars, faults
}

// contradictions completes what follows from several keys, and gives the faults
// that no key has alone. Fields whose own value is not valid are empty.
func (c *Config) contradictions(schemes Schemes) []string {
	faults := []string{
		c.checkScheme("documents", c.Documents, schemes),
		c.checkScheme("blobs", c.Blobs, schemes),
		c.checkScheme("workflows", c.Workflows, schemes),
		c.checkScheme("topic", c.Topic, schemes),
		c.checkScheme("subscription", c.Subscription, schemes),
		c.checkScheme("secrets", c.Secrets, schemes),
		c.checkScheme("signIn", c.SignIn, schemes),
		c.checkScheme("mail", c.Mail, schemes),
		c.derivePublicURL(),
		c.checkOpsListen(),
	}
	return slices.DeleteFunc(faults, func(fault string) bool { return fault == "" })
}

func (c *Config) checkScheme(key, value string, schemes Schemes) string {
	scheme, _, _ := strings.Cut(value, "://")
	if value == "" || slices.Contains(schemes[key], strings.ToLower(scheme)) {
		return ""
	}
	return c.fault(key, "must begin with one of "+strings.Join(schemes[key], "://, ")+"://")
}

func (c *Config) derivePublicURL() string {
	if c.Listen == "" || c.effective["publicURL"].Value != "" {
		return ""
	}
	host, port, _ := net.SplitHostPort(c.Listen)
	if !isLoopback(host) {
		return fmt.Sprintf("publicURL: is required, as listen is %s (from %s) and not on loopback; such as https://prompts.example.com",
			c.Listen, c.effective["listen"].Source)
	}
	if port != "0" {
		c.PublicURL = "http://" + c.Listen
		c.effective["publicURL"] = shown{Value: c.PublicURL, Source: c.effective["publicURL"].Source}
	}
	return ""
}

func (c *Config) checkOpsListen() string {
	if c.OpsListen == "" || c.OpsListen != c.Listen || strings.HasSuffix(c.Listen, ":0") {
		return ""
	}
	return c.fault("opsListen", "must be another address than listen: metrics are not for everybody")
}

// fault says what would be right for a key.
func (c *Config) fault(name, right string) string {
	return fmt.Sprintf("%s: %s (it is %q, from %s)", name, right, c.effective[name].Value, c.effective[name].Source)
}
