// Package archive brings content in and out: it imports folders of Markdown,
// agents, CSV files and archives, and exports everything as one archive.
//
// An import goes through three stages. A reader (folder.go, and markdown.go,
// agent.go and csv.go for the formats) finds sources and says what each of them
// holds; mend.go makes what they lack and notes it; importer.go hands the items
// to the library, many at a time. What is refused is named with its reason and
// leaves nothing behind.
//
// An archive (layout.go) is a .tar.gz of plain files in one fixed order, so that
// the same content gives the same bytes. It is written (export.go) and read
// (archivereader.go, restore.go) one version at a time: how long an item's
// history is matters to the disk alone.
//
// It leans on package promptz, on go.yaml.in/yaml for front matter, and on the
// interfaces declared in ports.go.
package archive
