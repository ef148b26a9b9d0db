package archive_test

import (
	"bytes"
	"testing"

	"promptz/internal/promptz"
)

// What is public and stays when its owner's account is erased goes out and in as
// nobody's; drafts of theirs do not go out, even before they are removed.
func TestErasedOwner(t *testing.T) {
	t.Parallel()
	d := newDeployment(t)
	d.createUser(t, "0000000000bb", "bob")
	dir := write(t, "content", map[string]string{"prompts/public.md": goodPage, "prompts/draft.md": fullPage})
	if report, _ := d.run(t, "", dir); report.Created != 2 {
		t.Fatalf("report %+v", report.Counts)
	}
	public := 0
	for _, h := range d.all(t) {
		if h.Item.Public() {
			public++
		}
	}
	ann, err := d.identity.FindUser(t.Context(), annID)
	if err != nil || public != 1 {
		t.Fatalf("%d are public, %v", public, err)
	}
	if err := d.identity.BeginErasure(t.Context(), ann, promptz.Erasure{UserID: annID, KeepPublic: true, At: noon}); err != nil {
		t.Fatal(err)
	}
	out := d.export(t)
	again := newEmpty(t)
	again.createUser(t, "0000000000bb", "bob")
	again.ann.UserID = "0000000000bb" // whoever imports
	if report, rejects := again.run(t, "", archiveFile(t, out)); report.Created != 1 || len(rejects) != 0 {
		t.Fatalf("report %+v, rejects %v", report.Counts, rejects)
	}
	if all := again.all(t); len(all) != 1 || all[0].Item.OwnerID != annID || !all[0].Item.Public() {
		t.Errorf("came in: %+v", all)
	}
	if !bytes.Equal(out, again.export(t)) {
		t.Error("it does not go out the same again")
	}
}
