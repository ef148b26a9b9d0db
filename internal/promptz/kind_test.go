package promptz_test

import (
	"testing"

	"promptz/internal/promptz"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	plurals := map[promptz.Kind]string{
		promptz.KindPrompt: "prompts", promptz.KindRule: "rules", promptz.KindAgent: "agents",
		"": "", "prompts": "", "Prompt": "", "skill": "",
	}
	for kind, plural := range plurals {
		info, ok := kind.Info()
		if ok != (plural != "") || info.Plural != plural || kind.Plural() != plural || ok && info.Kind != kind {
			t.Errorf("%q: Info = %+v, %t, Plural = %q, want plural %q", kind, info, ok, kind.Plural(), plural)
		}
		if plural == "" {
			continue
		}
		if got, ok := promptz.KindOfPlural(plural); got != kind || !ok {
			t.Errorf("KindOfPlural(%q) = %q, %t", plural, got, ok)
		}
	}
	for _, plural := range []string{"", "prompt", "Prompts", "skills"} {
		if kind, ok := promptz.KindOfPlural(plural); ok {
			t.Errorf("KindOfPlural(%q) = %q", plural, kind)
		}
	}
	if len(promptz.Kinds) != 3 {
		t.Errorf("%d kinds: this test knows three", len(promptz.Kinds))
	}
}

func TestItem(t *testing.T) {
	t.Parallel()
	item := promptz.Item{ID: someID, Text: promptz.Text{Name: "Crème"}}
	if got := item.Slug(); got != "creme-"+someID {
		t.Errorf("Slug = %q", got)
	}
	for visibility, public := range map[promptz.Visibility]bool{promptz.VisibilityPublic: true, promptz.VisibilityPrivate: false, "": false, "Public": false} {
		item.Visibility = visibility
		if item.Public() != public {
			t.Errorf("Public of %q = %t", visibility, item.Public())
		}
	}
}
