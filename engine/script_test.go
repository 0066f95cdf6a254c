package engine_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/enginetest/judged"
)

// TestScripts runs testdata/*.txt, the rules at work, first on the naive exchange and
// then on a fresh engine. A script is a list of blocks: commands, a line of four
// dashes, what they answer; enginetest.Script says how commands are written. With
// -rewrite the naive exchange writes what it answers into the scripts, and the engine
// must answer the same.
func TestScripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d scripts found, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			runScript(t, path, enginetest.NaiveEngine(), true)
			runScript(t, path, judged.New(), false)
		})
	}
}

// runScript runs a script. Only an author may rewrite it.
func runScript(t *testing.T, path string, e enginetest.Engine, author bool) {
	t.Helper()
	s := enginetest.NewScript(e)
	datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
		answer, err := s.Block(blockOf(d))
		if err != nil {
			t.Fatalf("%s: %v", d.Pos, err)
		}
		if d.Rewrite && !author && answer != d.Expected {
			t.Errorf("%s: the engine answers\n%swhere the naive exchange answers\n%s", d.Pos, answer, d.Expected)
		}
		return answer
	})
}

// blockOf returns the lines of a block, the first of which comes cut into words.
func blockOf(d *datadriven.TestData) string {
	first := []string{d.Cmd}
	for _, a := range d.CmdArgs {
		first = append(first, strings.Join(append([]string{a.Key}, a.Vals...), "="))
	}
	return strings.Join(first, " ") + "\n" + d.Input
}
