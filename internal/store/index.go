package store

// The collections.
const (
	LibraryCollection   = "library"   // items and all that hangs on them
	IdentityCollection  = "identity"  // users and their credentials
	EphemeralCollection = "ephemeral" // limits and leases; worth no backup
)

// KeyField is the name of every document's key, a string.
const KeyField = "id"

// TTLField is the attribute, in Unix seconds, after which a document is absent.
const TTLField = "expires"

// Index declares that a collection can be queried by Partition, in the order of
// Sort. Both are attributes that hold strings; a document that lacks them is
// not on the index, and no two indexes of a collection share one.
type Index struct {
	Collection string
	Name       string
	Partition  string
	Sort       string
	KeysOnly   bool // holds the key and its own attributes, not the document
}

// The indexes that queries name.
var (
	feedIndex       = Index{Collection: LibraryCollection, Name: "feed", Partition: "feedKind", Sort: "feedSort"}
	updatedIndex    = Index{Collection: LibraryCollection, Name: "updated", Partition: "updatedKind", Sort: "updatedSort"}
	ownedIndex      = Index{Collection: LibraryCollection, Name: "owned", Partition: "ownedBy", Sort: "ownedSort"}
	authoredIndex   = Index{Collection: LibraryCollection, Name: "authored", Partition: "authoredBy", Sort: "authoredSort"}
	dueIndex        = Index{Collection: LibraryCollection, Name: "due", Partition: "dueShard", Sort: "dueSort", KeysOnly: true}
	expiryIndex     = Index{Collection: LibraryCollection, Name: "expiry", Partition: "expiryShard", Sort: "expirySort", KeysOnly: true}
	starrerIndex    = Index{Collection: LibraryCollection, Name: "starrer", Partition: "starrer", Sort: "starrerSort", KeysOnly: true}
	stargazersIndex = Index{Collection: LibraryCollection, Name: "stargazers", Partition: "starred", Sort: "starredSort", KeysOnly: true}
	rankIndex       = Index{Collection: LibraryCollection, Name: "rank", Partition: "rankKind", Sort: "rankSort", KeysOnly: true}
	trendIndex      = Index{Collection: LibraryCollection, Name: "trend", Partition: "trendKind", Sort: "trendSort", KeysOnly: true}
	execsIndex      = Index{Collection: LibraryCollection, Name: "execs", Partition: "execsOf", Sort: "execsSort", KeysOnly: true}
	deadIndex       = Index{Collection: LibraryCollection, Name: "dead", Partition: "deadShard", Sort: "deadSort", KeysOnly: true}
	outboxIndex     = Index{Collection: LibraryCollection, Name: "outbox", Partition: "outboxShard", Sort: "outboxSort", KeysOnly: true}
	holderIndex     = Index{Collection: IdentityCollection, Name: "holder", Partition: "heldBy", Sort: "heldSort"}

	identityDueIndex     = Index{Collection: IdentityCollection, Name: "due", Partition: "dueShard", Sort: "dueSort", KeysOnly: true}
	identityOutboxIndex  = Index{Collection: IdentityCollection, Name: "outbox", Partition: "outboxShard", Sort: "outboxSort", KeysOnly: true}
	ephemeralExpiryIndex = Index{Collection: EphemeralCollection, Name: "expiry", Partition: "expiryShard", Sort: "expirySort", KeysOnly: true}
	identityExpiryIndex  = Index{Collection: IdentityCollection, Name: "expiry", Partition: "expiryShard", Sort: "expirySort", KeysOnly: true}
)

// Indexes is the one declaration of all indexes: the root makes SQLite's from
// it, and Terraform's tables follow it.
var Indexes = []Index{
	feedIndex, updatedIndex, ownedIndex, authoredIndex, starrerIndex, stargazersIndex, rankIndex, trendIndex,
	dueIndex, expiryIndex, outboxIndex, execsIndex, deadIndex,
	holderIndex, identityDueIndex, identityExpiryIndex, identityOutboxIndex,
	ephemeralExpiryIndex,
}

// IndexesOf gives the indexes of one collection.
func IndexesOf(collection string) []Index {
	var of []Index
	for _, i := range Indexes {
		if i.Collection == collection {
			of = append(of, i)
		}
	}
	return of
}
