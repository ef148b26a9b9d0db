package promptz

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// digestDomain begins every encoding that a digest covers, so that no other
// hash of ours can be mistaken for one.
const digestDomain = "promptz-text-v1\n"

// Digest is "sha256:" and the SHA-256, in hex, of the text's canonical encoding:
// the line "promptz-text-v1", then for each value that is not empty a line
//
//	<field>:<length in bytes>:<UTF-8 bytes>
//
// in the order name, description, content, howto, tag (one line a tag, in their
// order), sourceUrl, license, agent (see [AgentSettings.Canonical]). Lengths make
// it unambiguous whatever the values hold. Equal digests mean equal texts.
func (t *Text) Digest() (string, error) {
	h := sha256.New()
	io.WriteString(h, digestDomain)
	line := func(field, value string) {
		if value != "" {
			fmt.Fprintf(h, "%s:%d:%s\n", field, len(value), value)
		}
	}
	line("name", t.Name)
	line("description", t.Description)
	line("content", t.Content)
	line("howto", t.Howto)
	for _, tag := range t.Tags {
		line("tag", tag)
	}
	line("sourceUrl", t.SourceURL)
	line("license", t.License)
	if t.Agent != nil {
		agent, err := t.Agent.Canonical()
		if err != nil {
			return "", err
		}
		line("agent", string(agent))
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
