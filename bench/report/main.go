// Package report is a command that measures all of the exchange that has a goal and
// prints what came out, as a Markdown table with goal, figure, ratio and verdict.
//
//	go run ./bench/report                      everything, in about ten minutes
//	go run ./bench/report --short              everything in a minute; that it runs, more than what it shows
//	go run ./bench/report --only core,memory   some parts
//	go run ./bench/report --counted            only what is counted and not timed; see bench/compare
//	go run ./bench/report --readme README.md   and puts the table into the README
//	go run ./bench/report --from FILE          prints the table of a results file, and measures nothing
//
// What was measured, sample by sample, with the machine and the commit, is written to
// bench/results/COMMIT.json, or to the file of -o. Figures of the public benchmark
// come from bench/results/flash1.json, unless the benchmark's harness is given:
//
//	go run ./bench/report --only flash1 -o bench/results/flash1.json \
//		--harness PATH --ours LIB.so --engine NAME=LIB.so …
//
// It is run from anywhere in the module and needs the Go toolchain.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/readme"
	"github.com/seed-7d4c2414/exchange/bench/result"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := report(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

// choices are what the command line says.
type choices struct {
	short, counted bool
	only           []string
	out            string // empty: named after the commit
	readme         string // empty: none
	from           string // empty: measure
	harness        harness
}

// harness is that of the public benchmark, with what it drives.
type harness struct {
	path    string            // empty: the figures are those that were put down
	ours    string            // the library of this engine
	engines map[string]string // libraries of others, by name
	runs    int
}

func parse(args []string, log io.Writer) (*choices, error) {
	c := &choices{harness: harness{engines: map[string]string{}}}
	f := flag.NewFlagSet("report", flag.ContinueOnError)
	f.SetOutput(log)
	f.BoolVar(&c.short, "short", false, "measure little: shows that everything runs, and what is counted")
	f.BoolVar(&c.counted, "counted", false, "only what is counted")
	f.StringVar(&c.out, "o", "", "write the results to this `file` (default bench/results/COMMIT.json)")
	f.StringVar(&c.readme, "readme", "", "put the table into this `file`, between its marks")
	f.StringVar(&c.from, "from", "", "print the table of this results `file`, and measure nothing")
	f.StringVar(&c.harness.path, "harness", "", "measure the public benchmark with the harness at this `path`")
	f.StringVar(&c.harness.ours, "ours", "", "the `library` of this engine, for the harness")
	f.IntVar(&c.harness.runs, "runs", 10, "how often the harness runs each workload")
	f.Func("engine", "a `name=library` to stand beside this engine in the harness; may be given several times", func(s string) error {
		name, library, ok := strings.Cut(s, "=")
		if !ok || name == "" || library == "" {
			return fmt.Errorf("%q is not NAME=LIBRARY", s)
		}
		c.harness.engines[name] = library
		return nil
	})
	f.Func("only", "some `parts`, with commas between: "+strings.Join(partNames(), ","), func(s string) error {
		for name := range strings.SplitSeq(s, ",") {
			if !slices.Contains(partNames(), name) {
				return fmt.Errorf("there is no part %q", name)
			}
			c.only = append(c.only, name)
		}
		return nil
	})
	if err := f.Parse(args); err != nil {
		return nil, err //nolint:wrapcheck // it says what is wrong
	}
	if (c.harness.path == "") != (c.harness.ours == "") {
		return nil, errors.New("the harness and the library of this engine need each other")
	}
	if f.NArg() > 0 {
		return nil, fmt.Errorf("it takes no arguments, and %q is one", f.Arg(0))
	}
	return c, nil
}

func report(ctx context.Context, args []string, out, log io.Writer) error {
	c, err := parse(args, log)
	if err != nil {
		return err
	}
	root, err := readme.Root(ctx)
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	r, err := c.run(ctx, root, log)
	if err != nil {
		return err
	}
	text := markdown(r)
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	if c.readme == "" {
		return nil
	}
	return readme.Put(c.readme, tableBegin, tableEnd, text) //nolint:wrapcheck // it says what it did
}

// The lines of the README that the table stands between.
const (
	tableBegin = "<!-- report: go run ./bench/report --readme README.md writes this table -->"
	tableEnd   = "<!-- end of report -->"
)

// run measures, or reads what was measured.
func (c *choices) run(ctx context.Context, root string, log io.Writer) (*result.Run, error) {
	if c.from != "" {
		return result.Read(c.from) //nolint:wrapcheck // it says what it did
	}
	r := &result.Run{Machine: machine(), Commit: commit(ctx, root), Began: time.Now().UTC().Format(time.RFC3339)}
	if err := c.measure(ctx, r, root, log); err != nil {
		return nil, err
	}
	path := c.out
	if path == "" {
		path = filepath.Join(root, "bench", "results", r.Commit+".json")
	}
	if err := r.Write(path); err != nil {
		return nil, err //nolint:wrapcheck // it says what it did
	}
	say(log, "results are in %s", path)
	return r, nil
}

// say tells how far it is. If nobody reads that, it is all the same.
func say(log io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(log, "report: "+format+"\n", args...)
}
