package promptz

// Kind says what an item is.
type Kind string

// The kinds of item.
const (
	KindPrompt Kind = "prompt"
	KindRule   Kind = "rule"
	KindAgent  Kind = "agent"
)

// KindInfo is what differs between kinds. Everything else is one code path.
type KindInfo struct {
	Kind            Kind
	Plural          string // its name in paths and folders
	ContentRequired bool   // whether an item must have content
	HasAgent        bool   // whether an item has agent settings
}

// Kinds is the table of kinds, in the order in which people are shown them. A
// new kind is a row here and a schema in openapi.yaml.
var Kinds = []KindInfo{
	{Kind: KindPrompt, Plural: "prompts", ContentRequired: true},
	{Kind: KindRule, Plural: "rules", ContentRequired: true},
	{Kind: KindAgent, Plural: "agents", HasAgent: true},
}

// Info gives the kind's row of [Kinds]; ok is false for an unknown kind.
func (k Kind) Info() (info KindInfo, ok bool) {
	for _, i := range Kinds {
		if i.Kind == k {
			return i, true
		}
	}
	return KindInfo{}, false
}

// Plural is the kind's name in paths, "" for an unknown kind.
func (k Kind) Plural() string {
	info, _ := k.Info()
	return info.Plural
}

// KindOfPlural gives the kind that a path or folder names: "prompts".
func KindOfPlural(plural string) (k Kind, ok bool) {
	for _, i := range Kinds {
		if i.Plural == plural {
			return i.Kind, true
		}
	}
	return "", false
}
