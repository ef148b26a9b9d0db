package config

import (
	"fmt"
	"strings"
)

// unknown says that no key has a name in a spelling, and which may have been
// meant.
func unknown(what, name string, spelling func(key) string) string {
	said := fmt.Sprintf("%s: there is no such %s", showWords(name), what)
	if k, ok := nearest(name); ok {
		said += "; did you mean " + spelling(k) + "?"
	}
	return said
}

// nearest is the key whose name is likest to a name in any spelling. What shares
// less than half of its letters is not like it.
func nearest(name string) (best key, ok bool) {
	name = folded(strings.TrimPrefix(name, variablePrefix))
	least := 0
	for _, k := range keys {
		known := folded(k.name)
		d := distance(name, known)
		if 2*d < max(len(name), len(known)) && (!ok || d < least) {
			best, least, ok = k, d, true
		}
	}
	return best, ok
}

// folded is a name without what sets its spellings apart.
func folded(name string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
}

// distance is how many letters must be added, removed or changed to make b of a
// (Levenshtein's).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := left
			if a[i] != b[j] {
				changed++
			}
			left = row[j+1]
			row[j+1] = min(changed, row[j]+1, left+1)
		}
	}
	return row[len(b)]
}
