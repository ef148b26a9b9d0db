package archive

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"promptz/internal/promptz"
)

// Counts say how many sources came to which end. The first five are those of
// [promptz.ImportOutcome].
type Counts struct {
	Created   int `json:"created"`   // new items
	Updated   int `json:"updated"`   // new versions
	Unchanged int `json:"unchanged"` // as they were
	Edited    int `json:"edited"`    // left alone: edited here since the last import
	Deleted   int `json:"deleted"`   // left alone: deleted here since
	Refused   int `json:"refused"`   // written to the rejects with the reason
	Skipped   int `json:"skipped"`   // no items: pages about the content, files of other formats
}

// Done is how many sources have come to an end.
func (c Counts) Done() int {
	return c.Created + c.Updated + c.Unchanged + c.Edited + c.Deleted + c.Refused + c.Skipped
}

// Progress is how far an import is.
type Progress struct {
	Counts
	Known int // sources found so far, those that are done included
}

// Report is what an import did.
type Report struct {
	Counts
	Users int    `json:"users"` // made from an archive
	Notes []Note `json:"notes"` // what people should know, the most frequent first
}

// maxExamples is how many paths a [Note] names.
const maxExamples = 5

// Note is something that was made, mended, left out or left alone, and where.
type Note struct {
	Text  string   `json:"text"`
	Count int      `json:"count"` // of sources that it holds for
	Paths []string `json:"paths"` // some of them, in no order
}

// Reject is one line of the rejects (JSON Lines): a source that was refused and
// why. Fields are there when single fields break their rules.
type Reject struct {
	Path   string        `json:"path"`
	Reason string        `json:"reason"`
	Fields []RejectField `json:"fields,omitempty"`
}

// RejectField is what is wrong with one field; see [promptz.FieldError].
type RejectField struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// recorder keeps the report while the import runs. Safe for concurrent use.
type recorder struct {
	mu       sync.Mutex
	progress Progress
	users    int
	notes    map[string]*Note
	rejects  io.Writer
	watch    func(Progress)
}

func newRecorder(rejects io.Writer, watch func(Progress)) *recorder {
	if rejects == nil {
		rejects = io.Discard
	}
	if watch == nil {
		watch = func(Progress) {}
	}
	return &recorder{notes: map[string]*Note{}, rejects: rejects, watch: watch}
}

// found counts a source that was found.
func (r *recorder) found() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress.Known++
}

// skipped records a source that is no item.
func (r *recorder) skipped(path, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress.Skipped++
	r.note("skipped: "+reason, path)
	r.watch(r.progress)
}

// imported records what the library did with a source.
func (r *recorder) imported(path string, outcome promptz.ImportOutcome, notes []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch outcome {
	case promptz.ImportCreated:
		r.progress.Created++
	case promptz.ImportUpdated:
		r.progress.Updated++
	case promptz.ImportUnchanged:
		r.progress.Unchanged++
		notes = nil // they were told when it was made
	case promptz.ImportEdited:
		r.progress.Edited++
		notes = []string{"left alone: edited here since it was imported"}
	case promptz.ImportDeleted:
		r.progress.Deleted++
		notes = []string{"left alone: deleted here since it was imported"}
	}
	slices.Sort(notes)
	for _, text := range slices.Compact(notes) {
		r.note(text, path)
	}
	r.watch(r.progress)
}

// refused records a source that is refused and writes it to the rejects.
func (r *recorder) refused(path string, reason error) error {
	line, err := json.Marshal(rejectOf(path, reason))
	if err != nil {
		return fmt.Errorf("marshal reject: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.rejects.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("write reject: %w", err)
	}
	r.progress.Refused++
	r.watch(r.progress)
	return nil
}

func rejectOf(path string, reason error) Reject {
	reject := Reject{Path: path, Reason: reason.Error()}
	if e, ok := errors.AsType[*promptz.Error](reason); ok {
		reject.Reason = e.Message
		for _, f := range e.Fields {
			reject.Reason += fmt.Sprintf(" %s: %s.", strings.TrimPrefix(f.Pointer, "/"), f.Message)
			reject.Fields = append(reject.Fields, RejectField(f))
		}
	}
	return reject
}

// madeUser counts a user that was made.
func (r *recorder) madeUser() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.users++
}

// note counts a note; r.mu must be held.
func (r *recorder) note(text, path string) {
	n := r.notes[text]
	if n == nil {
		n = &Note{Text: text}
		r.notes[text] = n
	}
	n.Count++
	if len(n.Paths) < maxExamples {
		n.Paths = append(n.Paths, path)
	}
}

// report is the end of the record.
func (r *recorder) report() *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := &Report{Counts: r.progress.Counts, Users: r.users}
	for _, n := range r.notes {
		report.Notes = append(report.Notes, *n)
	}
	slices.SortFunc(report.Notes, func(a, b Note) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Text, b.Text))
	})
	return report
}
