package archive

import (
	"context"
	"io"
	"time"

	"promptz/internal/promptz"
)

// Limits are those of limits that a test makes small.
type Limits struct {
	Facts, Content, Total int64
	Files                 int
}

// Verify is verify, with limits that a test can reach.
func Verify(ctx context.Context, r io.Reader, now time.Time, small Limits) error {
	l := archiveLimits
	l.facts, l.content, l.total, l.files = small.Facts, small.Content, small.Total, small.Files
	return verify(ctx, r, now, l)
}

// PageItem is what a page of Markdown becomes.
func PageItem(text string) (promptz.Import, error) {
	said, err := parsePage(text)
	if err != nil {
		return promptz.Import{}, err
	}
	item, _ := said.item(promptz.KindPrompt, "A page")
	return item, nil
}
