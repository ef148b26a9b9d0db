package terraformtest

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"promptz/internal/promptz"
	"promptz/internal/store"
)

// Declared is what the code declares and Terraform makes: its JSON is
// terraform/aws/declared.json.
type Declared struct {
	Tables   map[string]Table `json:"tables"` // by collection
	Outbox   string           `json:"outbox"` // begins the keys that the relay waits for
	Events   []string         `json:"events"`
	Machines []string         `json:"machines"`
}

// Table is one collection.
type Table struct {
	Key     string  `json:"key"`
	TTL     string  `json:"ttl"`
	Outbox  bool    `json:"outbox"` // events are written to it: the relay follows its stream
	Indexes []Index `json:"indexes"`
}

// Index is a global secondary index.
type Index struct {
	Name       string `json:"name"`
	Partition  string `json:"partition"`
	Sort       string `json:"sort"`
	Projection string `json:"projection"` // ALL or KEYS_ONLY
}

// Collections are all tables there are.
var Collections = []string{store.LibraryCollection, store.IdentityCollection, store.EphemeralCollection}

// machineSuffix ends the names of the machines' files.
const machineSuffix = ".asl.json"

// Declare gathers it. root is the folder of the repository, whose machines are
// files.
func Declare(root string) (Declared, error) {
	d := Declared{Tables: map[string]Table{}, Outbox: store.EventPrefix}
	for _, collection := range Collections {
		indexes := Indexes(collection)
		outbox := slices.ContainsFunc(indexes, func(i Index) bool { return i.Name == "outbox" })
		d.Tables[collection] = Table{Key: store.KeyField, TTL: store.TTLField, Outbox: outbox, Indexes: indexes}
	}
	for _, kind := range promptz.EventKinds {
		d.Events = append(d.Events, string(kind.Type))
	}
	files, err := filepath.Glob(filepath.Join(root, "internal/workflow/machines/*"+machineSuffix))
	if err != nil || len(files) == 0 {
		return d, fmt.Errorf("find machines below %s: %w", root, err)
	}
	for _, file := range files {
		d.Machines = append(d.Machines, strings.TrimSuffix(filepath.Base(file), machineSuffix))
	}
	return d, nil
}

// Indexes are those that a collection's table has.
func Indexes(collection string) []Index {
	indexes := []Index{} // a list also when it is JSON
	for _, i := range store.IndexesOf(collection) {
		if i.Name == "expiry" { // it is for stores without a TTL
			continue
		}
		projection := "ALL"
		if i.KeysOnly {
			projection = "KEYS_ONLY"
		}
		indexes = append(indexes, Index{i.Name, i.Partition, i.Sort, projection})
	}
	return indexes
}

// JSON gives what terraform/aws/declared.json has to hold.
func (d Declared) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(d, "", "  ")
	return append(text, '\n'), err
}
