package transport

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	// dialTimeout is how long a broker may take to answer when it is dialled.
	dialTimeout = 5 * time.Second
	// ownName is what brokers call this program, and the queue, consumer or group
	// of a subscription that names none.
	ownName = "promptz"
)

// brokerURL is the URL of an end at a broker,
// scheme://[user:password@]host[:port]/name?parameters.
type brokerURL struct {
	address        string // host:port
	user, password string // both or none
	name           string // of the exchange, subject or topic
	tls            *tls.Config
	parameters     map[string]string // those that are given
}

var brokerNamePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)

// parseBroker reads a broker's URL, whose query may have the parameter tls and those
// given. Its errors repeat nothing of the URL, which may hold a password. Topics
// ignore what is of subscriptions only, so that both keys can have one URL.
func parseBroker(u *url.URL, port string, parameters ...string) (brokerURL, error) {
	if u.Hostname() == "" {
		return brokerURL{}, fmt.Errorf("must name the broker, such as %s://broker.example.com/events", u.Scheme)
	}
	if u.Port() != "" {
		port = u.Port()
	}
	b := brokerURL{address: net.JoinHostPort(u.Hostname(), port), parameters: map[string]string{}}
	if b.name = strings.TrimPrefix(u.Path, "/"); !brokerNamePattern.MatchString(b.name) {
		return brokerURL{}, fmt.Errorf("must have one name after the broker, of letters, digits, '.', '_' and '-', such as %s://broker.example.com/events", u.Scheme)
	}
	if u.User != nil {
		b.user = u.User.Username()
		b.password, _ = u.User.Password()
		if b.user == "" || b.password == "" {
			return brokerURL{}, errors.New("must have both user and password before the broker, or neither")
		}
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return brokerURL{}, errors.New("its query can't be read")
	}
	for name, values := range query {
		if name != "tls" && !slices.Contains(parameters, name) {
			return brokerURL{}, fmt.Errorf("has an unknown query parameter: there are tls, %s", strings.Join(parameters, ", "))
		}
		if len(values) != 1 || !brokerNamePattern.MatchString(values[0]) {
			return brokerURL{}, fmt.Errorf("must give %s once, as a name of letters, digits, '.', '_' and '-'", name)
		}
		b.parameters[name] = values[0]
	}
	return b, b.setTLS(u.Hostname())
}

func (b *brokerURL) setTLS(host string) error {
	switch b.parameters["tls"] {
	case "":
	case "true":
		b.tls = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	default:
		return errors.New("must give tls as true, or not at all")
	}
	return nil
}

// parameter gives a parameter, or ownName without it.
func (b *brokerURL) parameter(name string) string {
	if value := b.parameters[name]; value != "" {
		return value
	}
	return ownName
}

// unreachable tells an error of the network from what a broker answered.
func unreachable(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok
}
