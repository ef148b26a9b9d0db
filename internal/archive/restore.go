package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"promptz/internal/promptz"
)

// importArchive imports an archive. It is read twice, so that one with anything
// wrong in it is refused before the first write.
func (i *Importer) importArchive(ctx context.Context, arg argument, workers int, rec *recorder) error {
	name := filepath.Base(arg.path)
	f, err := os.Open(arg.path)
	if err != nil {
		rec.found()
		return rec.refused(name, unreadable(err))
	}
	defer f.Close()
	if err := verify(ctx, f, i.now(), archiveLimits); err != nil {
		if !refuses(err) {
			return err
		}
		rec.found()
		return rec.refused(name, err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read archive again: %w", err)
	}
	r := &restore{importer: i, rec: rec, name: name, without: map[string]bool{}}
	err = r.run(ctx, f, workers)
	if err != nil && refuses(err) { // changed while it was read
		rec.found()
		return rec.refused(name, err)
	}
	return err
}

// verify reads an archive and writes nothing. What it finds wrong is a refusal.
func verify(ctx context.Context, r io.Reader, now time.Time, l limits) error {
	a, err := openArchiveReader(r, now, l)
	if err != nil {
		return err
	}
	defer a.close()
	users, items := map[string]bool{}, map[string]bool{}
	err = a.users(func(u *promptz.User) error {
		users[u.ID] = true
		return context.Cause(ctx)
	})
	if err != nil {
		return err
	}
	for {
		in, err := a.item()
		if errors.Is(err, io.EOF) {
			return verifyCounts(ctx, a, items, users)
		}
		if err != nil {
			return err
		}
		items[in.item.ID] = true
		// What is public and nobody's is left of an erased account.
		if !users[in.item.OwnerID] && !in.item.Public() {
			return refusal("The owner of %q in it is not among its users.", itemFile(in.item.ID))
		}
		if err := verifyVersions(ctx, in); err != nil {
			return err
		}
	}
}

func verifyVersions(ctx context.Context, in *itemReader) error {
	for {
		_, last, err := in.next()
		if err != nil || last {
			return err
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
}

// restore writes one archive that was verified.
type restore struct {
	importer *Importer
	rec      *recorder
	name     string          // of the archive
	without  map[string]bool // users who could not be made
}

func (r *restore) run(ctx context.Context, f io.Reader, limit int) error {
	a, err := openArchiveReader(f, r.importer.now(), archiveLimits)
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.users(func(u *promptz.User) error { return r.user(ctx, u) }); err != nil {
		return err
	}
	counting := ctx // the group's ends with its workers
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(limit)
	err = r.items(ctx, a, workers)
	if failed := workers.Wait(); failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	return r.counts(counting, a)
}

func (r *restore) items(ctx context.Context, a *archiveReader, workers *errgroup.Group) error {
	for {
		in, err := a.item()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r.rec.found()
		if err := r.item(ctx, in, workers); err != nil {
			return err
		}
	}
}

// user makes a user, unless there is one with the same id.
func (r *restore) user(ctx context.Context, u *promptz.User) error {
	users := r.importer.users
	_, err := users.FindUser(ctx, u.ID)
	if err == nil {
		return nil
	}
	if promptz.ErrorCode(err) != promptz.CodeNotFound {
		return err
	}
	u.CreatedAt = r.importer.now()
	err = users.CreateUser(ctx, u)
	if promptz.ErrorCode(err) == promptz.CodeConflict {
		r.without[u.ID] = true
		r.rec.found()
		return r.rec.refused(r.path(usersFile+"#"+u.ID), refusal(
			"The handle %s belongs to somebody else here. Change the handle of one of the two, and import again.", u.Handle))
	}
	if err != nil {
		return err
	}
	r.rec.madeUser()
	return nil
}

// path names something in the archive.
func (r *restore) path(name string) string { return r.name + "/" + name }
