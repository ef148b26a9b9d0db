package archive

import (
	"encoding/json"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"promptz/internal/promptz"
)

// The files of an agent's folder.
const (
	agentFile  = "agent.json"
	promptFile = "prompt.md" // its content
	indexFile  = "index.md"  // front matter about it
)

// agentMembers is an agent file of Amazon Q Developer CLI; see
// [promptz.AgentSettings].
type agentMembers struct {
	promptz.AgentSettings
	Name        string `json:"name"`
	Description string `json:"description"`
	Prompt      string `json:"prompt"`
}

// keptMembers are those of an agent file that an item keeps, or that mean
// nothing beyond the file.
var keptMembers = []string{
	"$schema", "name", "description", "prompt", "tools", "allowedTools", "resources",
	"mcpServers", "hooks", "toolsSettings", "toolAliases", "useLegacyMcpJson",
}

// agentJSON reads an agent that is one file.
func (t *tree) agentJSON(name string) source {
	s := source{path: t.path(name)}
	text, err := readText(t.fsys, name)
	if err != nil {
		s.refused = err
		return s
	}
	said := new(statement)
	if err := said.readAgent(text); err != nil {
		s.refused = err
		return s
	}
	if _, elsewhere := strings.CutPrefix(said.content, "file://"); elsewhere {
		s.refused = refusal("Its prompt is in another file. Make it a folder with %s and %s.", agentFile, promptFile)
		return s
	}
	s.item, s.notes = said.item(promptz.KindAgent, asTitle(stem(name)))
	s.item.Path, s.item.Hash = s.path, hashOf(text)
	return s
}

// agentFolder reads an agent that is a folder.
func (t *tree) agentFolder(name string) source {
	s := source{path: t.path(name)}
	if t.kind != "" && t.kind != promptz.KindAgent {
		s.refused = refusal("A folder with %s is an agent, not a %s.", agentFile, t.kind)
		return s
	}
	files, err := t.readAll(name, agentFile, promptFile, indexFile)
	if err != nil {
		s.refused = err
		return s
	}
	said, err := readAgentFolder(files)
	if err != nil {
		s.refused = err
		return s
	}
	s.item, s.notes = said.item(promptz.KindAgent, asTitle(path.Base(s.path)))
	s.item.Path, s.item.Hash = s.path, hashOfFiles(files)
	return s
}

// readAll reads those of the files that are in the folder.
func (t *tree) readAll(folder string, names ...string) (map[string]string, error) {
	files := map[string]string{}
	for _, name := range names {
		if !t.has(path.Join(folder, name)) {
			continue
		}
		text, err := readText(t.fsys, path.Join(folder, name))
		if err != nil {
			return nil, inFile(name, err)
		}
		files[name] = text
	}
	return files, nil
}

func hashOfFiles(files map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		parts = append(parts, name, files[name])
	}
	return hashOf(parts...)
}

// readAgentFolder puts together what an agent's files say. Where two of them
// say the same thing, the page comes before the agent file.
func readAgentFolder(files map[string]string) (*statement, error) {
	said, err := parsePage(files[indexFile])
	if err != nil {
		return nil, inFile(indexFile, err)
	}
	page := strings.TrimSpace(said.content)
	said.content = ""
	if err := said.readAgent(files[agentFile]); err != nil {
		return nil, inFile(agentFile, err)
	}
	prompt, apart := files[promptFile]
	_, elsewhere := strings.CutPrefix(said.content, "file://")
	switch {
	case apart:
		if said.content != "" && !elsewhere {
			said.note("prompt in %s: read, not kept, since there is %s", agentFile, promptFile)
		}
		said.content = prompt
	case elsewhere:
		return nil, inFile(agentFile, refusal("Its prompt is in a file that is not called %s.", promptFile))
	case said.content == "":
		said.content, page = page, ""
	}
	if page != "" && said.howto == "" {
		said.howto, page = page, ""
	}
	if page != "" {
		said.note("text of %s: read, not kept", indexFile)
	}
	return said, nil
}

// readAgent takes over what an agent file says and the statement does not yet.
func (s *statement) readAgent(text string) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		return refusal("It is not a JSON object: %v.", err)
	}
	var agent agentMembers
	if err := json.Unmarshal([]byte(text), &agent); err != nil {
		return refusal("It is not an agent: %v.", err)
	}
	known := false
	for _, member := range slices.Sorted(maps.Keys(members)) {
		if slices.Contains(keptMembers, member) {
			known = known || member != "$schema"
		} else if value := string(members[member]); value != "null" {
			s.note("%s: read, not kept", member)
		}
	}
	if !known {
		return refusal("It is not an agent: it has none of an agent's members.")
	}
	if s.name == "" {
		s.name = agent.Name
	}
	if s.description == "" {
		s.description = agent.Description
	}
	s.content, s.agent = agent.Prompt, &agent.AgentSettings
	return nil
}

// inFile says in which of a source's files the reason for a refusal lies.
func inFile(name string, err error) error {
	if e, ok := errors.AsType[*promptz.Error](err); ok {
		return promptz.Errorf(e.Code, "%s: %s", name, e.Message)
	}
	return err
}
