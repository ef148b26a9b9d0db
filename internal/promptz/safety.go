package promptz

import (
	"fmt"
	"regexp"
)

// Finding is something in an item that hardly belongs where everybody reads it.
type Finding struct {
	Field   string `json:"field"`   // where: "content"
	Rule    string `json:"rule"`    // which of the rules: "private_key"
	Message string `json:"message"` // for its owner; never quotes what was found
}

// safetyRule finds what its pattern matches.
type safetyRule struct {
	name    string
	pattern *regexp.Regexp
	message string
}

// secretRules find credentials by the forms that their issuers gave them to be
// found by.
var secretRules = []safetyRule{
	{"private_key", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`), "looks like a private key"},
	{"aws_key", regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z2-7]{16}\b`), "looks like an AWS access key"},
	{"github_token", regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})\b`), "looks like a GitHub token"},
	{"gitlab_token", regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20,}`), "looks like a GitLab token"},
	{"slack_token", regexp.MustCompile(`\bxox[abposr]-[A-Za-z0-9-]{20,}`), "looks like a Slack token"},
	{"google_key", regexp.MustCompile(`\bAIza[A-Za-z0-9_-]{35}`), "looks like a Google API key"},
	{"stripe_key", regexp.MustCompile(`\b[rs]k_live_[A-Za-z0-9]{20,}`), "looks like a Stripe key"},
	{"model_key", regexp.MustCompile(`\bsk-(?:ant|proj)-[A-Za-z0-9_-]{20,}`), "looks like a key for a language model"},
	{"promptz_key", regexp.MustCompile(`\bpromptz_[a-z0-9]+_[A-Za-z0-9]{36}\b`), "looks like a key for this library"},
}

// commandRules find commands in an agent's settings that nobody should run unread.
var commandRules = []safetyRule{
	{"remote_script", regexp.MustCompile(`(?:curl|wget)\b[^|"]*\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b`), "runs a script that it fetches"},
	{"removes_all", regexp.MustCompile(`\brm\s+(?:-[A-Za-z]+\s+)*-[A-Za-z]*[rR][A-Za-z]*\s+(?:-[A-Za-z]+\s+)*(?:/|~|\$HOME)(?:[\s"*]|$)`), "removes a whole disk or home folder"},
}

// Findings tells what of a text hardly belongs where everybody reads it: things
// that look like credentials, and commands of an agent that harm whoever runs
// them. None is no promise that a text is safe.
func Findings(t *Text) ([]Finding, error) {
	settings := ""
	if t.Agent != nil {
		canonical, err := t.Agent.Canonical()
		if err != nil {
			return nil, fmt.Errorf("agent settings: %w", err)
		}
		settings = string(canonical)
	}
	var findings []Finding
	find := func(field, text string, rules []safetyRule) {
		for _, r := range rules {
			if r.pattern.MatchString(text) {
				findings = append(findings, Finding{Field: field, Rule: r.name, Message: "Its " + field + " holds what " + r.message + "."})
			}
		}
	}
	find("description", t.Description, secretRules)
	find("content", t.Content, secretRules)
	find("howto", t.Howto, secretRules)
	find("agent", settings, secretRules)
	find("agent", settings, commandRules)
	return findings, nil
}
