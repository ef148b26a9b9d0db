// Package machines holds the workflows of this library, a file each, as they run
// here and on AWS Step Functions.
//
// It leans on package workflow, which reads them.
package machines

import (
	"embed"
	"encoding/json"
	"io/fs"
	"strings"

	"promptz/internal/workflow"
)

// The machines, by the names of their files.
const (
	Interaction = "interaction" // see [InteractionInput]
	Publication = "publication" // see [PublicationInput]
	Welcome     = "welcome"     // see [WelcomeInput]
)

// Suffix ends the names of the files.
const Suffix = ".asl.json"

//go:embed *.asl.json
var files embed.FS

// Names gives the names of all machines, in order. It reads none of them.
func Names() []string {
	names, err := fs.Glob(files, "*"+Suffix)
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i := range names {
		names[i] = strings.TrimSuffix(names[i], Suffix)
	}
	return names
}

// All reads all machines, in the order of their names.
func All() ([]*workflow.Machine, error) {
	names := Names()
	machines := make([]*workflow.Machine, len(names))
	for i, name := range names {
		text, err := files.ReadFile(name + Suffix)
		if err != nil {
			return nil, err
		}
		if machines[i], err = workflow.Parse(name, text); err != nil {
			return nil, err
		}
	}
	return machines, nil
}

// Subject names the item or user that a machine is about.
type Subject struct {
	ID string `json:"id"`
}

// InteractionInput is the input of [Interaction]: an item, and when the window of
// time ends for which one execution rescores it, as RFC 3339 has it.
func InteractionInput(item, until string) json.RawMessage {
	return encode(struct {
		Item  Subject `json:"item"`
		Until string  `json:"until"`
	}{Subject{item}, until})
}

// PublicationInput is the input of [Publication]: an item that everybody can read.
func PublicationInput(item string) json.RawMessage {
	return encode(struct {
		Item Subject `json:"item"`
	}{Subject{item}})
}

// WelcomeInput is the input of [Welcome]: a new user.
func WelcomeInput(user string) json.RawMessage {
	return encode(struct {
		User Subject `json:"user"`
	}{Subject{user}})
}

func encode(input any) json.RawMessage {
	text, err := json.Marshal(input)
	if err != nil {
		panic(err) // texts alone, see the types above
	}
	return text
}
