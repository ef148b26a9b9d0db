package scenario

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Deployment is what the scenarios run against.
type Deployment struct {
	URL      string // without a slash at its end
	Contract []byte // openapi.yaml
	Accounts Accounts
	// Settle is how late it may be seen what an answer has begun: an event's
	// number, a count, an entry of an index. What the contract itself lets be late
	// comes on top.
	Settle time.Duration
	// Cannot names the scenarios that the deployment can't pass, each with the
	// reason. A name that no scenario has fails the test.
	Cannot map[string]string
}

// The roles of users.
const (
	RoleUser      = "user"
	RoleModerator = "moderator"
	RoleAdmin     = "admin"
)

// Accounts makes users of a deployment, and credentials of theirs. It is called by
// many tests at once; what it can't do fails t.
type Accounts interface {
	// NewUser makes a user with a role and gives their handle, which may be another
	// than the one proposed. Who is to be a moderator may be made an admin.
	NewUser(t testing.TB, handle, role string) string
	// NewKey makes an API key with scopes for a user of NewUser's.
	NewKey(t testing.TB, handle string, scopes ...string) string
	// SignIn signs in by an address that nobody has used, which makes an account,
	// and gives an access token.
	SignIn(t testing.TB, email string) string
}

// scenario is one thing that a client may expect.
type scenario struct {
	name string // theme: what
	run  func(w *world)
}

// late are the scenarios for which the contract itself lets it take a while: they
// wait together, and not with -short.
var late = []scenario{
	{name: "lists/popular and trending by what was done", run: ranked},
	{name: "accounts/items show who their owner is now", run: showProfile},
	{name: "counts/views within ten seconds", run: countViews},
	{name: "sign-in/an erased account is gone", run: eraseAccount},
	{name: "sign-in/an erased account takes its public items with it", run: eraseWithItems},
}

// all is every other scenario.
var all = slices.Concat(
	items, patches, versions, erasures, visibilities, orders, conditions, idempotencies, lists, pages, refusals, bodies,
	requests, files, caches, interactions, counts, changes, waits, streams, accounts, signIns, moderations,
)

// Run runs every scenario as a test below t, side by side, when the function that
// called it has returned. With -short those are left out that wait.
func Run(t *testing.T, d Deployment) {
	t.Helper()
	for _, name := range unknown(d.Cannot) {
		t.Errorf("%s can't be left out: there is no such scenario", name)
	}
	s := newSuite(t, d)
	t.Run("late", func(t *testing.T) {
		if testing.Short() {
			t.Skip("they wait for up to a minute")
		}
		t.Parallel()
		var together sync.WaitGroup
		for _, sc := range late {
			together.Go(func() { t.Run(sc.name, func(t *testing.T) { s.play(t, sc) }) })
		}
		together.Wait()
	})
	for _, sc := range all {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			s.play(t, sc)
		})
	}
}

// play runs a scenario, unless it is left out.
func (s *suite) play(t *testing.T, sc scenario) {
	if reason, ok := s.Cannot[sc.name]; ok {
		t.Skip("left out: " + reason)
	}
	w := &world{T: t, suite: s}
	w.anybody = &caller{w: w, agent: w.unique("nobody")}
	sc.run(w)
}

// unknown gives those of the names that no scenario has.
func unknown(cannot map[string]string) []string {
	there := slices.Concat(late, all)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(cannot)), func(name string) bool {
		return slices.ContainsFunc(there, func(sc scenario) bool { return sc.name == name })
	})
}

// suite is what the scenarios of one run share.
type suite struct {
	Deployment
	client   *http.Client
	contract *contract
	run      string // a word that no other run has
	last     atomic.Int64
	begin    map[string]string // the end of each feed when the run began
	requests sync.Map          // the ids of all requests
	mu       sync.Mutex
	staff    map[string]*caller // by role
}

// requestTimeout is longer than any answer may take.
const requestTimeout = time.Minute

func newSuite(t *testing.T, d Deployment) *suite {
	t.Helper()
	d.URL = strings.TrimSuffix(d.URL, "/")
	read, err := readContract(d.Contract)
	if err != nil {
		t.Fatal(err)
	}
	s := &suite{
		Deployment: d,
		contract:   read,
		run:        newWord(),
		begin:      map[string]string{},
		staff:      map[string]*caller{},
		client: &http.Client{
			Timeout:       requestTimeout,
			Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	t.Cleanup(s.client.CloseIdleConnections)
	w := &world{T: t, suite: s}
	w.anybody = &caller{w: w}
	for _, feed := range []string{"items", "activity"} {
		s.begin[feed] = w.anybody.endOf(feed)
	}
	return s
}
