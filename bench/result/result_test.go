package result

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVerdict(t *testing.T) {
	r := &Run{}
	r.Time("engine", "bare", "ns", []float64{30, 10, 20}, nil)
	for name, c := range map[string]struct {
		value float64
		goal  *Goal
		want  Verdict
	}{
		"no goal":           {1, nil, NoGoal},
		"at least, below":   {7, &Goal{AtLeast: 8}, NotMet},
		"at least, at it":   {8, &Goal{AtLeast: 8}, Met},
		"at most, above":    {9, &Goal{AtMost: 8}, NotMet},
		"at most, at it":    {8, &Goal{AtMost: 8}, Met},
		"below, at it":      {8, &Goal{AtMost: 8, Strict: true}, NotMet},
		"beside, within":    {26, &Goal{AtMost: 1.3, Beside: "bare"}, Met},
		"beside, beyond":    {27, &Goal{AtMost: 1.3, Beside: "bare"}, NotMet},
		"beside is missing": {1, &Goal{AtMost: 1.3, Beside: "nothing"}, Unknown},
	} {
		r.Count("engine", name, "ns", c.value, c.goal)
		if got := r.Verdict(r.Find(name)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestMissing(t *testing.T) {
	r := &Run{}
	r.Missing("engine", "a day", "commands/s", "not on this machine", &Goal{AtLeast: 1})
	r.Time("engine", "bare", "commands/s", []float64{1}, &Goal{AtLeast: 1, Beside: "a day"})
	for _, name := range []string{"a day", "bare"} {
		if got := r.Verdict(r.Find(name)); got != Unknown {
			t.Errorf("%s: %q, want %q", name, got, Unknown)
		}
	}
}

func TestMedian(t *testing.T) {
	if got := Median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("median of 1 to 4: %v", got)
	}
}

func TestReadBack(t *testing.T) {
	r := &Run{Machine: Machine{CPU: "x", Cores: 2}, Commit: "abc", Began: "2026-01-02T03:04:05Z"}
	r.Time("engine", "a", "ns", []float64{3, 1, 2}, &Goal{AtMost: 2}).Note = "digest 1"
	r.Curves = []Curve{{Name: "c", X: "orders", Y: "ns", LogX: true, Lines: []Line{{"l", [][2]float64{{1, 2}, {3, 4}}}}}}
	path := filepath.Join(t.TempDir(), "r.json")
	if err := r.Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, got); diff != "" {
		t.Errorf("read back (want -, got +)\n%s", diff)
	}
}
