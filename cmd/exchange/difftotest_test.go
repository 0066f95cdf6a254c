package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// plantedInEngine are bugs of the engine, by their build tags, that change what a
// journal of random commands gives. One whose effect is chance is not among them: its
// test fails sometimes.
func plantedInEngine() []string {
	return []string{"amend_loses_place", "self_trade", "cancel_lost", "negative_balance", "float_fee"}
}

// TestDiffWritesTestOfPlantedBug has builds with a bug in the engine compare a journal
// of this build with what they do, and write a script test: it must fail on the build
// with the bug and pass on this one. It builds twice for each bug, so it runs only when
// figures are put down (one bug) and in the long form (all). It shows that a bug of
// matching is found and told; bugs that random commands do not meet are not among them.
func TestDiffWritesTestOfPlantedBug(t *testing.T) {
	bugs := plantedInEngine()[:promise.Scale(0, 1, len(plantedInEngine()))]
	if len(bugs) == 0 {
		t.Skipf("builds programs with bugs: set %s or EXCHANGE_LONG=1", promise.File)
	}
	var journals []string
	for seed := range uint64(24) {
		dir, _ := recordStream(t, seed, 1_500, nil)
		journals = append(journals, dir)
	}
	right := buildEngineTest(t, "")
	for _, bug := range bugs {
		t.Run(bug, func(t *testing.T) {
			wrong := buildEngineTest(t, "planted_"+bug)
			program := filepath.Join(t.TempDir(), "exchange")
			goBuild(t, "build", "-tags", "planted_"+bug, "-o", program, "./cmd/exchange")
			place := t.TempDir()
			file := filepath.Join(place, "testdata", "found.txt")
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			said := writeTestWith(t, program, journals, file)
			if out, err := runScripts(t, right, place); err != nil {
				t.Errorf("the test fails on the build without the bug: %v\n%s", err, out)
			}
			out, err := runScripts(t, wrong, place)
			if err == nil {
				script, _ := os.ReadFile(file)
				t.Errorf("the test passes on the build with the bug:\n%s", script)
			} else if !strings.Contains(out, "found.txt") && !strings.Contains(out, "panic") {
				t.Errorf("the build with the bug fails for another reason: %v\n%s", err, out)
			}
			t.Log(said)
		})
	}
}

// writeTestWith lets a program compare journals until one shows a difference, and write
// a test of it.
func writeTestWith(t *testing.T, program string, journals []string, file string) string {
	t.Helper()
	for _, dir := range journals {
		out, err := exec.CommandContext(t.Context(), program, "diff", dir, "--to-test", file).CombinedOutput()
		if _, missing := os.Stat(file); missing == nil {
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			return strings.Join(lines[max(0, len(lines)-2):], "\n")
		}
		if err != nil {
			t.Fatalf("diff of %s: %v\n%s", dir, err, out)
		}
	}
	t.Fatalf("no difference in %d journals", len(journals))
	return ""
}

// buildEngineTest builds the tests of the engine.
func buildEngineTest(t *testing.T, tag string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "engine.test")
	goBuild(t, "test", "-c", "-tags", tag, "-o", program, "./engine")
	return program
}

func goBuild(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go %s: %v\n%s", fmt.Sprint(args), err, out)
	}
}

// runScripts runs the tests of the engine on the scripts in a folder's testdata.
func runScripts(t *testing.T, program, place string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "-test.run", "^TestScripts$")
	cmd.Dir = place
	out, err := cmd.CombinedOutput()
	return string(out), err
}
