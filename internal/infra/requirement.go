package infra

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"
)

// least is what this package itself needs: `init -json`.
const least = ">= 1.9"

// needed is which terraform a folder needs.
type needed struct {
	dir         string
	constraints version.Constraints
}

func (n needed) String() string { return fmt.Sprintf("%s needs %s", n.dir, n.constraints) }

var settingsSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "terraform"}}}

var requiredSchema = &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "required_version"}}}

// requirement reads required_version from a folder's files. Whatever else is wrong
// with them, terraform says better.
func requirement(dir string) (needed, error) {
	n := needed{dir: dir}
	files, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.tf"))
	if err != nil {
		return n, fmt.Errorf("read configuration: %w", err)
	}
	if len(files) == 0 {
		return n, fmt.Errorf("%s holds no configuration of terraform (*.tf): --dir names a folder that does", dir)
	}
	parser := hclparse.NewParser()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return n, fmt.Errorf("read configuration: %w", err)
		}
		parsed, _ := parser.ParseHCL(text, file)
		if parsed == nil {
			continue
		}
		more, err := required(parsed.Body)
		if err != nil {
			return n, err
		}
		n.constraints = append(n.constraints, more...)
	}
	if n.constraints == nil {
		n.constraints = version.MustConstraints(version.NewConstraint(least))
	}
	return n, nil
}

// required gives the constraints of one file.
func required(body hcl.Body) (version.Constraints, error) {
	var all version.Constraints
	content, _, _ := body.PartialContent(settingsSchema)
	for _, block := range content.Blocks {
		settings, _, _ := block.Body.PartialContent(requiredSchema)
		attribute, ok := settings.Attributes["required_version"]
		if !ok {
			continue
		}
		value, faults := attribute.Expr.Value(nil)
		if faults.HasErrors() || value.Type() != cty.String {
			continue
		}
		constraints, err := version.NewConstraint(value.AsString())
		if err != nil {
			return nil, fmt.Errorf("%s: required_version: %w", attribute.Range, err)
		}
		all = append(all, constraints...)
	}
	return all, nil
}

// escapeGlob makes a path match itself alone.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
