package config_test

import (
	"log/slog"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"promptz/internal/config"
)

func TestValid(t *testing.T) {
	t.Parallel()
	prefixes := func(texts ...string) (p []netip.Prefix) {
		for _, text := range texts {
			p = append(p, netip.MustParsePrefix(text))
		}
		return p
	}
	for _, tt := range []struct {
		name      string
		variables []string
		field     func(config.Config) any
		want      any
	}{
		{"data", []string{"DATA=/srv/promptz"}, func(c config.Config) any { return c.Data }, "/srv/promptz"},
		{"listen with port 0", []string{"LISTEN=127.0.0.1:0"}, func(c config.Config) any { return c.Listen }, "127.0.0.1:0"},
		{"listen on IPv6", []string{"LISTEN=[::1]:8080"}, func(c config.Config) any { return c.Listen }, "[::1]:8080"},
		{"public URL from listen", nil, func(c config.Config) any { return c.PublicURL }, "http://127.0.0.1:8080"},
		{"public URL from a name", []string{"LISTEN=localhost:80"}, func(c config.Config) any { return c.PublicURL }, "http://localhost:80"},
		{"public URL from IPv6", []string{"LISTEN=[::1]:80"}, func(c config.Config) any { return c.PublicURL }, "http://[::1]:80"},
		{"public URL from port 0", []string{"LISTEN=127.0.0.1:0"}, func(c config.Config) any { return c.PublicURL }, ""},
		{"public URL", []string{"LISTEN=:80", "PUBLIC_URL=https://prompts.example.com:8443"}, func(c config.Config) any { return c.PublicURL }, "https://prompts.example.com:8443"},
		{"public URL with a slash", []string{"PUBLIC_URL=https://prompts.example.com/"}, func(c config.Config) any { return c.PublicURL }, "https://prompts.example.com"},
		{"public URL on loopback, by a name below", []string{"PUBLIC_URL=http://api.localhost:4566"}, func(c config.Config) any { return c.PublicURL }, "http://api.localhost:4566"},
		{"public URL on loopback", []string{"PUBLIC_URL=http://localhost:3000"}, func(c config.Config) any { return c.PublicURL }, "http://localhost:3000"},
		{"documents in memory", []string{"DOCUMENTS=mem://{collection}/id"}, func(c config.Config) any { return c.Documents }, "mem://{collection}/id"},
		{"documents in DynamoDB", []string{"DOCUMENTS=dynamodb://{collection}?region=eu-central-1"}, func(c config.Config) any { return c.Documents }, "dynamodb://{collection}?region=eu-central-1"},
		{"documents in Mongo", []string{"DOCUMENTS=mongo://promptz/{collection}"}, func(c config.Config) any { return c.Documents }, "mongo://promptz/{collection}"},
		{"limits on", []string{"LIMITS=on"}, func(c config.Config) any { return c.Limits }, config.Limits{}},
		{"limits off", []string{"LIMITS=off"}, func(c config.Config) any { return c.Limits }, config.Limits{Off: true}},
		{"a rate", []string{"LIMITS=50/s"}, func(c config.Config) any { return c.Limits }, config.Limits{PerSecond: 50}},
		{"a slow rate", []string{"LIMITS=0.5/s"}, func(c config.Config) any { return c.Limits }, config.Limits{PerSecond: 0.5}},
		{"the function that answers", nil, func(c config.Config) any { return c.Handler }, "http"},
		{"another function", []string{"HANDLER=post-auth"}, func(c config.Config) any { return c.Handler }, "post-auth"},
		{"metrics", []string{"OPS_LISTEN=127.0.0.1:9090"}, func(c config.Config) any { return c.OpsListen }, "127.0.0.1:9090"},
		{"no metrics", []string{"OPS_LISTEN=off"}, func(c config.Config) any { return c.OpsListen }, ""},
		{"two listeners on ports of their own", []string{"LISTEN=127.0.0.1:0", "OPS_LISTEN=127.0.0.1:0"}, func(c config.Config) any { return c.OpsListen }, "127.0.0.1:0"},
		{"hosts", []string{"HOSTS=a.example.com, b.example.com:8443 ,[::1]:80,"}, func(c config.Config) any { return c.Hosts }, []string{"a.example.com", "b.example.com:8443", "[::1]:80"}},
		{"environment", []string{"ENVIRONMENT=test2"}, func(c config.Config) any { return c.Environment }, "test2"},
		{"proxies", []string{"TRUSTED_PROXIES=10.0.0.0/8,192.0.2.1,::1,::ffff:192.0.2.2"}, func(c config.Config) any { return c.TrustedProxies }, prefixes("10.0.0.0/8", "192.0.2.1/32", "::1/128", "192.0.2.2/32")},
		{"origins", []string{"CORS=https://App.example.com,http://localhost:3000"}, func(c config.Config) any { return c.CORS }, []string{"https://app.example.com", "http://localhost:3000"}},
		{"secrets in a file", nil, func(c config.Config) any { return c.Secrets }, "base64key://"},
		{"secrets at KMS", []string{"SECRETS=awskms://alias/promptz?region=eu-central-1"}, func(c config.Config) any { return c.Secrets }, "awskms://alias/promptz?region=eu-central-1"},
		{"sign-in here", nil, func(c config.Config) any { return c.SignIn }, "local://"},
		{"sign-in elsewhere", []string{"SIGN_IN=oidc+https://id.example.com/realm?client_id=promptz"}, func(c config.Config) any { return c.SignIn }, "oidc+https://id.example.com/realm?client_id=promptz"},
		{"sign-up for all", nil, func(c config.Config) any { return c.SignUp }, config.SignUp{}},
		{"sign-up for nobody", []string{"SIGN_UP=closed"}, func(c config.Config) any { return c.SignUp }, config.SignUp{Closed: true}},
		{"sign-up for some", []string{"SIGN_UP=Example.com, example.org"}, func(c config.Config) any { return c.SignUp }, config.SignUp{Domains: []string{"example.com", "example.org"}}},
		{"admins", []string{"ADMINS=ada@example.com,bob+x@example.org"}, func(c config.Config) any { return c.Admins }, []string{"ada@example.com", "bob+x@example.org"}},
		{"mail to files", nil, func(c config.Config) any { return c.Mail }, "file://{data}/outbox"},
		{"mail by SMTP", []string{"MAIL=smtps://me:pw@mail.example.com"}, func(c config.Config) any { return c.Mail }, "smtps://me:pw@mail.example.com"},
		{"sender", []string{"MAIL_FROM=Promptz <promptz@example.com>"}, func(c config.Config) any { return c.MailFrom }, "Promptz <promptz@example.com>"},
		{"templates", []string{"MAIL_TEMPLATES=/srv/templates"}, func(c config.Config) any { return c.MailTemplates }, "/srv/templates"},
		{"text", []string{"LOG_FORMAT=text"}, func(c config.Config) any { return c.LogFormat }, "text"},
		{"JSON", []string{"LOG_FORMAT=json"}, func(c config.Config) any { return c.LogFormat }, "json"},
		{"debug", []string{"LOG_LEVEL=debug"}, func(c config.Config) any { return c.LogLevel }, slog.LevelDebug},
		{"error", []string{"LOG_LEVEL=error"}, func(c config.Config) any { return c.LogLevel }, slog.LevelError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := load(t, nil, prefixed(tt.variables))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tt.field(c), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func prefixed(variables []string) []string {
	var environ []string
	for _, v := range variables {
		environ = append(environ, "PROMPTZ_"+v)
	}
	return environ
}

// Each of these values is refused: with the key, the value, its source, and an
// example of what is right.
func TestInvalid(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		key, flag string
		right     string
		values    []string
	}{
		{"data", "--data", "path of a folder", []string{"", "a\x00b"}},
		{"listen", "--listen", "127.0.0.1:8080", []string{"", "8080", ":", "localhost", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:080", "127.0.0.1:http", "::1:80", "http://localhost:80", "a b:80", "*:80"}},
		{"publicURL", "--public-url", "https", []string{"prompts.example.com", "//prompts.example.com", "ftp://prompts.example.com", "https://", "https:prompts.example.com", "http://prompts.example.com",
			"https://prompts.example.com/base", "https://prompts.example.com//", "https://prompts.example.com?", "https://prompts.example.com#", "https://me@prompts.example.com",
			"https://prompts.example.com:", "https://prompts.example.com:0", "https://prompts.example.com:65536", "https://*.example.com", "https://a,b", "https://::1"}},
		{"documents", "--documents", "{collection}", []string{"", "sqlite://library/id?file=a.db", "sqlite://{collection}/{table}", "sqlite://{collection}/id?file={data", "{collection}", "sqlite:///{collection}", "sqlite://{collection}/%zz", "mem://{collection}/id#x"}},
		{"documents", "--documents", "sqlite://, mem://, dynamodb://, mongo://", []string{"oracle://{collection}/id", "firestore://{collection}"}},
		{"limits", "--limits", "50/s", []string{"", "true", "50", "/s", "50/m", "-1/s", "0/s", "0.001/s", "1000001/s", "NaN/s", "Inf/s", "1e3/s", "0x1p3/s", " 50/s"}},
		{"handler", "--handler", "http, relay, events, activity, sweep, post-auth", []string{"", "HTTP", "web", "http,relay"}},
		{"opsListen", "--ops-listen", "or off", []string{"", "on", "9090", "127.0.0.1:70000"}},
		{"opsListen", "--ops-listen", "another address than listen", []string{"127.0.0.1:8080"}},
		{"hosts", "--hosts", "prompts.example.com", []string{"https://a.example.com", "a.example.com/x", "a b", "*.example.com", "a.example.com:0", "a.example.com:", "::1", "a.example.com,-b"}},
		{"environment", "--environment", "1 to 16", []string{"", "Live", "a-b", "abcdefghijklmnopq", "live\n"}},
		{"trustedProxies", "--trusted-proxies", "10.0.0.0/8", []string{"*", "10.0.0.0/33", "10.0.0", "proxy.example.com", "10.1.2.3/8", "fe80::1%eth0", "::ffff:10.0.0.0/104", "::1,x"}},
		{"originSecret", "--origin-secret", "16 to 200", []string{"short", "0123456789 abcdef", "0123456789abcde\n"}},
		{"cors", "--cors", "https://app.example.com", []string{"app.example.com", "null", "https://*.example.com", "https://*", "https://app.example.com/", "file:///a"}},
		{"cors", "--cors", "every page on the web", []string{"*", "https://app.example.com,*"}},
		{"cors", "--cors", "without :443", []string{"https://app.example.com:443", "http://app.example.com:80"}},
		{"secrets", "--secrets", "base64key://", []string{"", "secret.key", "base64key:key", "awskms://{collection}", "base64key://#x"}},
		{"secrets", "--secrets", "base64key://, awskms://", []string{"vault://x"}},
		{"signIn", "--sign-in", "local://", []string{"", "local", "local://{data}"}},
		{"signIn", "--sign-in", "local://, cognito://, oidc+https://", []string{"oidc+http://id.example.com", "ldap://x"}},
		{"signUp", "--sign-up", "open, closed", []string{"", "Closed", "example", "*.example.com", "@example.com", "open,closed"}},
		{"admins", "--admins", "ada@example.com", []string{"ada", "Ada <ada@example.com>", "ada@example.com,bob", "@example.com"}},
		{"mail", "--mail", "file://{data}/outbox", []string{"", "outbox", "file://{x}/outbox"}},
		{"mail", "--mail", "file://, smtp://, smtps://", []string{"sendmail:///usr/sbin/sendmail"}},
		{"mailFrom", "--mail-from", "promptz@example.com", []string{"promptz", "a@example.com, b@example.com", "a@example.com\r\nBcc: x@example.com"}},
		{"mailTemplates", "--mail-templates", "path of a folder", []string{"a\x00b"}},
		{"logFormat", "--log-format", "text or json", []string{"JSON", "logfmt"}},
		{"logLevel", "--log-level", "debug, info, warn or error", []string{"", "INFO", "warning", "0", "info+1"}},
	} {
		for _, value := range tt.values {
			t.Run(tt.key+"="+value, func(t *testing.T) {
				t.Parallel()
				_, err := load(t, []string{tt.flag, value}, nil)
				checkRefused(t, err, 1, "\n  "+tt.key+": ", tt.right, "from "+tt.flag+")")
			})
		}
	}
}

// A server that the world reaches must know its own name.
func TestPublicURLIsRequired(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{":8080", "0.0.0.0:8080", "[::]:0", "192.0.2.1:80", "example.com:80"} {
		_, err := load(t, []string{"--listen", listen}, nil)
		checkRefused(t, err, 1, "publicURL: is required", "https://")
	}
}
