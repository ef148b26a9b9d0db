package archive

import (
	"context"
	"io"

	"promptz/internal/promptz"
)

// Verify is verify, with limits that a test can reach.
func Verify(ctx context.Context, r io.Reader, itemBytes, totalBytes int64, files int) error {
	l := archiveLimits
	l.item, l.total, l.files = itemBytes, totalBytes, files
	return verify(ctx, r, l)
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
