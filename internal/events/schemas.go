package events

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"promptz/internal/promptz"
)

//go:embed schemas
var schemas embed.FS

// SchemaFiles holds the JSON Schema of the data of every type, named as
// [SchemaPath] says after "/schemas/".
func SchemaFiles() fs.FS {
	files, err := fs.Sub(schemas, "schemas")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return files
}

// SchemaPath is where the JSON Schema of a type's data is served:
// "/schemas/item.starred.v1.json".
func SchemaPath(t promptz.EventType) string {
	return fmt.Sprintf("/schemas/%s.v%d.json", strings.TrimPrefix(string(t), "promptz."), schemaVersion)
}
