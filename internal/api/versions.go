package api

import (
	"net/http"
	"strconv"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// ListVersions answers with the history of an item.
func (s *server) ListVersions(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref, params contract.ListVersionsParams) {
	s.answer(w, r, func() error {
		t, err := parseTarget(items, ref)
		if err != nil {
			return err
		}
		query := "versions\n" + string(t.kind) + "\n" + t.id
		position, err := readCursor(query, params.Cursor, versionPosition)
		if err != nil {
			return err
		}
		before, _ := strconv.Atoi(position) // its form was checked; "" is the top
		versions, next, err := s.Library.FindVersions(r.Context(), principalOf(r.Context()), t.kind, t.id, before, limitOr(params.Limit))
		if err != nil {
			return err
		}
		list := contract.VersionList{Items: make([]contract.VersionSummary, len(versions))}
		for i, v := range versions {
			list.Items[i] = versionSummaryShape(v)
		}
		if next > 0 {
			list.Next = linkNext(w, r, makeCursor(query, strconv.Itoa(next)))
		}
		return respondJSON(w, r, http.StatusOK, 0, list)
	})
}

// GetVersion answers with a version and its text.
func (s *server) GetVersion(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref, n contract.Number, _ contract.GetVersionParams) {
	s.answer(w, r, func() error {
		t, err := parseTarget(items, ref)
		if err != nil {
			return err
		}
		v, err := s.Library.FindVersion(r.Context(), principalOf(r.Context()), t.kind, t.id, n)
		if err != nil {
			return err
		}
		return respondJSON(w, r, http.StatusOK, 0, versionShape(v))
	})
}

// EraseVersion removes the text of a version.
func (s *server) EraseVersion(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref, n contract.Number) {
	s.answer(w, r, func() error {
		t, err := parseTarget(items, ref)
		if err != nil {
			return err
		}
		if err := s.Library.EraseVersion(r.Context(), principalOf(r.Context()), t.kind, t.id, n); err != nil {
			return s.withTag(w, r, t, err)
		}
		respondNothing(w, r)
		return nil
	})
}

// RestoreVersion makes an old text the current one.
func (s *server) RestoreVersion(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref, n contract.Number, params contract.RestoreVersionParams) {
	s.answer(w, r, func() error {
		body, err := readOptionalBody(w, r, typeJSON, maxOtherBody)
		if err != nil {
			return err
		}
		note, err := decodeNote(body)
		if err != nil {
			return err
		}
		once, err := onceOf(r, body)
		if err != nil {
			return err
		}
		condition, err := parsePrecondition(params.IfMatch)
		if err != nil {
			return err
		}
		t, err := parseTarget(items, ref)
		if err != nil {
			return err
		}
		item, replayed, err := s.Library.RestoreVersion(r.Context(), principalOf(r.Context()), promptz.Restore{
			Kind:   t.kind,
			ID:     t.id,
			Number: n,
			Note:   note,
			Check:  func(cur *promptz.Item) error { return condition.check(cur.Revision) },
			Once:   once,
		})
		if err != nil {
			return s.withTag(w, r, t, err)
		}
		markReplayed(w, replayed)
		return respondItem(w, r, t, item)
	})
}

// decodeNote reads the body of a restoration, which may be empty.
func decodeNote(body []byte) (string, error) {
	if len(body) == 0 {
		return "", nil
	}
	m, err := parseObject(body)
	if err != nil {
		return "", err
	}
	var v contract.VersionRestore
	err = decode(m, nil, &v)
	return v.Note, err
}
