package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	app "promptz"
	"promptz/internal/archive"
	"promptz/internal/promptz"
)

func (s *shell) importCommand() *cobra.Command {
	var handle, kind, rejects string
	c := &cobra.Command{
		Use:   "import --user HANDLE PATH…",
		Short: "Bring folders of Markdown, agents, CSV files or an archive into the library",
		Args:  cobra.MinimumNArgs(1),
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, args []string) error {
			principal, err := importer(c, tools, handle, args)
			if err != nil {
				return err
			}
			request := archive.Request{Principal: principal, Kind: promptz.Kind(kind), Paths: args, Watch: watch(c.ErrOrStderr())}
			file := &rejectsFile{path: rejects}
			if rejects != "" {
				if _, err := os.Stat(filepath.Dir(rejects)); err != nil {
					return fmt.Errorf("create rejects: %w", err)
				}
				request.Rejects = file
			}
			report, err := tools.Importer.Import(c.Context(), request)
			if err = errors.Join(err, file.end(err)); err != nil && report.Done() == 0 {
				return err
			}
			return errors.Join(s.printReport(c, report, rejects), err)
		}),
	}
	c.Flags().StringVar(&handle, "user", "", "whose the items become; an archive names owners of its own")
	c.Flags().StringVar(&kind, "kind", "", "prompt, rule or agent, where the folders' names do not say")
	c.Flags().StringVar(&rejects, "rejects", "", "file for what is refused, with the reason: a line of JSON each")
	return c
}

// rejectsFile is made when there is something to write or the import has ended
// well: one that can't begin leaves the rejects of the last one as they are.
type rejectsFile struct {
	path string
	file *os.File
}

func (r *rejectsFile) Write(line []byte) (int, error) {
	if err := r.create(); err != nil {
		return 0, err
	}
	return r.file.Write(line)
}

func (r *rejectsFile) create() (err error) {
	if r.file == nil {
		r.file, err = os.Create(r.path)
	}
	return err
}

// end closes the file after an import that ended with failure, or well.
func (r *rejectsFile) end(failure error) error {
	if r.path != "" && failure == nil {
		if err := r.create(); err != nil {
			return err
		}
	}
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// importer is who an import makes items for.
func importer(c *cobra.Command, tools *app.Tools, handle string, paths []string) (promptz.Principal, error) {
	if handle == "" {
		for _, path := range paths {
			if !archive.IsArchive(path) {
				return promptz.Principal{}, errors.New("--user HANDLE says whose the items become")
			}
		}
		return promptz.Principal{}, nil
	}
	u, err := findUser(c, tools, handle)
	if err != nil {
		return promptz.Principal{}, err
	}
	return promptz.Principal{UserID: u.ID, Role: u.Role, Scopes: []promptz.Scope{promptz.ScopeRead, promptz.ScopeWrite}}, nil
}

// watch shows how far an import is, on one line of a terminal.
func watch(w io.Writer) func(archive.Progress) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	var shown time.Time
	return func(p archive.Progress) {
		if time.Since(shown) < 100*time.Millisecond && p.Done() < p.Known {
			return
		}
		shown = time.Now()
		fmt.Fprintf(w, "\r%d of %d, %d new, %d refused ", p.Done(), p.Known, p.Created, p.Refused)
		if p.Done() == p.Known {
			fmt.Fprint(w, "\r\033[K")
		}
	}
}

func (s *shell) printReport(c *cobra.Command, r *archive.Report, rejects string) error {
	if s.json {
		return s.print(c, r, "")
	}
	w := c.ErrOrStderr()
	for _, note := range r.Notes {
		fmt.Fprintf(w, "%d × %s: %s\n", note.Count, note.Text, strings.Join(note.Paths, ", "))
	}
	fmt.Fprintf(w, "%d created, %d updated, %d unchanged, %d edited here since, %d deleted here since, %d refused, %d skipped\n",
		r.Created, r.Updated, r.Unchanged, r.Edited, r.Deleted, r.Refused, r.Skipped)
	if r.Refused > 0 && rejects == "" {
		fmt.Fprintln(w, "--rejects FILE writes down what was refused and why")
	}
	return nil
}

func (s *shell) exportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "export FILE.tar.gz",
		Short: "Write all users, items and versions to an archive, readable as plain files",
		Args:  cobra.ExactArgs(1),
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, args []string) error {
			written, err := export(c, tools, args[0])
			if err != nil {
				return err
			}
			return s.print(c, written, "wrote %s: %d users, %d items, %d versions, %d stars",
				args[0], written.Users, written.Items, written.Versions, written.Stars)
		}),
	}
}

// export writes the archive beside path and then in its place, so that there is
// never half of one.
func export(c *cobra.Command, tools *app.Tools, path string) (archive.Exported, error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".export-*")
	if err != nil {
		return archive.Exported{}, fmt.Errorf("create archive: %w", err)
	}
	defer os.Remove(f.Name())
	written, err := tools.Exporter.Export(c.Context(), f)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return archive.Exported{}, err
	}
	return written, os.Rename(f.Name(), path)
}
