package main

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestReadme types what the README shows and compares what is printed, line by
// line; an ellipsis in the README stands for anything. A command that starts
// with $ is followed by its output.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, serving, _ := strings.Cut(string(text), "\n## Serve it\n")
	_, after, _ := strings.Cut(serving, "\n## ")
	t.Chdir(t.TempDir())
	shell := func(script string) []string { // testscript has put exchange into PATH
		out, _ := exec.Command("sh", "-c", script).CombinedOutput() // some of the commands are meant to fail
		return lines(out)
	}
	checked := 0
	for _, block := range codeBlocks(before + after) {
		if strings.HasPrefix(block, "cat > day.csv") {
			script := strings.NewReplacer("go build ./cmd/exchange\n", "", "./exchange", "exchange").Replace(block)
			if out := shell(script); len(out) == 0 || !strings.Contains(out[0], "day.csv: 5 commands") {
				t.Fatalf("%s\nprinted %q", script, out)
			}
		}
		for _, c := range strings.Split("\n"+block, "\n$ ")[1:] {
			command, want, _ := strings.Cut(c, "\n")
			compare(t, command, lines([]byte(want)), shell(command))
			checked++
		}
	}
	if checked < 6 {
		t.Errorf("the README shows %d commands with their output", checked)
	}
}

func compare(t *testing.T, command string, want, got []string) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("$ %s\nprinted %d lines, the README has %d:\n%s", command, len(got), len(want), strings.Join(got, "\n"))
		return
	}
	for i := range want {
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(want[i]), "…", ".*") + "$"
		if !regexp.MustCompile(pattern).MatchString(got[i]) {
			t.Errorf("$ %s\nprinted %q\nREADME  %q", command, got[i], want[i])
		}
	}
}

// lines returns the lines of a text without blanks at their ends, and without
// empty lines at its end.
func lines(text []byte) []string {
	var all []string
	for l := range bytes.Lines(bytes.TrimSpace(text)) {
		all = append(all, strings.TrimRight(string(l), " \n"))
	}
	return all
}

// codeBlocks returns what stands between the fences of a Markdown text.
func codeBlocks(text string) []string {
	var blocks []string
	for i, part := range strings.Split(text, "```\n") {
		if i%2 == 1 {
			blocks = append(blocks, part)
		}
	}
	return blocks
}
