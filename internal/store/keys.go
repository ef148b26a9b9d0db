package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// schema is the number v that every document is written with.
const schema = 1

// shards is in how many partitions the work lists are spread.
const shards = 16

// afterAll is a sort value after every other, since all begin with a digit.
const afterAll = "~"

// EventPrefix begins the keys of events that wait for their numbers.
const EventPrefix = "event#"

func itemKey(id string) string               { return "item#" + id }
func statsKey(id string) string              { return "stats#" + id }
func versionKey(id string, n int) string     { return fmt.Sprintf("version#%s#%06d", id, n) }
func contentKey(id string, n, k int) string  { return fmt.Sprintf("content#%s#%d#%d", id, n, k) }
func userKey(id string) string               { return "user#" + id }
func handleKey(folded string) string         { return "handle#" + folded }
func apiKeyKey(hash [32]byte) string         { return "key#" + hex.EncodeToString(hash[:]) }
func apiKeyIDKey(id string) string           { return "keyid#" + id }
func challengeKey(id string) string          { return "challenge#" + id }
func deliveryKey(id string) string           { return "mail#" + id }
func sessionKey(id string) string            { return "session#" + id }
func deviceKey(hash []byte) string           { return "device#" + hex.EncodeToString(hash) }
func signingKey(id string) string            { return "signing#" + id }
func rateKey(key string) string              { return "rate#" + hashed(key) }
func leaseKey(name string) string            { return "lease#" + name }
func onceKey(user, key string) string        { return "idem#" + user + "#" + hashed(key) }
func eventKey(id string) string              { return EventPrefix + id }
func cursorKey(reader string) string         { return "cursor#" + reader }
func starKey(user, item string) string       { return "star#" + user + "#" + item }
func interactionKey(mark string) string      { return "once#" + mark }
func seenKey(consumer, event string) string  { return "seen#" + consumer + "#" + event }
func retryKey(consumer, event string) string { return "retry#" + consumer + "#" + event }
func sourceKey(owner, path string) string    { return "src#" + owner + "#" + hashed(path) }

// rootKey is the key of the one document that holds the root key.
const rootKey = "root"

func hashed(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// sortValue makes "<milliseconds>#<id>", which sorts by time and then by id.
func sortValue(t time.Time, id string) string {
	return fmt.Sprintf("%013d#%s", t.UnixMilli(), id)
}

// ownedPartition is a partition of the indexes by user and kind.
func ownedPartition(user, kind string) string { return user + "#" + kind }

// keysOf is the partition of the holder index with a user's API keys.
func keysOf(user string) string { return "key#" + user }

// sessionsOf is the partition of the holder index with a user's sessions.
func sessionsOf(user string) string { return "session#" + user }

// shardOf spreads keys evenly over the partitions of a work list.
func shardOf(key string) string {
	h := fnv.New32a()
	h.Write([]byte(key))
	return shardName(int(h.Sum32() % shards))
}

// shardName is a partition of a work list; n is from 0 to shards-1.
func shardName(n int) string { return fmt.Sprintf("%02d", n) }

// idIn gives what follows the prefix of a key.
func idIn(key string) string {
	_, id, _ := strings.Cut(key, "#")
	return id
}

// millis is how times are stored; the zero time is 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// latest is the later of two times.
func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
