package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

func timed(unit string, goal *result.Goal, samples ...float64) *result.Run {
	r := &result.Run{Commit: "a"}
	if len(samples) == 0 {
		r.Missing("engine", "f", unit, "it is not here", goal)
	} else {
		r.Time("engine", "f", unit, samples, goal)
	}
	return r
}

func counts(unit string, v float64, goal *result.Goal) *result.Run {
	r := &result.Run{Commit: "a", Machine: result.Machine{Go: "go1 linux/amd64"}}
	r.Count("engine", "f", unit, v, goal)
	return r
}

// What was timed has changed when its samples lie apart, whichever way it is to go.
func TestTimed(t *testing.T) {
	for _, c := range []struct {
		name     string
		was, now *result.Run
		want     verdict
	}{
		{"samples among others", timed("ns", nil, 9, 10, 11), timed("ns", nil, 10.5, 12, 13), same},
		{"longer", timed("ns", nil, 9, 10, 11), timed("ns", nil, 12, 13, 14), worse},
		{"shorter", timed("ns", nil, 9, 10, 11), timed("ns", nil, 6, 7, 8), better},
		{"a higher rate", timed("commands/s", nil, 9, 10, 11), timed("commands/s", nil, 12, 13, 14), better},
		{"a lower rate", timed("commands/s", nil, 9, 10, 11), timed("commands/s", nil, 6, 7, 8), worse},
		{"more of what is to be much", timed("parts", &result.Goal{AtLeast: 1}, 1), timed("parts", nil, 2), better},
		{"more of what is to be little", timed("events/s", &result.Goal{AtMost: 1}, 1), timed("events/s", nil, 2), worse},
		{"none", timed("ns", nil, 1), &result.Run{}, missing},
		{"new", &result.Run{}, timed("ns", nil, 1), added},
		{"not measured", timed("ns", nil, 1), timed("ns", nil), missing},
		{"measured for the first time", timed("ns", nil), timed("ns", nil, 1), added},
		{"never measured", timed("ns", nil), timed("ns", nil), same},
	} {
		got := everything(c.was, c.now)
		if len(got) != 1 || got[0].verdict != c.want {
			t.Errorf("%s: %+v, want %q", c.name, got, c.want)
		}
	}
}

// A count has changed when it differs by more than counts differ by themselves.
func TestNoise(t *testing.T) {
	for now, want := range map[float64]verdict{1000: same, 1004: same, 996: same, 1006: worse, 994: better} {
		if got := everything(counts("bytes", 1000, nil), counts("bytes", now, nil)); got[0].verdict != want {
			t.Errorf("1000 to %v: %q, want %q", now, got[0].verdict, want)
		}
	}
}

func TestSpread(t *testing.T) {
	got := everything(timed("ns", nil, 9, 10, 11), timed("ns", nil, 8, 10, 12))[0]
	if got.spread < 0.199 || got.spread > 0.201 {
		t.Errorf("spread %v, want 0.2", got.spread)
	}
}

// A count may get worse by so much and no more, and must be there.
func TestCounted(t *testing.T) {
	elsewhere := counts("instructions", 200, nil)
	elsewhere.Machine.Go = "go2 linux/amd64"
	for _, c := range []struct {
		name     string
		was, now *result.Run
		want     verdict
		fails    bool
	}{
		{"the same", counts("bytes", 100, nil), counts("bytes", 100, nil), same, false},
		{"two percent", counts("bytes", 100, nil), counts("bytes", 102, nil), same, false},
		{"more than that", counts("bytes", 100, nil), counts("bytes", 102.1, nil), worse, true},
		{"less", counts("bytes", 100, nil), counts("bytes", 50, nil), better, false},
		{"some of nothing", counts("allocations", 0, nil), counts("allocations", 0.001, nil), worse, true},
		{"fewer of what is to be many", counts("parts", 100, &result.Goal{AtLeast: 1}), counts("parts", 90, nil), worse, true},
		{"missing", counts("bytes", 100, nil), &result.Run{}, missing, true},
		{"instructions", counts("instructions", 100, nil), counts("instructions", 103, nil), worse, true},
		{"instructions, of another compiler and gone", counts("instructions", 100, nil), &result.Run{Machine: elsewhere.Machine}, skipped, false},
		{"could not be counted", counts("bytes", 100, nil), timed("bytes", nil), skipped, false},
		{"instructions, of another compiler", counts("instructions", 100, nil), elsewhere, skipped, false},
	} {
		dir := t.TempDir()
		was, is := filepath.Join(dir, "was.json"), filepath.Join(dir, "is.json")
		if err := c.was.Write(was); err != nil {
			t.Fatal(err)
		}
		if err := c.now.Write(is); err != nil {
			t.Fatal(err)
		}
		if got := countedOnly(c.was, c.now, 0.02); len(got) != 1 || got[0].verdict != c.want {
			t.Errorf("%s: %+v, want %q", c.name, got, c.want)
		}
		if err := run(io.Discard, 2, was, is); (err != nil) != c.fails {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A baseline without counts guards nothing, so it is refused.
func TestNoCounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	if err := timed("ns", nil, 1).Write(path); err != nil {
		t.Fatal(err)
	}
	if err := run(io.Discard, 2, path, path); err == nil {
		t.Error("taken")
	}
	if err := run(io.Discard, 2, path+"x", path); err == nil {
		t.Error("a file that is not there is taken")
	}
}

func TestPrint(t *testing.T) {
	was, is := timed("ns", nil, 9, 10, 11), timed("ns", nil, 12, 13, 14)
	is.Commit = "b"
	is.Count("memory", "g", "bytes", 7, nil)
	var b strings.Builder
	if err := show(&b, was, is, everything(was, is)); err != nil {
		t.Fatal(err)
	}
	want := `   a   b  ratio   spread         figure
  10  13  1.300  ±10.0 %  WORSE  f (ns)
   -   7      -             new  g (bytes)
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
