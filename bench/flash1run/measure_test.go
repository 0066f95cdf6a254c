package flash1run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

// printed is what a harness says, in lines like those of the real one.
func printed(speed, status, verdict string) string {
	return fmt.Sprintf(`Loading: a.so
Running
  Messages:           12
  Wall time:          0.0010 s
  Throughput:         %s M msgs/s

Check:
  Computed hash: 0123456789abcdef
  Status: %s

Verdict: %s
`, speed, status, verdict)
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		want outcome
		err  error
	}{
		{printed("12.34", "PASS", "VALID"), outcome{speed: 12.34e6, correct: true, valid: true}, nil},
		{printed("12.34", "PASS", "INVALID"), outcome{speed: 12.34e6, correct: true}, nil},
		{printed("1.00", "FAIL", "INVALID"), outcome{speed: 1e6}, nil},
		{printed("1.00", "NO REFERENCE", "INVALID"), outcome{speed: 1e6}, nil},
		{printed("fast", "PASS", "VALID"), outcome{}, errNoSpeed},
		{"  Throughput:  7.00 M msgs/s\n  Status: PASS\n", outcome{}, errNoVerdict},
		{"ERROR: no workload\n", outcome{}, errNoSpeed},
		{"", outcome{}, errNoSpeed},
	} {
		got, err := parse(c.text)
		if !errors.Is(err, c.err) || err == nil && got != c.want {
			t.Errorf("of %q: %+v, %v, want %+v, %v", c.text, got, err, c.want, c.err)
		}
	}
}

// fake makes a harness that says of a library what stands in the file of the
// workload's name beside it, or of its own name.
func fake(t *testing.T) (harness string, library func(name string, outputs map[string]string) string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("there is no shell here, and a script stands for the harness")
	}
	dir := t.TempDir()
	write := func(path, text string, mode os.FileMode) string {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	harness = write(filepath.Join(dir, "harness"), `#!/bin/sh
[ "$1" = --engine ] && [ "$3" = --scenario ] && [ "$5 $6" = "--mode perf" ] || exit 2
[ "$(pwd -P)" = "$(cd "$(dirname "$0")" && pwd -P)" ] || exit 3
cat "$(dirname "$2")/$4" 2>/dev/null || cat "$(dirname "$2")/any" || exit 4
! grep -q INVALID "$(dirname "$2")/any"
`, 0o755)
	return harness, func(name string, outputs map[string]string) string {
		for file, text := range outputs {
			write(filepath.Join(dir, name, file), text, 0o644)
		}
		return write(filepath.Join(dir, name, "lib.so"), "not a library", 0o644)
	}
}

func TestMeasure(t *testing.T) {
	harness, library := fake(t)
	ours := library("ours", map[string]string{"any": printed("26.00", "PASS", "VALID"), "swing-40": printed("24.00", "PASS", "VALID")})
	slow := library("slow", map[string]string{"any": printed("3.00", "PASS", "VALID")})
	quick := library("quick", map[string]string{"any": printed("9.00", "PASS", "VALID"), "static": printed("6.00", "PASS", "VALID")})
	r := &result.Run{}
	if err := Measure(t.Context(), r, harness, map[string]string{"slow": slow, "quick": quick}, ours, 2); err != nil {
		t.Fatal(err)
	}
	type row struct {
		name    string
		value   float64
		samples int
		verdict result.Verdict
	}
	var got []row
	for i := range r.Figures {
		f := &r.Figures[i]
		got = append(got, row{f.Name, f.Value, len(f.Samples), r.Verdict(f)})
	}
	want := []row{
		{"normal", 26e6, 2, result.NoGoal},
		{"static", 26e6, 2, result.NoGoal},
		{"swing-25", 26e6, 2, result.NoGoal},
		{"swing-40", 24e6, 2, result.NoGoal},
		{"flash-crash", 26e6, 2, result.NoGoal},
		{"worst of five, quick", 6e6, 2, result.NoGoal},
		{"worst of five, slow", 3e6, 2, result.NoGoal},
		{"worst of five beside the best open engine", 24e6, 2, result.Met},
		{"worst of five beside the best Go engine", 0, 0, result.Unknown},
		{"worst of five, by what the closed engine leads", 24e6, 2, result.NotMet},
		{"valid runs of the five workloads", 10, 0, result.Met},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
	if f := r.Find("worst of five, quick"); f.Note != "its worst workload is static" {
		t.Errorf("the note is %q", f.Note)
	}
}

// An engine in Go is known by what the linker puts into it.
func TestMeasureGo(t *testing.T) {
	harness, library := fake(t)
	ours := library("ours", map[string]string{"any": printed("26.00", "PASS", "VALID")})
	library("other", map[string]string{"any": printed("2.00", "PASS", "INVALID")})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	inGo := filepath.Join(filepath.Dir(harness), "other", "go.so")
	if err := os.Symlink(self, inGo); err != nil {
		t.Fatal(err)
	}
	r := &result.Run{}
	if err := Measure(t.Context(), r, harness, map[string]string{"other": inGo}, ours, 1); err != nil {
		t.Fatal(err)
	}
	f := r.Find("worst of five beside the best Go engine")
	if ratio, ok := r.Ratio(f); !ok || ratio != 13 || r.Verdict(f) != result.Met {
		t.Errorf("ratio %v, %v, %v, want 13 and met", ratio, ok, r.Verdict(f))
	}
}

func TestMeasureFails(t *testing.T) {
	harness, library := fake(t)
	ours := library("ours", map[string]string{"any": printed("26.00", "FAIL", "INVALID")})
	if err := Measure(t.Context(), &result.Run{}, harness, nil, ours, 1); !errors.Is(err, errWrong) {
		t.Errorf("wrong reports: %v, want %v", err, errWrong)
	}
	if err := Measure(t.Context(), &result.Run{}, harness, nil, library("none", nil), 1); err == nil {
		t.Error("a harness that prints nothing is no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	good := library("good", map[string]string{"any": printed("26.00", "PASS", "VALID")})
	if err := Measure(ctx, &result.Run{}, harness, nil, good, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}
