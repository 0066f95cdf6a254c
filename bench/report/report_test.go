package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

func sample() *result.Run {
	r := &result.Run{
		Machine: result.Machine{CPU: "Some CPU", Cores: 2, Memory: "23.4 GiB", OS: "Linux 6.1", Disk: "ext4", Go: "go1.26"},
		Commit:  "abc+", Began: "2026-01-02T03:04:05Z",
	}
	r.Time("pipeline", "whole", "commands/s", []float64{4.4e6, 4.5e6, 4.6e6}, &result.Goal{AtLeast: 4e6})
	r.Time("engine", "one command, p99.9", "ns", []float64{2500}, &result.Goal{AtMost: 2000, Strict: true})
	r.Count("engine", "allocations", "", 0, nil)
	r.Time("pipeline", "whole beside its slowest stage", "commands/s", []float64{4.5e6}, &result.Goal{AtLeast: 0.6, Beside: "slowest stage"})
	r.Time("pipeline", "slowest stage", "commands/s", []float64{6e6}, nil)
	r.Missing("engine", "a day", "commands/s", "the recording is not here", &result.Goal{AtLeast: 8e6})
	r.Count("elsewhere", "size", "bytes", 2048, &result.Goal{AtMost: 4096})
	return r
}

func TestMarkdown(t *testing.T) {
	want := `3 of 5 goals met. Commit abc+, 2026-01-02, Some CPU, 2 cores, 23.4 GiB, Linux 6.1, ext4, go1.26.

| | figure | goal | measured | ratio | |
|---|---|--:|--:|--:|---|
| **engine** | one command, p99.9 | < 2 µs | 2.50 µs | 1.25 of the goal | **not met** |
|  | allocations |  | 0 |  |  |
|  | a day | ≥ 8 M commands/s | the recording is not here |  | not measured |
| **pipeline** | whole | ≥ 4 M commands/s | 4.50 M commands/s | 1.12 of the goal | met |
|  | whole beside its slowest stage | ≥ 0.60 × slowest stage | 4.50 M commands/s | 0.75 | met |
|  | slowest stage |  | 6 M commands/s |  |  |
| **elsewhere** | size | ≤ 4 KiB | 2 KiB | 0.50 of the goal | met |
`
	if diff := cmp.Diff(want, markdown(sample())); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

func TestQuantity(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{61.234, "ns", "61.2 ns"},
		{1234, "ns", "1.23 µs"},
		{0.5, "µs", "500 ns"},
		{999_999_999, "ns", "1,000 ms"},
		{1.5, "s", "1.50 s"},
		{0, "ns", "0 ns"},
		{123.4, "s", "123 s"},
		{12_345_678, "commands/s", "12.3 M commands/s"},
		{4e6, "commands/s", "4 M commands/s"},
		{123_456, "messages/s", "123 k messages/s"},
		{1234, "orders/s", "1,234 orders/s"},
		{104.6, "bytes", "105 bytes"},
		{29_114, "bytes", "28.4 KiB"},
		{3.2, "bytes", "3.20 bytes"},
		{0.039, "allocations", "0.039 allocations"},
		{1127, "instructions", "1,127 instructions"},
		{0.75, "", "0.75"},
	} {
		if got := quantity(c.v, c.unit); got != c.want {
			t.Errorf("%v %s: %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}

// A run that was measured before is printed, and put into a README.
func TestFrom(t *testing.T) {
	dir := t.TempDir()
	results, readme := filepath.Join(dir, "r.json"), filepath.Join(dir, "README.md")
	if err := sample().Write(results); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(readme, []byte("a\n"+tableBegin+"\n"+tableEnd+"\nb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := report(t.Context(), []string{"--from", results, "--readme", readme}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	if want := "a\n" + tableBegin + "\n" + out.String() + tableEnd + "\nb\n"; string(text) != want || !strings.Contains(out.String(), "not met") {
		t.Errorf("got %s", text)
	}
}

// What is measured is written down; of what is counted only that.
func TestMeasure(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new.json")
	if err := report(t.Context(), []string{"--short", "--counted", "--only", "counted", "-o", path}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	r, err := result.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Figures) < 10 || slices.ContainsFunc(r.Figures, func(f result.Figure) bool { return !f.Counted && !f.IsMissing() }) {
		t.Errorf("%d figures: %+v", len(r.Figures), r.Figures)
	}
	if r.Commit == "" || r.Machine.Cores == 0 || r.Machine.Go == "" || r.Machine.CPU == "" || r.Began == "" {
		t.Errorf("nothing is said of where it was measured: %+v", r.Machine)
	}
}

// The figures of the public benchmark say where they are from.
func TestPublicBenchmark(t *testing.T) {
	root := t.TempDir()
	c := &choices{only: []string{flash1}}
	none := &result.Run{}
	if err := c.measure(t.Context(), none, root, io.Discard); err != nil || len(none.Figures) != 0 {
		t.Errorf("%v, %d figures of a benchmark that was never run", err, len(none.Figures))
	}
	if err := os.MkdirAll(filepath.Join(root, "bench", "results"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := sample().Write(filepath.Join(root, "bench", "results", "flash1.json")); err != nil {
		t.Fatal(err)
	}
	r := &result.Run{}
	if err := c.measure(t.Context(), r, root, io.Discard); err != nil {
		t.Fatal(err)
	}
	if len(r.Figures) != len(sample().Figures) || !strings.Contains(r.Figures[0].Note, "commit abc+") || !strings.Contains(r.Figures[0].Note, "Some CPU") {
		t.Errorf("got %+v", r.Figures)
	}
}

// A harness that does not run ends the report.
func TestHarness(t *testing.T) {
	c := &choices{only: []string{flash1}, harness: harness{path: filepath.Join(t.TempDir(), "none"), ours: "x.so", runs: 1}}
	if err := c.measure(t.Context(), &result.Run{}, t.TempDir(), io.Discard); err == nil || !strings.Contains(err.Error(), "flash1") {
		t.Errorf("got %v", err)
	}
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{{"x"}, {"--only", "nothing"}, {"--engine", "x"}, {"--engine", "=x"}, {"--wrong"}, {"--harness", "x"}, {"--ours", "x"}} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
	var help strings.Builder
	if _, err := parse([]string{"--help"}, &help); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("got %v", err)
	}
	for _, name := range partNames() {
		if !strings.Contains(help.String(), name) {
			t.Errorf("help does not name the part %s", name)
		}
	}
}

func TestMachine(t *testing.T) {
	mounts := []byte("a / ext4 rw 0 0\nb /tmp tmpfs rw 0 0\nc /tmp/x xfs rw 0 0\nshort\n")
	for dir, want := range map[string]string{"/tmp/x/y": "xfs", "/tmp/xy": "tmpfs", "/tmp": "tmpfs", "/home": "ext4", "/": "ext4"} {
		if got := fileSystem(mounts, dir); got != want {
			t.Errorf("%s is on %q, want %q", dir, got, want)
		}
	}
	if got := field([]byte("model name\t: A  B\nother: x\n"), "model name", ""); got != "A B" {
		t.Errorf("got %q", got)
	}
	if got := gibibytes("24520000 kB"); got != "23.4 GiB" {
		t.Errorf("got %q", got)
	}
	if got := commit(context.Background(), t.TempDir()); got != "unknown" {
		t.Errorf("a folder is at commit %q", got)
	}
}
