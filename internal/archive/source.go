package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"unicode/utf8"

	"promptz/internal/promptz"
)

// mapping is the version of how sources become items. One up, and every source
// counts as changed at its next import.
const mapping = "1"

// Limits on what is read, in bytes.
const (
	maxFileBytes        = 4 << 20  // of a file that is one source, or part of one
	maxCSVBytes         = 64 << 20 // of a CSV file, which is read row by row
	maxFrontMatterBytes = 64 << 10
)

// source is one thing found: an item to be, or why it is none.
type source struct {
	path    string
	item    promptz.Import
	notes   []string
	refused error  // why it cannot become an item
	skipped string // why it is not meant to be one
}

// refusal is why a source cannot become an item, in words for people.
func refusal(format string, args ...any) error {
	return promptz.Errorf(promptz.CodeNotValid, format, args...)
}

// hashOf is the SHA-256, in hex, of the parts that a source consists of. Their
// lengths keep them apart.
func hashOf(parts ...string) string {
	h := sha256.New()
	fmt.Fprintf(h, "promptz-source-%s\n", mapping)
	for _, part := range parts {
		fmt.Fprintf(h, "%d:", len(part))
		io.WriteString(h, part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// readText reads a text file whole. It refuses what is too large before reading
// it, and what is not UTF-8.
func readText(fsys fs.FS, name string) (string, error) {
	f, err := openFile(fsys, name, maxFileBytes)
	if err != nil {
		return "", err
	}
	defer f.Close()
	// One byte more than allowed: the file may have grown since it was measured.
	b, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return "", unreadable(err)
	}
	if len(b) > maxFileBytes {
		return "", tooLarge(maxFileBytes)
	}
	if !utf8.Valid(b) {
		return "", refusal("It is not UTF-8.")
	}
	return string(bytes.TrimPrefix(b, byteOrderMark)), nil
}

var byteOrderMark = []byte("\ufeff")

// openFile opens a regular file of at most limit bytes.
func openFile(fsys fs.FS, name string, limit int64) (fs.File, error) {
	// Measured before it is opened: opening a pipe would wait for its writer.
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, unreadable(err)
	}
	if !info.Mode().IsRegular() {
		return nil, refusal("It is not a regular file.")
	}
	if info.Size() > limit {
		return nil, tooLarge(limit)
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, unreadable(err)
	}
	return f, nil
}

func tooLarge(limit int64) error {
	return promptz.Errorf(promptz.CodeTooLarge, "It is larger than %d MiB.", limit>>20)
}
