package archive

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"promptz/internal/promptz"
)

// The columns of a CSV file that become items.
const (
	actColumn    = "act" // the name
	promptColumn = "prompt"
)

// row is one row of a CSV file.
type row struct {
	act, prompt string
	line        int // on which it begins, from 1
}

// firstRow is the first row with some act.
type firstRow struct {
	hash string
	line int
}

// csv emits the rows of a CSV file, all of them or, when the file as such is
// broken, none: a quotation mark in the wrong place makes one row of many.
func (t *tree) csv(name string) error {
	dropped, err := t.eachRow(name, func(row) error { return nil })
	if err != nil {
		return t.refuse(name, err)
	}
	first := map[string]firstRow{} // by folded act
	_, err = t.eachRow(name, func(r row) error {
		s := t.row(name, r)
		for _, column := range dropped {
			s.notes = append(s.notes, column+": read, not kept")
		}
		key := promptz.FoldTag(r.act)
		if earlier, again := first[key]; again {
			return t.emit(repeated(s, earlier))
		}
		first[key] = firstRow{hash: s.item.Hash, line: r.line}
		return t.emit(s)
	})
	if promptz.ErrorCode(err) == promptz.CodeNotValid { // changed while it was read
		return t.refuse(name, err)
	}
	return err
}

// repeated is what becomes of a row whose act an earlier one has already: the
// act names the row, so only one of them can be an item.
func repeated(s source, earlier firstRow) source {
	if s.item.Hash == earlier.hash {
		return source{path: s.path, skipped: "the same as an earlier row"}
	}
	return source{path: s.path, refused: refusal("The row on line %d has the same act and another prompt.", earlier.line)}
}

// row makes a source of a row. It is a prompt where nothing says another kind.
func (t *tree) row(name string, r row) source {
	s := source{path: t.path(name) + "#" + promptz.FoldTag(r.act)}
	if r.act == "" {
		s.refused = refusal("The row on line %d has no act.", r.line)
		return s
	}
	kind, ok := t.kindOf(name)
	if !ok {
		kind = promptz.KindPrompt
	}
	said := &statement{name: r.act, content: r.prompt}
	s.item, s.notes = said.item(kind, "")
	s.item.Path, s.item.Hash = s.path, hashOf(r.act, r.prompt)
	return s
}

// eachRow reads a CSV file (RFC 4180) row by row, and gives the names of the
// columns that it leaves out.
func (t *tree) eachRow(name string, each func(row) error) (dropped []string, err error) {
	f, err := openFile(t.fsys, name, maxCSVBytes)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := bufio.NewReader(io.LimitReader(f, maxCSVBytes))
	if mark, _ := b.Peek(len(byteOrderMark)); bytes.Equal(mark, byteOrderMark) {
		b.Discard(len(byteOrderMark))
	}
	r := csv.NewReader(b)
	r.ReuseRecord = true
	act, prompt, dropped, err := columns(r)
	if err != nil {
		return nil, err
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return dropped, nil
		}
		if err != nil {
			return nil, refusal("It is not CSV: %v.", err)
		}
		line, _ := r.FieldPos(0)
		if !utf8.ValidString(record[act]) || !utf8.ValidString(record[prompt]) {
			return nil, refusal("The row on line %d is not UTF-8.", line)
		}
		if err := each(row{strings.Join(strings.Fields(record[act]), " "), record[prompt], line}); err != nil {
			return nil, err
		}
	}
}

// columns reads the first row and tells where the columns stand.
func columns(r *csv.Reader) (act, prompt int, dropped []string, err error) {
	header, err := r.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, nil, refusal("It is not CSV: %v.", err)
	}
	names := make([]string, len(header))
	for i, name := range header {
		names[i] = strings.ToLower(strings.TrimSpace(name))
		if names[i] != actColumn && names[i] != promptColumn {
			dropped = append(dropped, strings.ToValidUTF8(names[i], "\ufffd"))
		}
	}
	act, prompt = slices.Index(names, actColumn), slices.Index(names, promptColumn)
	if act < 0 || prompt < 0 {
		return 0, 0, nil, refusal("It has no columns %q and %q in its first row.", actColumn, promptColumn)
	}
	return act, prompt, dropped, nil
}
