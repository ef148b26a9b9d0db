package api

import (
	"net/http"
	"net/url"
	"strings"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// defaultLimit is how many entries a page has whose request does not say.
const defaultLimit = 20

func limitOr(limit int) int {
	if limit == 0 {
		return defaultLimit
	}
	return limit
}

// ListItems answers with public items of a kind.
func (s *server) ListItems(w http.ResponseWriter, r *http.Request, items contract.Items, params contract.ListItemsParams) {
	s.answer(w, r, func() error {
		kind, _ := promptz.KindOfPlural(string(items))
		f := promptz.ItemFilter{
			Kinds: []promptz.Kind{kind},
			Sort:  promptz.SortNewest,
			Limit: limitOr(params.Limit),
		}
		if params.Sort != "" {
			f.Sort = promptz.Sort(params.Sort)
		}
		if params.Owner == "" {
			return s.respondItems(w, r, f, params.Cursor)
		}
		if f.Sort != promptz.SortNewest {
			return promptz.Errorf(CodeUnreadable, "With owner, the only sort is %s.", promptz.SortNewest)
		}
		owner, err := s.Accounts.FindUser(r.Context(), params.Owner)
		if promptz.ErrorCode(err) == promptz.CodeNotFound {
			return respondJSON(w, r, http.StatusOK, 0, contract.ItemList{Items: []contract.ItemSummary{}})
		}
		if err != nil {
			return err
		}
		f.OwnerID = owner.ID
		return s.respondItems(w, r, f, params.Cursor)
	})
}

// ListUserItems answers with a user's public items.
func (s *server) ListUserItems(w http.ResponseWriter, r *http.Request, handle contract.Handle, params contract.ListUserItemsParams) {
	s.answer(w, r, func() error {
		owner, err := s.Accounts.FindUser(r.Context(), handle)
		if err != nil {
			return err
		}
		return s.respondItems(w, r, promptz.ItemFilter{
			Kinds:   kindsOf(string(params.Kind)),
			OwnerID: owner.ID,
			Sort:    promptz.SortNewest,
			Limit:   limitOr(params.Limit),
		}, params.Cursor)
	})
}

// ListMyItems answers with the caller's items, drafts too.
func (s *server) ListMyItems(w http.ResponseWriter, r *http.Request, params contract.ListMyItemsParams) {
	s.answer(w, r, func() error {
		return s.respondItems(w, r, promptz.ItemFilter{
			Kinds:   kindsOf(string(params.Kind)),
			OwnerID: principalOf(r.Context()).UserID,
			Drafts:  true,
			Sort:    promptz.SortUpdated,
			Limit:   limitOr(params.Limit),
		}, params.Cursor)
	})
}

// kindsOf gives the kind alone, or all when there is none.
func kindsOf(kind string) []promptz.Kind {
	if kind != "" {
		return []promptz.Kind{promptz.Kind(kind)}
	}
	all := make([]promptz.Kind, len(promptz.Kinds))
	for i, info := range promptz.Kinds {
		all[i] = info.Kind
	}
	return all
}

// respondItems answers with the page of the list f that cursor leads to.
func (s *server) respondItems(w http.ResponseWriter, r *http.Request, f promptz.ItemFilter, cursor string) error {
	p := principalOf(r.Context())
	query := queryOf(f)
	position, err := readCursor(query, cursor, itemPosition)
	if err != nil {
		return err
	}
	f.Position = position
	f.Consistent = !p.Anonymous()
	page, err := s.Library.FindItems(r.Context(), p, f)
	if err != nil {
		return err
	}
	return respondPage(w, r, query, page)
}

// respondPage answers with a page of the list that query names.
func respondPage(w http.ResponseWriter, r *http.Request, query string, page promptz.ItemPage) error {
	p := principalOf(r.Context())
	list := contract.ItemList{Items: make([]contract.ItemSummary, len(page.Items))}
	for i, item := range page.Items {
		list.Items[i] = summaryShape(p, item)
	}
	if page.Next != "" {
		list.Next = linkNext(w, r, makeCursor(query, page.Next))
	}
	return respondJSON(w, r, http.StatusOK, 0, list)
}

// queryOf names the list f for its cursors: all that decides what is in it and in
// which order.
func queryOf(f promptz.ItemFilter) string {
	parts := []string{"items", string(f.Sort), f.OwnerID}
	if f.Drafts {
		parts = append(parts, "drafts")
	}
	for _, kind := range f.Kinds {
		parts = append(parts, string(kind))
	}
	return strings.Join(parts, "\n")
}

// linkNext gives the address of the next page, with all filters of this one, and
// puts it in Link (RFC 8288).
func linkNext(w http.ResponseWriter, r *http.Request, cursor string) string {
	query := url.Values{}
	for name, values := range r.URL.Query() {
		query[name] = values
	}
	query.Set("cursor", cursor)
	next := r.URL.EscapedPath() + "?" + query.Encode()
	w.Header().Set("Link", "<"+next+`>; rel="next"`)
	return next
}
