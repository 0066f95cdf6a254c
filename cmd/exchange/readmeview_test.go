package main

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeView holds the view that the README shows against the example that is run.
func TestReadmeView(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../../marketview/example_profile_test.go")
	if err != nil {
		t.Fatal(err)
	}
	shown := ""
	for _, block := range codeBlocks(string(readme)) {
		if strings.HasPrefix(block, "// volumeProfile is") {
			shown = block
		}
	}
	if shown == "" || !strings.Contains(string(example), shown) {
		t.Errorf("the README shows\n%s\nwhich is not in the example", shown)
	}
}
