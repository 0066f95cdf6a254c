package admin

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocument looks for every route and every code in the document, and for
// nothing else.
func TestDocument(t *testing.T) {
	b, err := os.ReadFile("API.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	variable := strings.NewReplacer("/accounts/*", "/accounts/7", "/symbols/*", "/symbols/S", "/keys/*", "/keys/KEY")
	for _, r := range routes() {
		if want := "`" + r.method + " " + variable.Replace(r.path) + "`"; !strings.Contains(text, want) {
			t.Errorf("there is nothing about %s", want)
		}
	}
	inCode := make(map[string]bool)
	for _, file := range goFiles(t) {
		for _, m := range regexp.MustCompile(`"([A-Z]+(?:_[A-Z]+)*)"`).FindAllStringSubmatch(file, -1) {
			inCode[m[1]] = true
		}
	}
	_, errors, _ := strings.Cut(text, "## Errors")
	for _, m := range regexp.MustCompile("`([A-Z_]{4,})`").FindAllStringSubmatch(errors, -1) {
		if !inCode[m[1]] {
			t.Errorf("no code is %s", m[1])
		}
	}
	filters := map[string]bool{}
	for name := range strings.SplitSeq(filterTypes, "|") {
		filters[name] = true
	}
	for code := range inCode {
		if !filters[code] && !strings.Contains(errors, "`"+code+"`") {
			t.Errorf("there is nothing about the code %s", code)
		}
	}
}

// goFiles returns the source of the package without its tests.
func goFiles(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		b, err := os.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, string(b))
	}
	return files
}
