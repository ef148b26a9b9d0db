package archtest_test

import (
	"path"
	"slices"
	"strings"
)

// cloud is how near to the clouds a package may come.
type cloud int

const (
	noCloud   cloud = iota // nothing of gocloud
	portable               // its portable types
	drivers                // and what drivers are made of
	providers              // and providers' drivers and the clouds' own SDKs
)

// rule is what the packages of one row may import. Other libraries are free,
// but for a row that names all of its own.
type rule struct {
	pkg   string   // path within the module, "." is the root; may be a path.Match pattern
	ours  []string // packages of the module, in the same form
	http  bool     // net/http and what is below it
	cloud cloud
	// files are the only ones in which providers may be imported; none: all.
	files []string
	// libraries are the only ones besides ours and the standard library; nil: any.
	libraries []string
	// testSupport packages are imported by tests and each other alone.
	testSupport bool
	why         string
}

// rules has a row for every package of the module. A package without a row, and
// a row without a package, fail the test.
var rules = []rule{
	{
		pkg: "internal/promptz", libraries: []string{"github.com/go-playground/validator", "golang.org/x/text"},
		why: "everything leans on the domain, so it leans on nothing that a transport or a store would bring",
	},
	{
		pkg: "internal/library", ours: []string{"internal/promptz"},
		why: "use cases meet stores and transports through ports: one place decides who may do what, whatever carries the call",
	},
	{
		pkg: "internal/store", ours: []string{"internal/promptz"}, cloud: portable,
		why: "documents are kept the same way on every provider; only the root knows which one it is",
	},
	{
		pkg: "internal/store/storetest", ours: []string{"internal/promptz", "internal/store"}, cloud: portable, testSupport: true,
		why: "the conformance suite of stores runs against any of them",
	},
	{
		pkg: "internal/events", ours: []string{"internal/promptz"}, cloud: portable,
		why: "events travel the same way on every broker; where they lie is a port",
	},
	{
		pkg: "internal/transport", ours: []string{"internal/gocdk/*", "internal/events/eventstest", "internal/brokertest", "internal/awstest"}, cloud: providers,
		why: "what carries events is opened by its driver; which there are is a table in one place",
	},
	{
		pkg: "internal/workflow", ours: []string{"internal/promptz"},
		why: "machines are run by the standard library alone; where executions lie is a port",
	},
	{
		pkg: "internal/workflow/machines", ours: []string{"internal/promptz", "internal/workflow"},
		why: "the machines and what starts them, whichever runner runs them",
	},
	{
		pkg: "internal/workflow/activities", ours: []string{"internal/promptz", "internal/workflow", "internal/workflow/machines"}, cloud: portable,
		why: "what tasks do reaches items, users and mails through ports, and files through gocloud's blob",
	},
	{
		pkg: "internal/workflow/stepfunctions", ours: []string{"internal/promptz", "internal/workflow"}, http: true, cloud: providers,
		why: "a driver of a cloud's service is made of that cloud's types; only the root names it",
	},
	{
		pkg: "internal/workflow/workflowtest", ours: []string{"internal/promptz", "internal/store", "internal/workflow"}, cloud: providers, testSupport: true,
		why: "the conformance suite of runners runs against any of them, the local one with a store in memory",
	},
	{
		pkg: "internal/events/eventstest", ours: []string{"internal/promptz", "internal/events", "internal/store"}, cloud: providers, testSupport: true,
		why: "the conformance suite of what carries events keeps its retries in a store in memory",
	},
	{
		pkg: "internal/identity", ours: []string{"internal/promptz"}, cloud: portable,
		why: "who is calling is told apart from what they may do, and its documents come through a port",
	},
	{
		pkg: "internal/identity/keyring", ours: []string{"internal/promptz"}, cloud: portable,
		why: "what is sealed is sealed by a keeper of gocloud's, whichever it is",
	},
	{
		pkg: "internal/identity/token", ours: []string{"internal/promptz"},
		why: "a token is made and read alike whoever keeps the keys",
	},
	{
		pkg: "internal/identity/oidc", ours: []string{"internal/promptz"}, http: true,
		why: "a provider is a driver: it turns what others say into a proof, and knows no account",
	},
	{
		pkg: "internal/identity/oidc/oidctest", http: true, testSupport: true,
		why: "somebody else's provider, to sign in at",
	},
	{
		pkg: "internal/identity/cognito", ours: []string{"internal/promptz"}, http: true, cloud: providers,
		why: "a driver of a cloud's service is made of that cloud's types; only the root names it",
	},
	{
		pkg: "internal/identity/cognito/cognitotest", http: true, testSupport: true,
		why: "a stand-in for what no emulator has",
	},
	{
		pkg: "internal/mail", ours: []string{"internal/promptz"},
		why: "letters come from the domain and leave through a sender, whichever it is",
	},
	{
		pkg: "internal/server", ours: []string{"internal/promptz"}, http: true,
		why: "listeners and middleware serve any transport and know none",
	},
	{
		pkg: "internal/server/lambda", ours: []string{"internal/promptz", "internal/server"}, http: true, cloud: providers, libraries: []string{"github.com/aws/aws-lambda-go"},
		why: "what a gateway sends becomes an ordinary request beside the listeners; the handler does not know, and no service of a cloud is called",
	},
	{
		pkg: "internal/server/lambda/runtimetest", http: true, testSupport: true,
		why: "a stand-in for Lambda's runtime runs any bootstrap, and knows nothing of ours",
	},
	{
		pkg: "internal/config", ours: []string{"internal/promptz"},
		why: "the configuration is data: what it names is opened by the root",
	},
	{
		pkg: "internal/infra", ours: []string{"internal/promptz"},
		why: "what puts the program up knows terraform, and not what the program does",
	},
	{
		pkg: "internal/archive", ours: []string{"internal/promptz"},
		why: "import and export read and write through ports, so that they work on every store",
	},
	{
		pkg: "internal/api", ours: []string{"internal/promptz", "internal/server", "internal/api/contract"}, http: true,
		why: "a transport maps; what it calls arrives as an interface that it declares",
	},
	{
		pkg: "internal/api/contract", ours: []string{"internal/promptz"}, http: true,
		why: "generated from openapi.yaml; its times are those of the domain",
	},
	{
		pkg: "internal/gocdk/eventbridgepubsub", cloud: providers, libraries: []string{"gocloud.dev/pubsub", "gocloud.dev/gcerrors", "github.com/aws"},
		why: "a driver of a cloud's service is made of that cloud's types; it could be lifted out and published as it stands",
	},
	{
		pkg: "internal/gocdk/*", ours: []string{"internal/gocdk/sqliteengine"}, cloud: drivers,
		why: "each driver could be lifted out and published as it stands",
	},
	{
		pkg: "internal/awstest", http: true, cloud: providers, testSupport: true,
		why: "stand-ins for a cloud's services need that cloud's SDK or its HTTP, and nothing of ours",
	},
	{
		pkg: "internal/mongotest", testSupport: true,
		why: "somebody else's server knows nothing of ours",
	},
	{
		pkg: "internal/launcher", libraries: []string{}, testSupport: true,
		why: "what stands in for a service is started and ended alike, whatever it is",
	},
	{
		pkg: "internal/scenario", http: true, testSupport: true,
		why: "what any client may expect is said without a look at how it is made",
	},
	{
		pkg: "internal/terraformtest", ours: []string{"internal/promptz", "internal/store"}, testSupport: true,
		why: "Terraform's files are read as data, and held to what the code declares",
	},
	{
		pkg: "internal/lambdazip", libraries: []string{},
		why: "a program of the build: it packs what it is given",
	},
	{
		pkg: "internal/brokertest", libraries: []string{"github.com/nats-io/nats-server", "github.com/twmb/franz-go"}, testSupport: true,
		why: "somebody else's brokers know nothing of ours",
	},
	{
		pkg: "internal/datatest", ours: []string{"internal/gocdk/sqlitedocstore", "internal/gocdk/sqlitepubsub"}, cloud: portable, testSupport: true,
		why: "what tests do behind the program's back needs the drivers that made the data folder, and nothing of ours",
	},
	{
		pkg: "internal/archtest",
		why: "it reads imports and has none",
	},
	{
		pkg: "internal/bench", ours: []string{".", "internal/config", "internal/promptz"}, http: true,
		why: "a program beside the server: it seeds a library by the root's tools and loads it over HTTP",
	},
	{
		pkg: ".", ours: []string{"internal/*", "internal/gocdk/*", "internal/identity/*", "internal/server/*", "internal/workflow/*"}, http: true, cloud: providers, files: []string{"cognito.go", "documents.go", "dynamodb.go", "keeper.go", "mongo.go", "ses.go", "stepfunctions.go", "blobs.go"},
		why: "the composition root joins everything; which providers there are is told in one place of it",
	},
	{
		pkg: "cmd/server", ours: []string{".", "internal/config"},
		why: "commands parse flags and print; the root does the work",
	},
}

// exceptions are edges that break a rule, each with why it may stay. One that is
// no longer there fails the test.
var exceptions = []exception{
	{"cmd/server", "internal/promptz", "the root's tools take and give the domain's types"},

	{"cmd/server", "internal/store", "tests name the collections that store declares"},
	{"cmd/server", "internal/workflow/machines", "tests name the machines that somebody else's engine runs"},
	{"cmd/server", "internal/archive", "request, progress and report of an import are types of archive"},
	{"cmd/server", "internal/infra", "terraform is driven from where one types: the program itself has no part in it"},
}

// exception is one edge that a rule forbids.
type exception struct{ from, to, why string }

// portableTypes are the packages of gocloud that name no provider.
var portableTypes = []string{
	"gocloud.dev/blob", "gocloud.dev/docstore", "gocloud.dev/gcerrors", "gocloud.dev/pubsub", "gocloud.dev/secrets",
}

// sdks begin the import paths of the clouds' own libraries.
var sdks = []string{"github.com/aws/", "go.mongodb.org/", "cloud.google.com/", "google.golang.org/api/", "github.com/Azure/"}

// cloudOf is the least that a row must allow for an import.
func cloudOf(imported string) cloud {
	switch {
	case slices.ContainsFunc(sdks, func(sdk string) bool { return strings.HasPrefix(imported, sdk) }):
		return providers
	case !within(imported, "gocloud.dev"):
		return noCloud
	case slices.Contains(portableTypes, imported):
		return portable
	case slices.Contains(portableTypes, path.Dir(imported)) && slices.Contains([]string{"driver", "drivertest", "batcher"}, path.Base(imported)):
		return drivers
	}
	return providers
}

// within tells whether imported is library or below it.
func within(imported, library string) bool {
	return imported == library || strings.HasPrefix(imported, library+"/")
}
