package api

import (
	"context"
	"net/http"

	openapi_types "github.com/oapi-codegen/runtime/types"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// Interactions is what the API does with stars and counts; package library has
// them.
type Interactions interface {
	StarItem(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) (promptz.Stats, error)
	UnstarItem(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) (promptz.Stats, error)
	FindStarredItems(ctx context.Context, p promptz.Principal, position string, limit int) (promptz.ItemPage, error)
	Interact(ctx context.Context, p promptz.Principal, kind promptz.Kind, id, visitor string, action promptz.Interaction) (counted bool, err error)
	View(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) error
	FindStats(ctx context.Context, p promptz.Principal, kind promptz.Kind, id string) (item *promptz.Item, days []promptz.DayStats, err error)
}

// StarItem makes the caller's star stand.
func (s *server) StarItem(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref) {
	s.setStar(w, r, items, ref, true)
}

// UnstarItem takes the caller's star back.
func (s *server) UnstarItem(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref) {
	s.setStar(w, r, items, ref, false)
}

func (s *server) setStar(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref, starred bool) {
	s.answer(w, r, func() error {
		t, err := parseTarget(items, ref)
		if err != nil {
			return err
		}
		set := s.Library.UnstarItem
		if starred {
			set = s.Library.StarItem
		}
		stats, err := set(r.Context(), principalOf(r.Context()), t.kind, t.id)
		if err != nil {
			return err
		}
		return respondJSON(w, r, http.StatusOK, 0, contract.Star{Starred: starred, Stars: stats.Stars})
	})
}

// ListMyStars answers with what the caller has starred.
func (s *server) ListMyStars(w http.ResponseWriter, r *http.Request, params contract.ListMyStarsParams) {
	s.answer(w, r, func() error {
		p := principalOf(r.Context())
		query := "stars\n" + p.UserID
		position, err := readCursor(query, params.Cursor, itemPosition)
		if err != nil {
			return err
		}
		page, err := s.Library.FindStarredItems(r.Context(), p, position, limitOr(params.Limit))
		if err != nil {
			return err
		}
		return respondPage(w, r, query, page)
	})
}

// CopyItem counts a copy.
func (s *server) CopyItem(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref) {
	s.answer(w, r, func() error {
		t, err := parseTarget(items, ref)
		if err != nil {
			return err
		}
		counted, err := s.Library.Interact(r.Context(), principalOf(r.Context()), t.kind, t.id, s.Visitor(r), promptz.InteractionCopy)
		if err != nil {
			return err
		}
		return respondUncached(w, r, contract.Counted{Counted: counted})
	})
}

// ViewItem counts a view.
func (s *server) ViewItem(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref) {
	s.answer(w, r, func() error {
		t, err := parseTarget(items, ref)
		if err != nil {
			return err
		}
		if err := s.Library.View(r.Context(), principalOf(r.Context()), t.kind, t.id); err != nil {
			return err
		}
		return respondUncached(w, r, contract.Counted{Counted: true})
	})
}

// DownloadItem answers with an item as a file, and counts that.
func (s *server) DownloadItem(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref, _ contract.DownloadItemParams) {
	s.answer(w, r, func() error {
		t, err := parseTarget(items, ref)
		if err != nil {
			return err
		}
		p := principalOf(r.Context())
		item, err := s.Library.FindItem(r.Context(), p, t.kind, t.id)
		if err != nil {
			return err
		}
		text, mediaType, extension, err := FileOf(item)
		if err != nil {
			return err
		}
		rep := representation{http.StatusOK, mediaType, item.Revision, text}
		if r.Method == http.MethodGet && matching(r.Header.Get("If-None-Match"), tagOf(rep.revision, rep.body)) == "" {
			if _, err := s.Library.Interact(r.Context(), p, t.kind, t.id, s.Visitor(r), promptz.InteractionDownload); err != nil {
				return err
			}
		}
		setLocation(w, t, item)
		respondFile(w, r, item.Slug()+extension, rep)
		return nil
	})
}

// FileOf gives the file that the tools of an item's kind read, its media type, and
// how its name ends.
func FileOf(item *promptz.Item) (text []byte, mediaType, extension string, err error) {
	if info, _ := item.Kind.Info(); info.HasAgent {
		text, err := agentFile(item)
		return text, typeJSON, ".json", err
	}
	return []byte(item.Content), typeMarkdown + "; charset=utf-8", ".md", nil
}

// markdownOf gives an item's content as it is.
func markdownOf(item *promptz.Item) representation {
	return representation{http.StatusOK, typeMarkdown + "; charset=utf-8", item.Revision, []byte(item.Content)}
}

// GetItemStats answers with an item's counts.
func (s *server) GetItemStats(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref, _ contract.GetItemStatsParams) {
	s.answer(w, r, func() error {
		t, err := parseTarget(items, ref)
		if err != nil {
			return err
		}
		item, days, err := s.Library.FindStats(r.Context(), principalOf(r.Context()), t.kind, t.id)
		if err != nil {
			return err
		}
		setLocation(w, t, item)
		return respondJSON(w, r, http.StatusOK, 0, contract.ItemStats{Stats: statsShape(item.Stats), Days: daysShape(days)})
	})
}

func daysShape(days []promptz.DayStats) []contract.DayStats {
	shapes := make([]contract.DayStats, len(days))
	for i, d := range days {
		shapes[i] = contract.DayStats{
			Day: openapi_types.Date{Time: d.Day}, Stars: d.Stars, Copies: d.Copies, Downloads: d.Downloads, Views: d.Views,
		}
	}
	return shapes
}

// agentFile gives an agent in the form that Amazon Q Developer CLI reads, see
// [promptz.AgentSettings].
func agentFile(item *promptz.Item) ([]byte, error) {
	settings := item.Agent
	if settings == nil {
		settings = &promptz.AgentSettings{}
	}
	return encode(struct {
		Name        string `json:"name"`
		Description string `json:"description"`
		Prompt      string `json:"prompt,omitempty"`
		promptz.AgentSettings
	}{item.Name, item.Description, item.Content, *settings})
}
