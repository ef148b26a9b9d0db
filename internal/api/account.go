package api

import (
	"context"
	"iter"
	"net/http"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// Keys is what the API does with API keys.
type Keys interface {
	CreateOwnKey(ctx context.Context, p promptz.Principal, r promptz.KeyRequest, once *promptz.Once) (key *promptz.Key, secret string, replayed bool, err error)
	FindOwnKeys(ctx context.Context, p promptz.Principal) ([]*promptz.Key, error)
	DeleteOwnKey(ctx context.Context, p promptz.Principal, id string) error
}

// OwnItems is what the API does with all that somebody owns.
type OwnItems interface {
	OwnItems(ctx context.Context, p promptz.Principal) iter.Seq2[*promptz.Item, error]
	OwnVersions(ctx context.Context, p promptz.Principal, item *promptz.Item) iter.Seq2[*promptz.Version, error]
}

// ListMyKeys answers with the caller's API keys.
func (s *server) ListMyKeys(w http.ResponseWriter, r *http.Request, _ contract.ListMyKeysParams) {
	s.answer(w, r, func() error {
		keys, err := s.Accounts.FindOwnKeys(r.Context(), principalOf(r.Context()))
		if err != nil {
			return err
		}
		return respondJSON(w, r, http.StatusOK, 0, contract.KeyList{Items: keyShapes(keys)})
	})
}

// CreateMyKey makes an API key.
func (s *server) CreateMyKey(w http.ResponseWriter, r *http.Request, _ contract.CreateMyKeyParams) {
	s.answer(w, r, func() error {
		body, err := readBody(w, r, typeJSON, maxOtherBody)
		if err != nil {
			return err
		}
		request, err := s.decodeKey(body)
		if err != nil {
			return err
		}
		once, err := onceOf(r, body)
		if err != nil {
			return err
		}
		key, secret, replayed, err := s.Accounts.CreateOwnKey(r.Context(), principalOf(r.Context()), request, once)
		if err != nil {
			return err
		}
		w.Header().Set("Location", "/v1/me/keys/"+key.ID)
		if replayed {
			return promptz.Errorf(promptz.CodeConflict, "This request was done already; a key is shown once. Location says which key it made.")
		}
		return respondPrivately(w, http.StatusCreated, keyCreatedShape(key, secret))
	})
}

// decodeKey reads what is wanted of a key.
func (s *server) decodeKey(body []byte) (promptz.KeyRequest, error) {
	m, err := parseObject(body)
	if err != nil {
		return promptz.KeyRequest{}, err
	}
	var in contract.KeyCreate
	if err := decode(m, []string{"name", "scopes"}, &in); err != nil {
		return promptz.KeyRequest{}, err
	}
	request := promptz.KeyRequest{Name: in.Name}
	for _, scope := range in.Scopes {
		request.Scopes = append(request.Scopes, promptz.Scope(scope))
	}
	if _, given := m["expiresAt"]; given {
		// One that is over must not be taken for the default.
		request.Lifetime = max(in.ExpiresAt.Sub(s.Now()), 1)
	}
	return request, nil
}

// DeleteMyKey revokes an API key.
func (s *server) DeleteMyKey(w http.ResponseWriter, r *http.Request, id contract.EntryId) {
	s.answer(w, r, func() error {
		if err := s.Accounts.DeleteOwnKey(r.Context(), principalOf(r.Context()), id); err != nil {
			return err
		}
		respondNothing(w, r)
		return nil
	})
}

// ListMySessions answers with where the caller is signed in.
func (s *server) ListMySessions(w http.ResponseWriter, r *http.Request, _ contract.ListMySessionsParams) {
	s.answer(w, r, func() error {
		p := principalOf(r.Context())
		sessions, err := s.SignIn.FindSessions(r.Context(), p)
		if err != nil {
			return err
		}
		return respondJSON(w, r, http.StatusOK, 0, contract.SessionList{Items: sessionShapes(sessions, p)})
	})
}

// DeleteMySession signs the caller out somewhere.
func (s *server) DeleteMySession(w http.ResponseWriter, r *http.Request, id contract.EntryId) {
	s.answer(w, r, func() error {
		p := principalOf(r.Context())
		if err := s.SignIn.DeleteSession(r.Context(), p, id); err != nil {
			return err
		}
		if id == p.SessionID {
			s.cookies.drop(w, sessionCookie)
		}
		respondNothing(w, r)
		return nil
	})
}

// DeleteMySessions signs the caller out everywhere.
func (s *server) DeleteMySessions(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, func() error {
		if err := s.SignIn.DeleteSessions(r.Context(), principalOf(r.Context())); err != nil {
			return err
		}
		s.cookies.drop(w, sessionCookie)
		respondNothing(w, r)
		return nil
	})
}

// EraseMe erases the caller's account.
func (s *server) EraseMe(w http.ResponseWriter, r *http.Request, params contract.EraseMeParams) {
	s.answer(w, r, func() error {
		keep := params.PublicItems != "delete"
		if err := s.Accounts.Erase(r.Context(), principalOf(r.Context()), keep); err != nil {
			return err
		}
		s.cookies.drop(w, sessionCookie)
		respondNothing(w, r)
		return nil
	})
}

// ExportMe answers with all of the caller's data, item by item, so that it need
// not fit into memory. What fails after the first is a broken answer.
func (s *server) ExportMe(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, func() error {
		p := principalOf(r.Context())
		account, err := s.Accounts.ExportMe(r.Context(), p)
		if err != nil {
			return err
		}
		head, err := encode(map[string]any{
			"account": meShape(account.User), "sessions": sessionShapes(account.Sessions, p), "keys": keyShapes(account.Keys),
		})
		if err != nil {
			return err
		}
		h := w.Header()
		noStore(h)
		h.Set("Content-Type", typeJSON)
		h.Set("Content-Disposition", `attachment; filename="promptz-account.json"`)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		w.WriteHeader(http.StatusOK)
		if r.Method == http.MethodHead {
			return nil
		}
		w.Write(head[:len(head)-1])
		w.Write([]byte(`,"items":[`))
		if err := s.writeItems(w, r, account.User); err != nil {
			s.Problems.abandon(r, err)
		}
		w.Write([]byte("]}"))
		return nil
	})
}

// writeItems writes all that owner, who is the caller, owns.
func (s *server) writeItems(w http.ResponseWriter, r *http.Request, owner *promptz.User) error {
	p, first := principalOf(r.Context()), true
	for item, err := range s.Library.OwnItems(r.Context(), p) {
		if err != nil {
			return err
		}
		exported := contract.ExportedItem{Item: itemShape(p, item), Versions: []contract.Version{}}
		exported.Item.Owner = profileShape(owner.Profile())
		for v, err := range s.Library.OwnVersions(r.Context(), p, item) {
			if err != nil {
				return err
			}
			shape := versionShape(v)
			if v.AuthorID == owner.ID {
				shape.Author = exported.Item.Owner
			}
			exported.Versions = append(exported.Versions, shape)
		}
		body, err := encode(exported)
		if err != nil {
			return err
		}
		if !first {
			w.Write([]byte(","))
		}
		first = false
		if _, err := w.Write(body); err != nil {
			return err
		}
	}
	return nil
}

// ModerateItem takes an item down, or releases it.
func (s *server) ModerateItem(w http.ResponseWriter, r *http.Request, items contract.Items, ref contract.Ref) {
	s.answer(w, r, func() error {
		var in contract.Moderation
		if err := readObject(w, r, []string{"action"}, &in); err != nil {
			return err
		}
		t, err := parseTarget(items, ref)
		if err != nil {
			return err
		}
		item, err := s.Library.Moderate(r.Context(), principalOf(r.Context()), t.kind, t.id,
			promptz.Moderation{Action: promptz.ModerationAction(in.Action), Reason: in.Reason})
		if err != nil {
			return err
		}
		return respondItem(w, r, t, item)
	})
}
