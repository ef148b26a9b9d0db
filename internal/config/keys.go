package config

import "strings"

// key is a row of the table of keys.
type key struct {
	name    string // in the file
	value   string // the default
	unset   string // what an empty default means, for people
	meaning string // for --help and the README
	list    bool   // a sequence in the file; elsewhere separated by commas
	set     func(c *Config, value string) error
	show    func(value string) string // without its secrets
}

// keys is the table that file, environment, flags, `promptz config`, --help and
// the README are made of.
var keys = []key{
	{name: "data", value: "./data", set: setData, show: showPath,
		meaning: "folder of the embedded defaults; `{data}` in URLs stands for it"},
	{name: "listen", value: "127.0.0.1:8080", set: setListen, show: showWords,
		meaning: "address to serve on; port 0 picks one"},
	{name: "publicURL", unset: "from `listen` on loopback, else required", set: setPublicURL, show: showURL,
		meaning: "address under which the world sees it; `http` on loopback only"},
	{name: "documents", value: "sqlite://{collection}/id?file={data}/{collection}.db", set: setDocuments, show: showURL,
		meaning: "where documents are kept; `{collection}` stands for the collection's name"},
	{name: "blobs", value: "file://{data}/blobs?create_dir=1", set: setBlobs, show: showURL,
		meaning: "where files are kept that can be made again: `file://`, `mem://` or `s3://`"},
	{name: "topic", value: "sqlite://events?file={data}/events.db", set: setTopic, show: showURL,
		meaning: "where events are sent to: `sqlite://` is a file, `mem://` this process, or a broker (docs/transports.md)"},
	{name: "subscription", value: "sqlite://events?file={data}/events.db", set: setSubscription, show: showURL,
		meaning: "where they come back from: subscribed to `topic`, and mostly the same URL"},
	{name: "secrets", value: "base64key://", set: setSecrets, show: showURL,
		meaning: "what keeps secret keys: `base64key://` is the file `{data}/secret.key`, made at the first start; or `awskms://`"},
	{name: "workflows", value: "local://", set: setWorkflows, show: showURL,
		meaning: "what runs workflows: `local://` is this process, `stepfunctions://` AWS"},
	{name: "signIn", value: "local://", set: setSignIn, show: showURL,
		meaning: "who proves who somebody is: `local://` by codes in mails, `cognito://` or `oidc+https://`"},
	{name: "signUp", value: "open", set: setSignUp, show: showWords,
		meaning: "who may make an account: `open`, `closed`, or domains of addresses"},
	{name: "admins", unset: "none", list: true, set: setAdmins, show: showAddresses,
		meaning: "addresses whose accounts are admins'"},
	{name: "mail", value: "file://{data}/outbox", set: setMail, show: showURL,
		meaning: "how mail leaves: `file://` to a folder, `smtp://`, `smtps://` or `ses://`"},
	{name: "mailFrom", unset: "from `publicURL`", set: setMailFrom, show: showAddresses,
		meaning: "the sender of mails"},
	{name: "mailTemplates", unset: "built in", set: setMailTemplates, show: showPath,
		meaning: "folder of templates that replace the built-in ones"},
	{name: "limits", value: "on", set: setLimits, show: showWords,
		meaning: "request limits: `on`, `off`, or a rate such as `50/s`"},
	{name: "handler", value: "http", set: setHandler, show: showWords,
		meaning: "on Lambda, which function this is: `http`, `relay`, `events`, `activity`, `sweep` or `post-auth`"},
	{name: "opsListen", value: "off", set: setOpsListen, show: showWords,
		meaning: "address of `/metrics`, or `off`"},
	{name: "hosts", unset: "none", list: true, set: setHosts, show: showWords,
		meaning: "further names it answers to"},
	{name: "environment", value: "live", set: setEnvironment, show: showWords,
		meaning: "the middle part of API keys"},
	{name: "trustedProxies", unset: "none", list: true, set: setTrustedProxies, show: showWords,
		meaning: "networks whose forwarding headers are believed"},
	{name: "originSecret", unset: "none", set: setOriginSecret, show: showSecret,
		meaning: "what a content delivery network in front brings in `X-Origin-Secret`, to be believed who calls"},
	{name: "cors", unset: "none", list: true, set: setCORS, show: showWords,
		meaning: "origins of pages that may call it"},
	{name: "logFormat", unset: "`text` on a terminal, else `json`", set: setLogFormat, show: showWords,
		meaning: "`text` or `json`"},
	{name: "logLevel", value: "info", set: setLogLevel, show: showWords,
		meaning: "`debug`, `info`, `warn` or `error`"},
}

// variablePrefix begins the names of all variables that are ours.
const variablePrefix = "PROMPTZ_"

// variable is the key's name in the environment: PROMPTZ_PUBLIC_URL.
func (k key) variable() string { return variablePrefix + strings.ToUpper(k.words('_')) }

// flag is the key's name on the command line: public-url.
func (k key) flag() string { return strings.ToLower(k.words('-')) }

// words takes the key's name, which is in camel case, apart.
func (k key) words(between byte) string {
	var b strings.Builder
	for i := range len(k.name) {
		if i > 0 && isUpper(k.name[i]) && !isUpper(k.name[i-1]) {
			b.WriteByte(between)
		}
		b.WriteByte(k.name[i])
	}
	return b.String()
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

// take sets the key's field, or says what would be right.
func (k key) take(c *Config, g given) error {
	if g.err != nil {
		return g.err
	}
	return k.set(c, g.value)
}

// defaultText says what the default is, as Markdown.
func (k key) defaultText() string {
	if k.value == "" {
		return k.unset
	}
	return "`" + k.value + "`"
}

// Keys gives the names of all keys, as they stand in a file.
func Keys() []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	return names
}

// findKey gives the key with a name in one of its spellings.
func findKey(name string, spelling func(key) string) (key, bool) {
	for _, k := range keys {
		if spelling(k) == name {
			return k, true
		}
	}
	return key{}, false
}

// Spellings of a key.
func inFile(k key) string        { return k.name }
func inEnvironment(k key) string { return k.variable() }
