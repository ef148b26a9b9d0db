package api

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/go-json-experiment/json"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// GetUser answers with a profile.
func (s *server) GetUser(w http.ResponseWriter, r *http.Request, handle contract.Handle, _ contract.GetUserParams) {
	s.answer(w, r, func() error {
		u, err := s.Accounts.FindUser(r.Context(), handle)
		if err != nil {
			return err
		}
		if promptz.FoldHandle(u.Handle) != promptz.FoldHandle(handle) {
			w.Header().Set("Content-Location", "/v1/users/"+u.Handle)
		}
		return respondJSON(w, r, http.StatusOK, u.Revision, userShape(u))
	})
}

// GetMe answers with the caller's account.
func (s *server) GetMe(w http.ResponseWriter, r *http.Request, _ contract.GetMeParams) {
	s.answer(w, r, func() error {
		u, err := s.Accounts.FindMe(r.Context(), principalOf(r.Context()))
		if err != nil {
			return err
		}
		return respondJSON(w, r, http.StatusOK, u.Revision, meShape(u))
	})
}

// UpdateMe changes parts of the caller's profile.
func (s *server) UpdateMe(w http.ResponseWriter, r *http.Request, params contract.UpdateMeParams) {
	s.answer(w, r, func() error {
		body, err := readBody(w, r, typeMergePatch, maxOtherBody)
		if err != nil {
			return err
		}
		condition, err := parsePrecondition(params.IfMatch)
		if err != nil {
			return err
		}
		changes, err := parseObject(body)
		if err != nil {
			return err
		}
		if err := checkPatch(changes, requiredOfMe, &contract.MePatch{}); err != nil {
			return err
		}
		u, err := s.Accounts.UpdateMe(r.Context(), principalOf(r.Context()), func(cur *promptz.User) (promptz.ProfileEdit, error) {
			if err := condition.check(cur.Revision); err != nil {
				return promptz.ProfileEdit{}, err
			}
			return patchMe(cur, changes)
		})
		if err != nil {
			return s.withTagOfMe(w, r, err)
		}
		return respondJSON(w, r, http.StatusOK, u.Revision, meShape(u))
	})
}

// requiredOfMe are the members of a profile that can't be emptied.
var requiredOfMe = []string{"handle"}

// patchMe applies changes to what users can set of themselves.
func patchMe(u *promptz.User, changes members) (promptz.ProfileEdit, error) {
	view, err := encode(contract.MePatch{Handle: u.Handle, DisplayName: u.DisplayName, Bio: u.Bio})
	if err != nil {
		return promptz.ProfileEdit{}, fmt.Errorf("encode writable view: %w", err)
	}
	var m members
	if err := json.Unmarshal(view, &m); err != nil {
		return promptz.ProfileEdit{}, fmt.Errorf("split writable view: %w", err)
	}
	if err := mergeMembers(m, changes); err != nil {
		return promptz.ProfileEdit{}, err
	}
	var next contract.MePatch
	if err := decode(m, requiredOfMe, &next); err != nil {
		return promptz.ProfileEdit{}, err
	}
	return promptz.ProfileEdit{Handle: next.Handle, DisplayName: next.DisplayName, Bio: next.Bio}, nil
}

// withTagOfMe is withTag for the caller's account.
func (s *server) withTagOfMe(w http.ResponseWriter, r *http.Request, err error) error {
	if promptz.ErrorCode(err) != promptz.CodeStale {
		return err
	}
	u, findErr := s.Accounts.FindMe(r.Context(), principalOf(r.Context()))
	if findErr != nil {
		return errors.Join(err, findErr)
	}
	body, encodeErr := encode(meShape(u))
	if encodeErr != nil {
		return errors.Join(err, encodeErr)
	}
	w.Header().Set("ETag", tagOf(u.Revision, body))
	return err
}
