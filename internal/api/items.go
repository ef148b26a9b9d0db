package api

import (
	"errors"
	"net/http"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// GetItem answers with an item, or with its content alone.
func (s *server) GetItem(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref, _ contract.GetItemParams) {
	s.answer(w, r, func() error {
		t, err := parseTarget(items, ref)
		if err != nil {
			return err
		}
		item, err := s.Library.FindItem(r.Context(), principalOf(r.Context()), t.kind, t.id)
		if err != nil {
			return err
		}
		switch negotiate(r.Header.Get("Accept"), representationsOf(item.Kind)...) {
		case typeJSON:
			return respondItem(w, r, t, item)
		case typeMarkdown:
			setLocation(w, t, item)
			respondFile(w, r, item.Slug()+".md", markdownOf(item))
			return nil
		}
		return promptz.Errorf(CodeNotAcceptable, "There is no representation of this that you accept.")
	})
}

// representationsOf gives the media types of items of a kind, the default first.
// A kind with settings of its own is more than its content.
func representationsOf(kind promptz.Kind) []string {
	if info, _ := kind.Info(); info.HasAgent {
		return []string{typeJSON}
	}
	return []string{typeJSON, typeMarkdown}
}

// respondItem answers 200 with the item.
func respondItem(w http.ResponseWriter, r *http.Request, t target, item *promptz.Item) error {
	setLocation(w, t, item)
	return respondJSON(w, r, http.StatusOK, item.Revision, itemShape(principalOf(r.Context()), item))
}

// setLocation says where an item is that was asked for by a slug of the past.
func setLocation(w http.ResponseWriter, t target, item *promptz.Item) {
	if t.ref != item.ID && t.ref != item.Slug() {
		w.Header().Set("Content-Location", itemPath(item.Kind, item.Slug()))
	}
}

// CreateItem makes an item.
func (s *server) CreateItem(w http.ResponseWriter, r *http.Request, items contract.Items, _ contract.CreateItemParams) {
	s.answer(w, r, func() error {
		body, err := readBody(w, r, typeJSON, maxItemBody)
		if err != nil {
			return err
		}
		once, err := onceOf(r, body)
		if err != nil {
			return err
		}
		draft, err := decodeCreate(body)
		if err != nil {
			return err
		}
		kind, _ := promptz.KindOfPlural(string(items))
		item, replayed, err := s.Library.CreateItem(r.Context(), principalOf(r.Context()), kind, draft, once)
		if err != nil {
			return err
		}
		markReplayed(w, replayed)
		w.Header().Set("Location", itemPath(kind, item.ID))
		return respondJSON(w, r, http.StatusCreated, item.Revision, itemShape(principalOf(r.Context()), item))
	})
}

// ReplaceItem replaces what is writable of an item.
func (s *server) ReplaceItem(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref, params contract.ReplaceItemParams) {
	s.change(w, r, changeRequest{items, ref, params.IfMatch, typeJSON}, func(t target, body []byte) (edit, error) {
		draft, err := decodeReplace(t.kind, t.id, body)
		return func(*promptz.Item) (promptz.Draft, error) { return draft, nil }, err
	})
}

// UpdateItem changes parts of what is writable of an item.
func (s *server) UpdateItem(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref, params contract.UpdateItemParams) {
	s.change(w, r, changeRequest{items, ref, params.IfMatch, typeMergePatch}, func(t target, body []byte) (edit, error) {
		changes, err := parsePatch(t.kind, t.id, body)
		return func(cur *promptz.Item) (promptz.Draft, error) { return patchItem(cur, changes) }, err
	})
}

type changeRequest struct {
	items     contract.Items
	ref       contract.Ref
	ifMatch   string
	mediaType string
}

// edit makes the next state of an item from the current one.
type edit func(cur *promptz.Item) (promptz.Draft, error)

// change runs what PUT and PATCH have in common; parse reads the body before the
// item is looked for.
func (s *server) change(w http.ResponseWriter, r *http.Request, c changeRequest, parse func(t target, body []byte) (edit, error)) {
	s.answer(w, r, func() error {
		body, err := readBody(w, r, c.mediaType, maxItemBody)
		if err != nil {
			return err
		}
		condition, err := parsePrecondition(c.ifMatch)
		if err != nil {
			return err
		}
		// What a body may say of its id depends on the path, so a path that
		// names nothing is found out first.
		t, err := parseTarget(c.items, c.ref)
		if err != nil {
			return err
		}
		next, err := parse(t, body)
		if err != nil {
			return err
		}
		item, err := s.Library.UpdateItem(r.Context(), principalOf(r.Context()), t.kind, t.id, func(cur *promptz.Item) (promptz.Draft, error) {
			if err := condition.check(cur.Revision); err != nil {
				return promptz.Draft{}, err
			}
			return next(cur)
		})
		if err != nil {
			return s.withTag(w, r, t, err)
		}
		return respondItem(w, r, t, item)
	})
}

// DeleteItem deletes an item.
func (s *server) DeleteItem(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref, params contract.DeleteItemParams) {
	s.answer(w, r, func() error {
		condition, err := parsePrecondition(params.IfMatch)
		if err != nil {
			return err
		}
		t, err := parseTarget(items, ref)
		if err != nil {
			return err
		}
		err = s.Library.DeleteItem(r.Context(), principalOf(r.Context()), t.kind, t.id, func(cur *promptz.Item) error {
			return condition.check(cur.Revision)
		})
		if err != nil {
			return s.withTag(w, r, t, err)
		}
		respondNothing(w, r)
		return nil
	})
}

// withTag gives err; when it says that the caller's state is stale, the answer
// names the current one.
func (s *server) withTag(w http.ResponseWriter, r *http.Request, t target, err error) error {
	if promptz.ErrorCode(err) != promptz.CodeStale {
		return err
	}
	item, findErr := s.Library.FindItem(r.Context(), principalOf(r.Context()), t.kind, t.id)
	if findErr != nil {
		return errors.Join(err, findErr)
	}
	body, encodeErr := encode(itemShape(principalOf(r.Context()), item))
	if encodeErr != nil {
		return errors.Join(err, encodeErr)
	}
	w.Header().Set("ETag", tagOf(item.Revision, body))
	return err
}
