package activities

import (
	"context"
	"errors"
	"fmt"
	"io"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"promptz/internal/promptz"
	"promptz/internal/workflow"
	"promptz/internal/workflow/machines"
)

// inspection is what was found in an item.
type inspection struct {
	ID       string            `json:"id"` // the item's
	Safe     bool              `json:"safe"`
	Findings []promptz.Finding `json:"findings"`
}

// findPublic gives an item that everybody can read. It fails with
// [promptz.CodeNotFound].
func (d Deps) findPublic(ctx context.Context, id string) (*promptz.Item, error) {
	item, err := d.Items.FindItem(ctx, id, true)
	if err == nil && !item.Public() {
		err = promptz.Errorf(promptz.CodeNotFound, "The item is not public any more.")
	}
	return item, err
}

// inspect looks an item through.
func (d Deps) inspect(ctx context.Context, _ workflow.Call, subject machines.Subject) (any, error) {
	item, err := d.findPublic(ctx, subject.ID)
	if err != nil {
		return nil, err
	}
	findings, err := promptz.Findings(&item.Text)
	return inspection{subject.ID, len(findings) == 0, findings}, err
}

// exported is the file that was written.
type exported struct {
	Key     string `json:"key"`
	Version int    `json:"version"`
}

// writeExport writes an item's file, as the item is once the file is there: of two
// who write at the same time, the one with the older text would come last otherwise.
// An item that was taken back meanwhile has no file: whoever took it back before the
// file was there could not remove it.
func (d Deps) writeExport(ctx context.Context, _ workflow.Call, subject machines.Subject) (any, error) {
	item, err := d.findPublic(ctx, subject.ID)
	if err != nil {
		return nil, err
	}
	for {
		file, err := d.FileOf(item)
		if err != nil {
			return nil, err
		}
		key := exportKey(item.Kind, item.ID) + file.Extension
		if err := upload(ctx, d.Bucket, key, file); err != nil {
			return nil, fmt.Errorf("write export: %w", err)
		}
		now, err := d.findPublic(ctx, subject.ID)
		if err != nil {
			return nil, errors.Join(err, d.RemoveExport(ctx, item.Kind, item.ID))
		}
		if now.Revision == item.Revision {
			return exported{key, item.Version}, nil
		}
		item = now
	}
}

// Withdraw removes the file of an item that not everybody can read any more. public
// is true when everybody can again: the file has to be written anew then, since the
// one that was written may have been removed after that.
func (d Deps) Withdraw(ctx context.Context, kind promptz.Kind, id string) (public bool, err error) {
	if public, err = d.isPublic(ctx, id); err != nil || public {
		return public, err
	}
	if err := d.RemoveExport(ctx, kind, id); err != nil {
		return false, err
	}
	return d.isPublic(ctx, id)
}

func (d Deps) isPublic(ctx context.Context, id string) (bool, error) {
	_, err := d.findPublic(ctx, id)
	if promptz.ErrorCode(err) == promptz.CodeNotFound {
		return false, nil
	}
	return err == nil, err
}

func upload(ctx context.Context, bucket *blob.Bucket, key string, file File) (err error) {
	// A write that fails must not be committed by Close.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: file.MediaType})
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, file.Body); err != nil {
		cancel()
		_ = w.Close() // it says that it was cancelled
		return err
	}
	return w.Close()
}

// exportKey is the name of an item's file, but for its extension.
func exportKey(kind promptz.Kind, id string) string { return "exports/" + kind.Plural() + "/" + id }

// RemoveExport removes the file of an item that not everybody can read any more;
// it is no error that there is none.
func (d Deps) RemoveExport(ctx context.Context, kind promptz.Kind, id string) error {
	files := d.Bucket.List(&blob.ListOptions{Prefix: exportKey(kind, id)})
	for {
		file, err := files.Next(ctx)
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = d.Bucket.Delete(ctx, file.Key)
		}
		if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return fmt.Errorf("remove export: %w", err)
		}
	}
}
