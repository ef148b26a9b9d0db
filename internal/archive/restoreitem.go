package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"promptz/internal/promptz"
)

// versionPage is how many versions are asked for at a time.
const versionPage = 100

// restoredItem is an item on its way into the store. Its versions are written by
// many workers, the card by the one that has the last version.
type restoredItem struct {
	item     *promptz.Item
	texts    string                           // see itemReader; for the last worker
	presence func() (promptz.Presence, error) // of the item as its first worker began
	earlier  sync.WaitGroup                   // for the workers on all versions but the last
	failed   atomic.Bool                      // one of those
}

// item hands the versions of an item to the workers, one each.
func (r *restore) item(ctx context.Context, in *itemReader, workers *errgroup.Group) error {
	refused := r.without[in.item.OwnerID]
	it := &restoredItem{item: in.item}
	it.presence = sync.OnceValues(func() (promptz.Presence, error) {
		return r.importer.items.FindPresence(ctx, it.item.ID)
	})
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		v, last, err := in.next()
		switch {
		case err != nil:
			return err
		case refused && last:
			return r.rec.refused(r.path("items/"+it.item.ID), refusal("Its owner %s was refused.", it.item.OwnerID))
		case refused:
		case last:
			it.texts = in.texts()
			workers.Go(func() error { return r.last(ctx, it, v) })
			return nil
		default:
			it.earlier.Add(1)
			workers.Go(func() error { return r.version(ctx, it, v) })
		}
	}
}

// version writes a version that is not the last.
func (r *restore) version(ctx context.Context, it *restoredItem, v *promptz.Version) error {
	defer it.earlier.Done()
	presence, err := it.presence()
	if err == nil && presence == promptz.PresenceNone {
		err = r.importer.items.PutVersion(ctx, v)
	}
	if err != nil {
		it.failed.Store(true)
	}
	return err
}

// last writes the last version and then the card, unless the item is there
// already. It never waits for a worker that has not begun.
func (r *restore) last(ctx context.Context, it *restoredItem, v *promptz.Version) error {
	it.earlier.Wait()
	if it.failed.Load() {
		return nil // the worker that failed says why
	}
	presence, err := it.presence()
	if err != nil {
		return err
	}
	if presence != promptz.PresenceNone {
		return r.compare(ctx, it)
	}
	items := r.importer.items
	if err := items.PutVersion(ctx, v); err != nil {
		return err
	}
	err = items.CreateCard(ctx, it.item)
	if promptz.ErrorCode(err) == promptz.CodeConflict { // made meanwhile
		return r.compare(ctx, it)
	}
	if err != nil {
		return err
	}
	r.rec.imported(r.path("items/"+it.item.ID), promptz.ImportCreated, nil)
	return nil
}

// compare says how an item of the archive stands to what is here already.
func (r *restore) compare(ctx context.Context, it *restoredItem) error {
	id := it.item.ID
	path := r.path("items/" + id)
	here, err := r.importer.items.FindItem(ctx, id, true)
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		r.rec.imported(path, promptz.ImportDeleted, nil)
		return nil
	}
	if err != nil {
		return err
	}
	texts, err := r.textsHere(ctx, here)
	if err != nil {
		return err
	}
	if texts != it.texts {
		return r.rec.refused(path, refusal("There is an item %s here with other versions.", id))
	}
	r.rec.imported(path, promptz.ImportUnchanged, nil)
	return nil
}

// textsHere is what itemReader.texts would give for an item that is here.
func (r *restore) textsHere(ctx context.Context, item *promptz.Item) (string, error) {
	digests := sha256.New()
	for from := 1; from <= item.Version; from += versionPage {
		to := min(from+versionPage-1, item.Version)
		versions, err := r.importer.items.FindVersions(ctx, item.ID, from, to)
		if err != nil {
			return "", err
		}
		for _, v := range slices.Backward(versions) {
			addDigest(digests, v)
		}
	}
	return hex.EncodeToString(digests.Sum(nil)), nil
}
