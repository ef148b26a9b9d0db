package config_test

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"promptz/internal/config"
)

var update = flag.Bool("update", false, "write the table of keys into the README")

func TestPrint(t *testing.T) {
	t.Parallel()
	c, err := load(t, []string{"--limits", "5/s"}, []string{"PROMPTZ_HOSTS=a.example.com,b.example.com", "PROMPTZ_ORIGIN_SECRET=not-to-be-shown-ever"})
	if err != nil {
		t.Fatal(err)
	}
	want := `data            ./data                                                default
listen          127.0.0.1:8080                                        default
publicURL       http://127.0.0.1:8080                                 default
documents       sqlite://{collection}/id?file={data}/{collection}.db  default
blobs           file://{data}/blobs?create_dir=1                      default
topic           sqlite://events?file={data}/events.db                 default
subscription    sqlite://events?file={data}/events.db                 default
secrets         base64key://                                          default
workflows       local://                                              default
signIn          local://                                              default
signUp          open                                                  default
admins                                                                default
mail            file://{data}/outbox                                  default
mailFrom                                                              default
mailTemplates                                                         default
limits          5/s                                                   --limits
handler         http                                                  default
opsListen       off                                                   default
hosts           a.example.com,b.example.com                           PROMPTZ_HOSTS
environment     live                                                  default
trustedProxies                                                        default
originSecret    xxxxx                                                 PROMPTZ_ORIGIN_SECRET
cors                                                                  default
logFormat                                                             default
logLevel        info                                                  default
`
	if diff := cmp.Diff(want, print(t, c, false)); diff != "" {
		t.Error(diff)
	}
	got := printed(t, c)
	if len(got) != strings.Count(want, "\n") || got["limits"] != (shown{"5/s", "--limits"}) {
		t.Errorf("as JSON it is %v", got)
	}
}

// errBroken is what a broken pipe says.
var errBroken = errors.New("broken")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestPrintSaysThatItCouldNot(t *testing.T) {
	t.Parallel()
	for _, asJSON := range []bool{false, true} {
		if err := config.Print(brokenWriter{}, config.Config{}, asJSON); !errors.Is(err, errBroken) {
			t.Errorf("as JSON %v: %v", asJSON, err)
		}
	}
}

// --help says of each flag what it means and its default, and nothing in
// Markdown.
func TestHelp(t *testing.T) {
	t.Parallel()
	var flags config.Flags
	set := pflag.NewFlagSet("promptz", pflag.ContinueOnError)
	flags.Bind(set)
	help := set.FlagUsages()
	for _, words := range []string{"--config string", "--data string", "(default ./data)", "--trusted-proxies string", "(default none)", "from listen on loopback"} {
		if !strings.Contains(help, words) {
			t.Errorf("it does not say %q:\n%s", words, help)
		}
	}
	if strings.Contains(help, "`") {
		t.Errorf("it holds Markdown:\n%s", help)
	}
}

// The README shows the table of keys as it is. To write it there:
// go test ./internal/config -run README -update
func TestREADME(t *testing.T) {
	t.Parallel()
	const path, begin, end = "../../README.md", "<!-- config -->\n", "<!-- /config -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(text), begin)
	table, after, ended := strings.Cut(rest, end)
	if !begun || !ended {
		t.Fatalf("the README has no %s and %s", begin, end)
	}
	if *update {
		written := before + begin + config.Markdown() + end + after
		if err := os.WriteFile(path, []byte(written), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table == "" {
		t.Skip("the README has no table yet: run with -update")
	}
	if diff := cmp.Diff(config.Markdown(), table); diff != "" {
		t.Errorf("the README's table is not that of the keys; run with -update (-want +got):\n%s", diff)
	}
}
