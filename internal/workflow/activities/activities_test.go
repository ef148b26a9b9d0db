package activities_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/gcerrors"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
	"promptz/internal/workflow/activities"
)

const (
	itemID  = "7k3mz9q2w4xa"
	ownerID = "9d2f4g6h8j0k"
)

// library is one item and its owner. It is a fake for what fails and what changes
// between two calls; the real store runs the same activities in the root's tests.
type library struct {
	item    *promptz.Item
	user    *promptz.User
	stats   promptz.Stats
	claims  map[int64]string
	fail    error
	onFind  func() // is called before every read of the item
	letters []promptz.Letter
}

func newLibrary() *library {
	return &library{
		item: &promptz.Item{
			ID: itemID, Kind: promptz.KindPrompt, OwnerID: ownerID, Visibility: promptz.VisibilityPublic, Version: 3,
			Text: promptz.Text{Name: "Review a pull request", Description: "Reads it as a stranger.", Content: "Read the diff."},
		},
		user:   &promptz.User{ID: ownerID, Handle: "maria", Email: "maria@example.com"},
		claims: map[int64]string{},
	}
}

func (l *library) FindItem(_ context.Context, id string, consistent bool) (*promptz.Item, error) {
	if l.onFind != nil {
		l.onFind()
	}
	if l.fail != nil {
		return nil, l.fail
	}
	if l.item == nil || id != l.item.ID || !consistent {
		return nil, promptz.Errorf(promptz.CodeNotFound, "There is no such item.")
	}
	return l.item, nil
}

func (l *library) Rescore(ctx context.Context, id string) (promptz.Stats, error) {
	_, err := l.FindItem(ctx, id, true)
	return l.stats, err
}

func (l *library) ClaimMilestone(_ context.Context, _ *promptz.Item, milestone int64, by string) (bool, error) {
	if l.claims[milestone] == "" {
		l.claims[milestone] = by
	}
	return l.claims[milestone] == by, l.fail
}

func (l *library) FindUser(_ context.Context, id string) (*promptz.User, error) {
	if id != l.user.ID {
		return nil, promptz.Errorf(promptz.CodeNotFound, "There is no such user.")
	}
	return l.user, nil
}

func (l *library) Send(_ context.Context, letter promptz.Letter) error {
	l.letters = append(l.letters, letter)
	return l.fail
}

// fixture runs activities on a library and a bucket in memory.
type fixture struct {
	*library
	bucket *blob.Bucket
	deps   activities.Deps
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{library: newLibrary(), bucket: memblob.OpenBucket(nil)}
	t.Cleanup(func() { f.bucket.Close() })
	f.deps = activities.Deps{
		Items: f, Users: f, Mailer: f, Bucket: f.bucket,
		FileOf: func(item *promptz.Item) (activities.File, error) {
			return activities.File{Body: strings.NewReader(item.Content), MediaType: "text/markdown", Extension: ".md"}, nil
		},
		Now: func() time.Time { return time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC) },
	}
	return f
}

// run calls an activity as a Task does, and gives its output and the name of its
// error.
func (f *fixture) run(t *testing.T, activity, input string) (output, failure string) {
	t.Helper()
	parameters, err := json.Marshal(map[string]any{
		"activity": activity, "execution": "run-1", "state": "State", "input": json.RawMessage(input),
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := activities.New(f.deps).Dispatch(t.Context(), parameters)
	if named, ok := errors.AsType[*workflow.Error](err); ok {
		return "", named.Name
	}
	if err != nil {
		return "", "unnamed"
	}
	return string(text), ""
}

func TestActivities(t *testing.T) {
	t.Parallel()
	const subject = `{"id":"` + itemID + `"}`
	private := func(f *fixture) { f.item.Visibility = promptz.VisibilityPrivate }
	gone := func(f *fixture) { f.item = nil }
	busy := func(f *fixture) { f.fail = promptz.Errorf(promptz.CodeUnavailable, "The store is busy.") }
	broken := func(f *fixture) { f.fail = errors.New("disk full") }
	for name, test := range map[string]struct {
		given           func(*fixture)
		activity, input string
		want, failure   string
	}{
		"rescore":           {func(f *fixture) { f.stats.Stars = 27 }, "Rescore", subject, `{"id":"` + itemID + `","stars":27,"milestone":25}`, ""},
		"rescore few":       {func(f *fixture) { f.stats.Stars = 9 }, "Rescore", subject, `{"id":"` + itemID + `","stars":9,"milestone":0}`, ""},
		"rescore gone":      {gone, "Rescore", subject, "", "NotFound"},
		"rescore busy":      {busy, "Rescore", subject, "", "Unavailable"},
		"rescore broken":    {broken, "Rescore", subject, "", "unnamed"},
		"claim":             {nil, "ClaimMilestone", `{"id":"` + itemID + `","stars":27,"milestone":25}`, `{"claimed":true}`, ""},
		"claim another's":   {func(f *fixture) { f.claims[25] = "another" }, "ClaimMilestone", `{"id":"` + itemID + `","stars":27,"milestone":25}`, `{"claimed":false}`, ""},
		"claim again":       {func(f *fixture) { f.claims[25] = "run-1" }, "ClaimMilestone", `{"id":"` + itemID + `","stars":27,"milestone":25}`, `{"claimed":true}`, ""},
		"claim private":     {private, "ClaimMilestone", `{"id":"` + itemID + `","stars":27,"milestone":25}`, `{"claimed":false}`, ""},
		"inspect":           {nil, "Inspect", subject, `{"id":"` + itemID + `","safe":true,"findings":null}`, ""},
		"inspect private":   {private, "Inspect", subject, "", "NotFound"},
		"inspect a key":     {func(f *fixture) { f.item.Content = "Use AKIAABCDEFGHIJKLMNOP." }, "Inspect", subject, `{"id":"` + itemID + `","safe":false,"findings":[{"field":"content","rule":"aws_key","message":"Its content holds what looks like an AWS access key."}]}`, ""},
		"export":            {nil, "WriteExport", subject, `{"key":"exports/prompts/` + itemID + `.md","version":3}`, ""},
		"export private":    {private, "WriteExport", subject, "", "NotFound"},
		"foreign input":     {nil, "Rescore", `{"id":"` + itemID + `","more":1}`, "", "unnamed"},
		"unknown activity":  {nil, "Nothing", subject, "", "unnamed"},
		"welcome":           {nil, "SendWelcome", `{"id":"` + ownerID + `"}`, "null", ""},
		"welcome a ghost":   {nil, "SendWelcome", `{"id":"000000000000"}`, "", "NotFound"},
		"welcome, no mail":  {busy, "SendWelcome", `{"id":"` + ownerID + `"}`, "", "Unavailable"},
		"findings, private": {private, "SendFindings", `{"id":"` + itemID + `","safe":false,"findings":[]}`, "", "NotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			if test.given != nil {
				test.given(f)
			}
			output, failure := f.run(t, test.activity, test.input)
			if output != test.want || failure != test.failure {
				t.Errorf("got %s and error %q, want %s and %q", output, failure, test.want, test.failure)
			}
		})
	}
}

// The file of an item lies there while everybody can read the item, and never
// after.
func TestExportFollowsVisibility(t *testing.T) {
	t.Parallel()
	const key = "exports/prompts/" + itemID + ".md"
	f := newFixture(t)
	f.run(t, "WriteExport", `{"id":"`+itemID+`"}`)
	if text, err := f.bucket.ReadAll(t.Context(), key); err != nil || string(text) != f.item.Content {
		t.Fatalf("the file holds %q (%v)", text, err)
	}
	for range 2 { // twice, as events come
		if err := f.deps.RemoveExport(t.Context(), promptz.KindPrompt, itemID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.bucket.ReadAll(t.Context(), key); gcerrors.Code(err) != gcerrors.NotFound {
		t.Errorf("the file is still there: %v", err)
	}
	reads := 0
	f.onFind = func() {
		if reads++; reads == 2 { // taken back while the file is written
			f.item.Visibility = promptz.VisibilityPrivate
		}
	}
	if _, failure := f.run(t, "WriteExport", `{"id":"`+itemID+`"}`); failure != "NotFound" || reads != 2 {
		t.Errorf("error %q after %d reads", failure, reads)
	}
	if _, err := f.bucket.ReadAll(t.Context(), key); gcerrors.Code(err) != gcerrors.NotFound {
		t.Errorf("the file of an item that was taken back lies there: %v", err)
	}
}

// A file that can't be read to its end is not written at all.
func TestExportIsWhole(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.deps.FileOf = func(*promptz.Item) (activities.File, error) {
		return activities.File{Body: io.MultiReader(strings.NewReader("half"), broken{}), MediaType: "text/markdown", Extension: ".md"}, nil
	}
	if _, failure := f.run(t, "WriteExport", `{"id":"`+itemID+`"}`); failure == "" {
		t.Error("half a file is no error")
	}
	if there, err := f.bucket.Exists(t.Context(), "exports/prompts/"+itemID+".md"); err != nil || there {
		t.Errorf("half a file is there (%v)", err)
	}
}

// broken is what can't be read.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("disk full") }

// A letter goes to the stored address, is the same when it is sent again, and
// another for another state; who has no address, or may not come in, gets none.
func TestLetters(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const input = `{"id":"` + itemID + `","stars":27,"milestone":25}`
	f.run(t, "SendMilestone", input)
	f.run(t, "SendMilestone", input)
	f.user.Email = ""
	f.run(t, "SendMilestone", input)
	f.user.Email, f.user.SuspendedAt = "maria@example.com", f.deps.Now()
	f.run(t, "SendMilestone", input)
	if len(f.letters) != 2 {
		t.Fatalf("%d letters were sent, want 2", len(f.letters))
	}
	want := promptz.Letter{
		ID: f.letters[1].ID, Kind: promptz.LetterMilestone, To: "maria@example.com", Handle: "maria",
		AskedAt: f.deps.Now(), Item: "Review a pull request", Stars: 25,
	}
	if diff := cmp.Diff(want, f.letters[0]); diff != "" {
		t.Errorf("letter (-want +got)\n%s", diff)
	}
	if !promptz.ValidID(want.ID) {
		t.Errorf("%q is no id of a letter", want.ID)
	}
}
