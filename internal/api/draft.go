package api

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"promptz/internal/api/contract"
	"promptz/internal/promptz"
)

// The members that a body has to have. A change has to say who may see the
// item, lest it is left to a default.
var (
	requiredToCreate  = []string{"name", "description"}
	requiredToReplace = []string{"name", "description", "visibility"}
)

// readOnly are the members of an item that only the server sets.
var readOnly = []string{"slug", "owner", "version", "digest", "createdAt", "updatedAt", "publishedAt", "held", "stats", "starred"}

// decodeCreate reads the body of a creation.
func decodeCreate(body []byte) (promptz.Draft, error) {
	m, err := parseObject(body)
	if err != nil {
		return promptz.Draft{}, err
	}
	d, err := decodeDraft(m, requiredToCreate)
	if _, given := m["visibility"]; !given {
		d.Visibility = promptz.VisibilityPrivate
	}
	return d, err
}

// decodeReplace reads the body of a replacement of the item.
func decodeReplace(kind promptz.Kind, id string, body []byte) (promptz.Draft, error) {
	m, err := parseObject(body)
	if err != nil {
		return promptz.Draft{}, err
	}
	if err := dropReadOnly(kind, id, m); err != nil {
		return promptz.Draft{}, err
	}
	return decodeDraft(m, requiredToReplace)
}

// parsePatch reads the body of a patch of the item, as far as it can be judged
// before the item is known.
func parsePatch(kind promptz.Kind, id string, body []byte) (members, error) {
	m, err := parseObject(body)
	if err != nil {
		return nil, err
	}
	if err := dropReadOnly(kind, id, m); err != nil {
		return nil, err
	}
	return m, checkPatch(m, requiredToReplace, &contract.ItemCreate{})
}

// patchItem applies changes to what a writer can set of item.
func patchItem(item *promptz.Item, changes members) (promptz.Draft, error) {
	m, err := writableOf(item)
	if err != nil {
		return promptz.Draft{}, err
	}
	if err := mergeMembers(m, changes); err != nil {
		return promptz.Draft{}, err
	}
	return decodeDraft(m, requiredToReplace)
}

// writableOf is the item's writable view. Its note is left out: it belongs to the
// version that has it.
func writableOf(item *promptz.Item) (members, error) {
	view, err := encode(contract.ItemCreate{
		Name:        item.Name,
		Description: item.Description,
		Content:     item.Content,
		Howto:       item.Howto,
		Tags:        item.Tags,
		SourceUrl:   item.SourceURL,
		License:     item.License,
		Visibility:  contract.Visibility(item.Visibility),
		Agent:       item.Agent,
	})
	if err != nil {
		return nil, fmt.Errorf("encode writable view: %w", err)
	}
	var m members
	if err := json.Unmarshal(view, &m); err != nil {
		return nil, fmt.Errorf("split writable view: %w", err)
	}
	return m, nil
}

// dropReadOnly removes the item's own read-only members, so that what was read
// can be sent back. Another item's id or kind is a mistake.
func dropReadOnly(kind promptz.Kind, id string, m members) error {
	for name, own := range map[string]string{"id": id, "kind": string(kind)} {
		value, ok := m[name]
		if !ok {
			continue
		}
		var got string
		if err := json.Unmarshal(value, &got); err != nil || got != own {
			return promptz.NotValid("/"+name, "not_own", "must be the item's own, or absent")
		}
		delete(m, name)
	}
	for _, name := range readOnly {
		delete(m, name)
	}
	return nil
}

func decodeDraft(m members, required []string) (promptz.Draft, error) {
	if err := refuseAgentNulls(m); err != nil {
		return promptz.Draft{}, err
	}
	var c contract.ItemCreate
	if err := decode(m, required, &c); err != nil {
		return promptz.Draft{}, err
	}
	return promptz.Draft{
		Text: promptz.Text{
			Name:        c.Name,
			Description: c.Description,
			Content:     c.Content,
			Howto:       c.Howto,
			Tags:        c.Tags,
			SourceURL:   c.SourceUrl,
			License:     c.License,
			Agent:       c.Agent,
		},
		Visibility: promptz.Visibility(c.Visibility),
		Note:       c.Note,
	}, nil
}

// refuseAgentNulls refuses nulls among the agent's settings; deeper, they are
// the agent's own business.
func refuseAgentNulls(m members) error {
	agent, ok := m["agent"]
	if !ok || agent.Kind() != '{' {
		return nil
	}
	var settings members
	if err := json.Unmarshal(agent, &settings); err != nil {
		return fmt.Errorf("split agent settings: %w", err)
	}
	return refuseNulls("/agent", settings)
}
