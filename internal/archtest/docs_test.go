package archtest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// testName is how docs/security.md names a test.
var testName = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+|[A-Z][A-Za-z]+(?:Once|Parallel))`")

// TestSecurityNamesTestsThatAreThere keeps docs/security.md from promising a test
// that is gone.
func TestSecurityNamesTestsThatAreThere(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, root := range []string{"../../internal", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "storetest") {
				return err
			}
			text, err := os.ReadFile(path)
			code.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	rootTests, err := filepath.Glob("../../*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range rootTests {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	named := testName.FindAllStringSubmatch(string(doc), -1)
	if len(named) < 30 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, match := range named {
		if !strings.Contains(code.String(), "func "+match[1]+"(") && !strings.Contains(code.String(), `"`+match[1]+`"`) {
			t.Errorf("there is no test %s", match[1])
		}
	}
}
