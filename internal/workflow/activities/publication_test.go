package activities_test

import (
	"io"
	"strings"
	"testing"

	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"

	"promptz/internal/promptz"
	"promptz/internal/workflow/activities"
)

const (
	subject    = `{"id":"` + itemID + `"}`
	exportFile = "exports/prompts/" + itemID + ".md"
)

// A text that was changed while its file was written is written anew: the execution
// of the change may have been faster.
func TestExportIsTheLatest(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	reads := 0
	f.onFind = func() {
		if reads++; reads == 2 { // after the file was written
			changed := *f.item
			changed.Content, changed.Revision, changed.Version = "Read the diff twice.", f.item.Revision+1, 4
			f.item = &changed
		}
	}
	output, failure := f.run(t, "WriteExport", subject)
	if want := `{"key":"` + exportFile + `","version":4}`; output != want || failure != "" {
		t.Errorf("it gives %s and error %q", output, failure)
	}
	if text, err := f.bucket.ReadAll(t.Context(), exportFile); err != nil || string(text) != "Read the diff twice." {
		t.Errorf("the file holds %q (%v)", text, err)
	}
}

// A file that was removed while it was written, by who saw the item taken back a
// moment ago, can be written the next time.
func TestExportThatWasTakenAlongIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	bucket, err := fileblob.OpenBucket(t.TempDir(), &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bucket.Close() })
	f.deps.Bucket = bucket
	f.deps.FileOf = func(item *promptz.Item) (activities.File, error) {
		body := io.MultiReader(strings.NewReader(item.Content), during(func() error { return f.deps.RemoveExport(t.Context(), item.Kind, itemID) }))
		return activities.File{Body: body, MediaType: "text/markdown", Extension: ".md"}, nil
	}
	if _, failure := f.run(t, "WriteExport", subject); failure != "Unavailable" {
		t.Errorf("the error is %q", failure)
	}
}

// A bucket that fails may be better later.
func TestExportToAFailingBucketIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.deps.FileOf = func(item *promptz.Item) (activities.File, error) {
		// The error of a bucket, which comes while the file is copied.
		_, err := f.bucket.ReadAll(t.Context(), "nothing")
		body := during(func() error { return err })
		return activities.File{Body: body, MediaType: "text/markdown", Extension: ".md"}, nil
	}
	if _, failure := f.run(t, "WriteExport", subject); failure != "Unavailable" {
		t.Errorf("the error is %q", failure)
	}
}

// during is the end of a file, before which something happens.
type during func() error

func (d during) Read([]byte) (int, error) {
	if err := d(); err != nil {
		return 0, err
	}
	return 0, io.EOF
}

// An item that was taken back has no file; one that everybody can read again by now
// keeps it, or is told of so that it is written anew.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	private := func(f *fixture) { f.item.Visibility = promptz.VisibilityPrivate }
	for name, test := range map[string]struct {
		given          func(*fixture)
		public, stands bool
	}{
		"private":      {private, false, false},
		"gone":         {func(f *fixture) { f.item = nil }, false, false},
		"public again": {func(*fixture) {}, true, true},
		"public meanwhile": {func(f *fixture) {
			private(f)
			reads := 0
			f.onFind = func() {
				if reads++; reads == 2 {
					f.item.Visibility = promptz.VisibilityPublic
				}
			}
		}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.run(t, "WriteExport", subject)
			test.given(f)
			public, err := f.deps.Withdraw(t.Context(), promptz.KindPrompt, itemID)
			if err != nil || public != test.public {
				t.Errorf("public: %t, %v", public, err)
			}
			_, err = f.bucket.ReadAll(t.Context(), exportFile)
			if stands := err == nil; stands != test.stands || !stands && gcerrors.Code(err) != gcerrors.NotFound {
				t.Errorf("the file is there: %t (%v)", stands, err)
			}
		})
	}
}
