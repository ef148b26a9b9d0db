package api

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// forms are the pages for people that a sign-in needs: that of a link in a mail,
// and that with a code to type.
type forms struct {
	templates *template.Template
	policy    string // Content-Security-Policy
}

// GetSignInLink shows whom a link signs in, and a button.
func (s *server) GetSignInLink(w http.ResponseWriter, r *http.Request, token string) {
	s.answer(w, r, func() error {
		target, err := s.SignIn.FindLink(r.Context(), token)
		if err != nil {
			return err
		}
		return s.forms.render(w, r, "link.html", target)
	})
}

// FollowSignInLink signs in the browser that the button was clicked in.
func (s *server) FollowSignInLink(w http.ResponseWriter, r *http.Request, token string) {
	s.answer(w, r, func() error {
		grant, err := s.SignIn.FollowLink(r.Context(), token, s.asker(r))
		if err != nil {
			return err
		}
		s.welcome(w, grant)
		return nil
	})
}

// FinishRedirect takes back whom a provider signed in.
func (s *server) FinishRedirect(w http.ResponseWriter, r *http.Request, params contract.FinishRedirectParams) {
	s.answer(w, r, func() error {
		if params.Code == "" { // the provider refused; why is its own affair
			return promptz.Errorf(promptz.CodeUnauthenticated, "Nobody was signed in there.")
		}
		done, err := s.SignIn.Callback(r.Context(), params.State, params.Code, s.cookies.get(r, challengeCookie), s.asker(r))
		if err != nil {
			return err
		}
		s.cookies.drop(w, challengeCookie)
		if done.Grant != nil {
			s.welcome(w, done.Grant)
			return nil
		}
		return s.forms.render(w, r, "code.html", done)
	})
}

// welcome lets a browser in.
func (s *server) welcome(w http.ResponseWriter, g *promptz.Grant) {
	s.cookies.grant(w, g)
	noStore(w.Header())
	w.Header().Set("Location", "/")
	w.WriteHeader(http.StatusSeeOther)
}

func (f forms) render(w http.ResponseWriter, r *http.Request, name string, data any) error {
	var b bytes.Buffer
	if err := f.templates.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	h := w.Header()
	noStore(h)
	h.Set("Content-Security-Policy", f.policy)
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		w.Write(b.Bytes())
	}
	return nil
}
