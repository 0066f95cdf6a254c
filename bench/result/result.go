// Package result holds what a measurement found: figures with the goals that they
// are held against, and curves, with the machine and the commit they are of. It is
// kept as JSON in bench/results and printed as a table by bench/report.
package result

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
)

// Run is what was measured in one sitting.
type Run struct {
	Machine Machine
	Commit  string // of the tree, with a + behind it when the tree had changes
	Began   string // RFC 3339, UTC
	Figures []Figure
	Curves  []Curve
}

// Machine says where a run was made.
type Machine struct {
	CPU    string
	Cores  int
	Memory string
	OS     string // with the kernel's release
	Disk   string // the file system under the journal
	Go     string
}

// Figure is one thing that was measured.
type Figure struct {
	Section string    // of the table: "public benchmark", "engine", "pipeline", …
	Name    string    // unique in the run: what was measured, on which flow
	Unit    string    // of Value: "commands/s", "ns", "bytes", …
	Value   float64   // the median of Samples, or what was counted
	Samples []float64 `json:",omitempty"` // in the order in which they were taken
	Counted bool      `json:",omitempty"` // exact, the same on every machine: CI compares it
	Goal    *Goal     `json:",omitempty"` // nil: shown for comparison
	Note    string    `json:",omitempty"` // digest of the workload, what stands beside it
}

// Goal bounds a figure. With Beside it bounds the ratio of the figure's value to that
// of another figure of the same run, which was measured alternately with it.
type Goal struct {
	AtLeast float64 `json:",omitempty"`
	AtMost  float64 `json:",omitempty"`
	Beside  string  `json:",omitempty"` // name of the other figure
	Strict  bool    `json:",omitempty"` // AtMost is itself excluded
}

// Curve shows how one thing grows with another.
type Curve struct {
	Name  string // file name of its plot, without extension
	Title string
	X, Y  string // what stands on the axes, with units
	LogX  bool
	LogY  bool
	Lines []Line
}

// Line is one series of a curve.
type Line struct {
	Name   string
	Points [][2]float64 // x, y; ascending in x
}

// Time adds a figure that was measured several times; its value is the median.
func (r *Run) Time(section, name, unit string, samples []float64, goal *Goal) *Figure {
	return r.add(Figure{Section: section, Name: name, Unit: unit, Value: Median(samples), Samples: samples, Goal: goal})
}

// Count adds a figure that is exact.
func (r *Run) Count(section, name, unit string, value float64, goal *Goal) *Figure {
	return r.add(Figure{Section: section, Name: name, Unit: unit, Value: value, Counted: true, Goal: goal})
}

// Missing adds a figure that cannot be measured here, and says why.
func (r *Run) Missing(section, name, unit, why string, goal *Goal) *Figure {
	return r.add(Figure{Section: section, Name: name, Unit: unit, Goal: goal, Note: why})
}

func (r *Run) add(f Figure) *Figure {
	if r.Find(f.Name) != nil {
		panic(fmt.Sprintf("result: figure %q is there already", f.Name))
	}
	r.Figures = append(r.Figures, f)
	return &r.Figures[len(r.Figures)-1]
}

// Find returns the figure of a name, or nil. It is valid until the next is added.
func (r *Run) Find(name string) *Figure {
	for i := range r.Figures {
		if r.Figures[i].Name == name {
			return &r.Figures[i]
		}
	}
	return nil
}

// Ratio returns a figure's value as a part of that of the figure it is held
// beside; ok is false when its goal names none or one that is not in the run.
func (r *Run) Ratio(f *Figure) (ratio float64, ok bool) {
	if f.Goal == nil || f.Goal.Beside == "" {
		return 0, false
	}
	beside := r.Find(f.Goal.Beside)
	if beside == nil || beside.Value == 0 || beside.IsMissing() {
		return 0, false
	}
	return f.Value / beside.Value, true
}

// IsMissing reports whether the figure was neither measured nor counted.
func (f *Figure) IsMissing() bool { return !f.Counted && len(f.Samples) == 0 }

// Verdict is what a goal says of a figure.
type Verdict string

// The verdicts.
const (
	Met     Verdict = "met"
	NotMet  Verdict = "not met"
	NoGoal  Verdict = ""
	Unknown Verdict = "not measured" // it is missing, or the figure to stand beside it is
)

// Verdict holds a figure against its goal.
func (r *Run) Verdict(f *Figure) Verdict {
	if f.Goal == nil {
		return NoGoal
	}
	if f.IsMissing() {
		return Unknown
	}
	value := f.Value
	if f.Goal.Beside != "" {
		ratio, ok := r.Ratio(f)
		if !ok {
			return Unknown
		}
		value = ratio
	}
	g := f.Goal
	if g.AtLeast != 0 && value < g.AtLeast || g.AtMost != 0 && (value > g.AtMost || g.Strict && value == g.AtMost) {
		return NotMet
	}
	return Met
}

// Median returns the median of samples; of an even number the mean of the two in the
// middle, of none not a number.
func Median(samples []float64) float64 {
	if len(samples) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(samples))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// Read reads a run from a file.
func Read(path string) (*Run, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	r := &Run{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("read results of %s: %w", path, err)
	}
	return r, nil
}

// Write writes a run to a file.
func (r *Run) Write(path string) error {
	b, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil { //nolint:gosec // results are for everybody to read
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}
