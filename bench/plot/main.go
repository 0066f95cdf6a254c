// Package plot is a command that draws the curves of a results file, each as an SVG
// that is named after it.
//
//	go run ./bench/plot bench/results/FILE.json bench/results/plots
//
// The same file gives the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

func main() {
	flag.Usage = func() {
		_, _ = fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./bench/plot RESULTS.json DIR\n\nDraws every curve of a results file as DIR/NAME.svg.")
	}
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(os.Stderr, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

// run draws the curves of a results file into a folder.
func run(log io.Writer, results, dir string) error {
	r, err := result.Read(results)
	if err != nil {
		return err //nolint:wrapcheck // it says what was read
	}
	if len(r.Curves) == 0 {
		return errors.New("there are no curves in " + results)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // plots are for everybody to see
		return fmt.Errorf("make the folder of the plots: %w", err)
	}
	fileName := regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	for i := range r.Curves {
		c := &r.Curves[i]
		if !fileName.MatchString(c.Name) {
			return fmt.Errorf("the curve %q has a name that no file is to have", c.Name)
		}
		text, err := svg(c)
		if err != nil {
			return fmt.Errorf("draw %s: %w", c.Name, err)
		}
		path := filepath.Join(dir, c.Name+".svg")
		if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // plots are for everybody to see
			return fmt.Errorf("write a plot: %w", err)
		}
		if _, err := fmt.Fprintln(log, path); err != nil {
			return fmt.Errorf("say what was drawn: %w", err)
		}
	}
	return nil
}
