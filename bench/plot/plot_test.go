package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

func curve() result.Curve {
	return result.Curve{
		Name: "orders", Title: "One command", X: "resting orders", Y: "ns a command", LogX: true,
		Lines: []result.Line{
			{Name: "bare & plain", Points: [][2]float64{{1e3, 40}, {1e5, 60}, {1e7, 130}}},
			{Name: "all on", Points: [][2]float64{{1e3, 70}, {1e7, 210}}},
		},
	}
}

// texts returns what is written in an SVG, which has to be well-formed.
func texts(t *testing.T, svg []byte) []string {
	t.Helper()
	var all []string
	in := false
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		switch x := token.(type) {
		case xml.StartElement:
			in = x.Name.Local == "text"
		case xml.EndElement:
			in = false
		case xml.CharData:
			if in {
				all = append(all, string(x))
			}
		}
	}
}

// A plot says what it is of, names its axes and lines, and is the same each time.
func TestSVG(t *testing.T) {
	c := curve()
	one, err := svg(&c)
	if err != nil {
		t.Fatal(err)
	}
	two, err := svg(&c)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, two) {
		t.Error("the same curve gives other bytes")
	}
	got := strings.Join(texts(t, one), "|")
	for _, want := range []string{"One command", "resting orders", "ns a command", "bare & plain", "all on", "1 k", "10 k", "100 k", "1 M", "10 M", "0", "250"} {
		if !strings.Contains("|"+got+"|", "|"+want+"|") {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
	if !bytes.Contains(one, []byte(families)) {
		t.Error("the text names no other typefaces")
	}
	c.Lines = c.Lines[:1]
	single, err := svg(&c)
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(t, single); strings.Contains(strings.Join(got, "|"), "bare & plain") {
		t.Errorf("a single line has a legend: %q", got)
	}
}

// What cannot be drawn is refused.
func TestRefused(t *testing.T) {
	for name, change := range map[string]func(*result.Curve){
		"no lines":           func(c *result.Curve) { c.Lines = nil },
		"eight lines":        func(c *result.Curve) { c.Lines = make([]result.Line, 8) },
		"no points":          func(c *result.Curve) { c.Lines[0].Points = nil },
		"zero on a log axis": func(c *result.Curve) { c.Lines[0].Points[0][0] = 0 },
		"backwards":          func(c *result.Curve) { c.Lines[1].Points[1][0] = 1 },
	} {
		c := curve()
		change(&c)
		if _, err := svg(&c); err == nil {
			t.Errorf("%s: drawn", name)
		}
	}
}

func TestTicks(t *testing.T) {
	labels := func(low, high float64) string {
		var all []string
		for _, tick := range logTicks(low, high) {
			if tick.Label != "" {
				all = append(all, tick.Label)
			}
		}
		return strings.Join(all, " ")
	}
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{1, 1e5, "1 10 100 1 k 10 k 100 k"},
		{50, 500, "50 100 200 500"},
		{0.02, 1, "0.02 0.05 0.1 0.2 0.5 1"},
		{1e3, 1e10, "1 k 10 k 100 k 1 M 10 M 100 M 1 G 10 G"},
	} {
		if got := labels(c.low, c.high); got != c.want {
			t.Errorf("%v to %v: %q, want %q", c.low, c.high, got, c.want)
		}
	}
	for v, want := range map[float64][2]float64{1: {1, 1}, 3: {2, 5}, 70: {50, 100}, 0.03: {0.02, 0.05}, 1e6: {1e6, 1e6}} {
		if down, up := roundDown(v), roundUp(v); !near(down, want[0]) || !near(up, want[1]) {
			t.Errorf("%v lies between %v and %v, want %v", v, down, up, want)
		}
	}
}

func near(a, b float64) bool { return a > b*0.999 && a < b*1.001 }

// Each curve of a file becomes a file.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	r := &result.Run{Curves: []result.Curve{curve(), curve()}}
	r.Curves[1].Name = "other"
	results := filepath.Join(dir, "r.json")
	if err := r.Write(results); err != nil {
		t.Fatal(err)
	}
	plots := filepath.Join(dir, "plots")
	if err := run(io.Discard, results, plots); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(plots)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if diff := cmp.Diff([]string{"orders.svg", "other.svg"}, names); diff != "" {
		t.Error(diff)
	}
	r.Curves[1].Name = "../other"
	if err := r.Write(results); err != nil {
		t.Fatal(err)
	}
	if err := run(io.Discard, results, plots); err == nil {
		t.Error("a curve leaves the folder")
	}
}
