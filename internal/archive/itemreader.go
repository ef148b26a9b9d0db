package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"promptz/internal/promptz"
)

// itemReader reads one item of an archive, version by version.
type itemReader struct {
	archive *archiveReader
	facts   *factsReader
	item    *promptz.Item // with what it has of its current version once that was read
	count   int           // of the versions that were read
	digests hash.Hash     // see addDigest
}

// newItemReader reads what is said of the item id but its versions.
func newItemReader(a *archiveReader, id string) (*itemReader, error) {
	r := &itemReader{archive: a, facts: newFactsReader(a.facts, a.limits.facts), digests: sha256.New()}
	j, err := r.facts.head()
	if err != nil {
		return nil, wrongItem(id, err)
	}
	if j.ID != id {
		return nil, refusal("%q in it is about the item %q.", itemFile(id), j.ID)
	}
	r.item = j.item()
	if err := checkItem(r.item, a.latest); err != nil {
		return nil, wrongItem(id, err)
	}
	return r, nil
}

func wrongItem(id string, err error) error {
	return refusal("%q in it: %v.", itemFile(id), err)
}

// next reads the next version. With the last one the item is complete.
func (r *itemReader) next() (v *promptz.Version, last bool, err error) {
	r.count++
	j, last, err := r.facts.version()
	switch {
	case err != nil:
		return nil, false, r.wrong(err)
	case r.count > maxVersions:
		return nil, false, wrongItem(r.item.ID, fmt.Errorf("it has more than %d versions", maxVersions))
	case j.Number != r.count:
		return nil, false, wrongItem(r.item.ID, fmt.Errorf("version %d stands where version %d belongs", j.Number, r.count))
	}
	v = j.version(r.item.ID)
	if !v.Erased {
		content, err := r.archive.read(contentFile(v.ItemID, v.Number), r.archive.limits.content)
		if err != nil {
			return nil, false, err
		}
		v.Content = string(content)
	}
	if err := checkVersion(r.item, v, r.archive.latest); err != nil {
		return nil, false, r.wrong(err)
	}
	addDigest(r.digests, v)
	if last {
		if err := complete(r.item, v); err != nil {
			return nil, false, wrongItem(r.item.ID, err)
		}
	}
	return v, last, nil
}

// wrong is the refusal of the version that was read last.
func (r *itemReader) wrong(err error) error {
	return wrongItem(r.item.ID, fmt.Errorf("version %d: %w", r.count, err))
}

// texts stands for the texts of all versions that were read.
func (r *itemReader) texts() string { return hex.EncodeToString(r.digests.Sum(nil)) }

// addDigest adds the next version of an item to what stands for the texts of all
// of them: one hash, since the digests of a million versions are many.
func addDigest(h hash.Hash, v *promptz.Version) {
	io.WriteString(h, v.Digest+"\n")
}
