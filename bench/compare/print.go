package main

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

// show prints a line for each figure.
func show(out io.Writer, was, is *result.Run, changes []change) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, err := fmt.Fprintf(w, "%s\t%s\tratio\tspread\t\t  figure\n", was.Commit, is.Commit)
	for i := range changes {
		if err != nil {
			break
		}
		c := &changes[i]
		_, err = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t  %s\n", value(c.old), value(c.new), c.ratio(), c.part(), c.verdict, c.label())
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return fmt.Errorf("print what has changed: %w", err)
	}
	return nil
}

// label is the name with the unit.
func (c *change) label() string {
	f := c.old
	if f == nil {
		f = c.new
	}
	if f.Unit == "" {
		return f.Name
	}
	return f.Name + " (" + f.Unit + ")"
}

func value(f *result.Figure) string {
	if f == nil || f.IsMissing() {
		return "-"
	}
	return strconv.FormatFloat(f.Value, 'g', 6, 64)
}

func (c *change) ratio() string {
	if c.old == nil || c.new == nil || c.old.Value == 0 || c.old.IsMissing() || c.new.IsMissing() {
		return "-"
	}
	return strconv.FormatFloat(c.new.Value/c.old.Value, 'f', 3, 64)
}

func (c *change) part() string {
	if c.spread == 0 {
		return ""
	}
	return "±" + strconv.FormatFloat(c.spread*100, 'f', 1, 64) + " %"
}
