package archive

import (
	"context"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"promptz/internal/promptz"
)

// defaultWorkers is how many items are imported at the same time: enough for
// the store to commit many of them together.
const defaultWorkers = 32

// Importer imports folders, files and archives. Safe for concurrent use.
type Importer struct {
	library Library
	items   Items
	users   Users
	now     func() time.Time
}

// NewImporter makes an Importer. Folders and files go to library as somebody's
// items, archives to items and users as they are; now is the clock.
func NewImporter(library Library, items Items, users Users, now func() time.Time) *Importer {
	return &Importer{library: library, items: items, users: users, now: now}
}

// Request is what to import, and who is told what became of it.
type Request struct {
	Principal promptz.Principal // whose the items become; archives name owners of their own
	Kind      promptz.Kind      // of everything; "" to go by the folders' names
	Paths     []string          // folders, files and archives (.tar.gz, .tgz)
	// Rejects gets one line of JSON for each source that is refused, see
	// [Reject]; nil for nobody.
	Rejects io.Writer
	// Watch is called after every source, never twice at once, and must be
	// quick; nil for nobody.
	Watch func(Progress)
	// Workers is how many items are imported at the same time; 0 is 32.
	Workers int
}

// Import imports everything under the paths. A source that cannot become an item
// is refused alone, and leaves nothing behind; so is an archive as a whole that
// is not sound. A second run changes nothing.
//
// It fails, and stops, when a path is not there or two have the same last name
// (before anything is imported), when the library, the store or Rejects fail,
// and when ctx ends. What was imported until then stays, each item complete; the
// report says how much it was.
func (i *Importer) Import(ctx context.Context, q Request) (*Report, error) {
	rec := newRecorder(q.Rejects, q.Watch)
	if _, ok := q.Kind.Info(); !ok && q.Kind != "" {
		return rec.report(), promptz.Errorf(promptz.CodeNotValid, "There is no kind %q.", q.Kind)
	}
	args, err := checkArguments(q.Paths)
	if err != nil {
		return rec.report(), err
	}
	if q.Workers <= 0 {
		q.Workers = defaultWorkers
	}
	for _, arg := range args {
		if arg.isArchive() {
			err = i.importArchive(ctx, arg, q.Workers, rec)
		} else {
			err = i.importSources(ctx, arg, q, rec)
		}
		if err != nil {
			break
		}
	}
	return rec.report(), err
}

// importSources imports a folder or file.
func (i *Importer) importSources(ctx context.Context, arg argument, q Request, rec *recorder) error {
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(q.Workers)
	err := arg.read(q.Kind, func(s source) error {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		rec.found()
		switch {
		case s.refused != nil:
			return rec.refused(s.path, s.refused)
		case s.skipped != "":
			rec.skipped(s.path, s.skipped)
			return nil
		}
		workers.Go(func() error { return i.importSource(ctx, q.Principal, s, rec) })
		return nil
	})
	// A worker's failure is why reading stopped, if one failed.
	if failed := workers.Wait(); failed != nil {
		return failed
	}
	return err
}

// importSource hands one source to the library.
func (i *Importer) importSource(ctx context.Context, p promptz.Principal, s source, rec *recorder) error {
	outcome, _, err := i.library.ImportItem(ctx, p, s.item)
	if refuses(err) {
		return rec.refused(s.path, err)
	}
	if err != nil {
		return err
	}
	rec.imported(s.path, outcome, s.notes)
	return nil
}

// refuses tells whether an error is about the one item that was given, so that
// others may fare better.
func refuses(err error) bool {
	switch promptz.ErrorCode(err) {
	case promptz.CodeNotValid, promptz.CodeConflict, promptz.CodeHeld, promptz.CodeStale, promptz.CodeTooLarge:
		return true
	}
	return false
}
