package scenario

import (
	"net/http"
	"slices"
)

var Unknown = unknown

// Names are those of all scenarios.
func Names() []string {
	var names []string
	for _, sc := range slices.Concat(late, all) {
		names = append(names, sc.name)
	}
	return names
}

// Answer is an answer to be looked at.
type Answer struct {
	Method, Path string
	Asked        http.Header
	Status       int
	Header       http.Header
	Body         string
}

// FaultsOf gives what is wrong with answers, in their order.
func FaultsOf(spec []byte, answers ...Answer) ([]string, error) {
	read, err := readContract(spec)
	if err != nil {
		return nil, err
	}
	s := &suite{contract: read}
	var faults []string
	for _, a := range answers {
		faults = append(faults, s.faults(answer{method: a.Method, path: a.Path, asked: a.Asked, status: a.Status, header: a.Header, body: []byte(a.Body)})...)
	}
	return faults, nil
}
