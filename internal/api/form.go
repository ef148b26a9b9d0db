package api

import (
	"net/http"
	"net/url"

	"github.com/go-json-experiment/json"
)

const typeForm = "application/x-www-form-urlencoded"

// readForm reads a form, nil for one that has a parameter twice, which OAuth
// forbids.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	body, err := readOptionalBody(w, r, typeForm, maxOtherBody)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, nil
	}
	for _, values := range form {
		if len(values) > 1 {
			return nil, nil
		}
	}
	return form, nil
}

// respondPrivately answers with v as JSON that nobody may keep.
func respondPrivately(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	noStore(w.Header())
	w.Header().Set("Content-Type", typeJSON)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(body)
	return nil
}

func noStore(h http.Header) {
	h.Set("Vary", varies)
	h.Set("Cache-Control", "private, no-store")
	h.Set("Referrer-Policy", "no-referrer")
}
