package infra

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// preamble begins a diagnostic of init that says that there are others. It gives
// these twice.
const preamble = "Terraform encountered problems during initialisation"

// failure is the error of a command of terraform: its diagnostics in words, or
// what it wrote where it has none.
func failure(doing string, faults []tfjson.Diagnostic, err error) error {
	if len(faults) == 0 {
		return fmt.Errorf("terraform %s: %w", doing, plain(err))
	}
	var told []string
	for _, f := range faults {
		words := describe(f)
		if slices.Contains(told, words) || len(faults) > 1 && strings.HasPrefix(words, preamble) {
			continue
		}
		told = append(told, words)
	}
	return fmt.Errorf("terraform %s failed:\n%s", doing, strings.Join(told, "\n"))
}

// describe says what is wrong and where: the detail stands on lines of its own.
// The code around it and the values in it are left out: they may be secret.
func describe(d tfjson.Diagnostic) string {
	var b strings.Builder
	b.WriteString(d.Summary)
	where := []string{}
	if d.Range != nil {
		where = append(where, fmt.Sprintf("%s:%d", d.Range.Filename, d.Range.Start.Line))
	}
	if d.Address != "" {
		where = append(where, d.Address)
	}
	if len(where) > 0 {
		b.WriteString(" (" + strings.Join(where, ", ") + ")")
	}
	for row := range strings.Lines(strings.TrimSpace(d.Detail)) {
		b.WriteString("\n  " + strings.TrimRight(row, "\n"))
	}
	return b.String()
}

// plain takes the frame from what terraform writes for people.
func plain(err error) error {
	var rows []string
	for row := range strings.Lines(err.Error()) {
		row = strings.TrimSpace(strings.Trim(strings.TrimSpace(row), "╷│╵"))
		if row != "" {
			rows = append(rows, row)
		}
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if ok && len(rows) > 1 && rows[0] == exit.Error() {
		rows = rows[1:]
	}
	return errors.New(strings.Join(rows, "\n"))
}
