package config

import (
	"errors"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
)

// The functions below set the fields of sign-in and mail.

func setSecrets(c *Config, value string) error {
	if !isURL(value) {
		return errors.New("must be a URL, such as base64key:// or awskms://alias/promptz?region=eu-west-1")
	}
	c.Secrets = value
	return nil
}

func setSignIn(c *Config, value string) error {
	if !isURL(value) || strings.Contains(value, "{") {
		return errors.New("must be a URL, such as local:// or oidc+https://id.example.com?client_id=promptz")
	}
	c.SignIn = value
	return nil
}

func setMail(c *Config, value string) error {
	if !isURL(value) {
		return errors.New("must be a URL, such as file://{data}/outbox or smtp://user:password@mail.example.com")
	}
	c.Mail = value
	return nil
}

// isURL tells whether value is an absolute URL, perhaps with {data} in it.
func isURL(value string) bool {
	filled := strings.ReplaceAll(value, "{data}", "/data")
	u, err := url.Parse(filled)
	return err == nil && u.Scheme != "" && u.Opaque == "" && u.Fragment == "" && !strings.ContainsAny(filled, "{}")
}

var domainPattern = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)

func setSignUp(c *Config, value string) error {
	if value == "open" || value == "closed" {
		c.SignUp.Closed = value == "closed"
		return nil
	}
	domains := split(strings.ToLower(value))
	for _, domain := range domains {
		if !domainPattern.MatchString(domain) {
			domains = nil
			break
		}
	}
	if len(domains) == 0 {
		return errors.New("must be open, closed, or the domains of addresses, such as example.com, example.org")
	}
	c.SignUp.Domains = domains
	return nil
}

func setAdmins(c *Config, value string) error {
	admins := split(value)
	for _, address := range admins {
		if !isMailAddress(address) {
			return errors.New("must be bare mail addresses, such as ada@example.com")
		}
	}
	c.Admins = admins
	return nil
}

func isMailAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text
}

func setMailFrom(c *Config, value string) error {
	if value == "" {
		return nil
	}
	if _, err := mail.ParseAddress(value); err != nil || strings.ContainsAny(value, "\r\n") {
		return errors.New("must be a mail address, such as promptz@example.com or Promptz <promptz@example.com>")
	}
	c.MailFrom = value
	return nil
}

func setMailTemplates(c *Config, value string) error {
	if strings.ContainsRune(value, 0) {
		return errors.New("must be the path of a folder")
	}
	c.MailTemplates = value
	return nil
}
