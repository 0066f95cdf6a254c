package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every bug that can be planted is on the list, and every one on the list has a tag
// and a test that is there.
func TestBugsAreThere(t *testing.T) {
	files, err := filepath.Glob("../../engine/planted/*.go")
	if err != nil {
		t.Fatal(err)
	}
	tags := make(map[string]bool)
	one := regexp.MustCompile(`(?m)^//go:build planted_(\w+)$`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if m := one.FindSubmatch(text); m != nil {
			tags[string(m[1])] = true
		}
	}
	for _, b := range bugs() {
		if !tags[b.Name] {
			t.Errorf("%s: no build has this bug", b.Name)
		}
		delete(tags, b.Name)
		if !declares(t, filepath.Join("../..", b.Folder), b.Test) {
			t.Errorf("%s: %s has no test %s", b.Name, b.Folder, b.Test)
		}
	}
	for tag := range tags {
		t.Errorf("%s: no test is said to find this bug", tag)
	}
}

// declares reports whether a package has a test.
func declares(t *testing.T, folder, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+test+"(t *testing.T)") {
			return true
		}
	}
	return false
}

// A name that no bug has is refused before anything is built.
func TestUnknownBug(t *testing.T) {
	if _, err := choose([]string{"no_fsync", "no_such"}); err == nil || !strings.Contains(err.Error(), `"no_such"`) {
		t.Errorf("got %v", err)
	}
	all, err := choose(nil)
	if err != nil || len(all) != len(bugs()) {
		t.Errorf("without a name %d bugs are chosen (%v), want %d", len(all), err, len(bugs()))
	}
}

// What was said is told from what was not: skipped is not run.
func TestOutput(t *testing.T) {
	failed := "=== RUN   TestX\n    x_test.go:12: got 1, want 2\n--- FAIL: TestX (0.00s)\n"
	if !ran([]byte(failed), "TestX") || reason([]byte(failed)) != "got 1, want 2" {
		t.Errorf("got %q", reason([]byte(failed)))
	}
	skipped := "=== RUN   TestX\n    x_test.go:12: no root\n--- SKIP: TestX (0.00s)\nPASS\n"
	if ran([]byte(skipped), "TestX") || ran([]byte("PASS\n"), "TestX") {
		t.Error("a test that did not run counts as run")
	}
	if got := reason([]byte("panic: engine: no [recovered]\n")); got != "engine: no [recovered]" {
		t.Errorf("got %q", got)
	}
}
