// Package compare is a command that says what has changed between two results files,
// figure by figure.
//
//	go run ./bench/compare OLD.json NEW.json
//	go run ./bench/compare --counted 2 bench/results/counted.json NEW.json
//
// Of what was timed it prints both medians, their ratio, and how far the samples of
// either lie from their median; a change is called better or worse only when no sample
// of one lies among those of the other. With --counted only what was counted is
// compared, and the exit code is 1 when any of it has got worse by more than so many
// percent, or is missing; but for what the new run says it could not count, and for
// instructions when the runs are not of the same version of Go and kind of processor.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

func main() {
	counted := flag.Float64("counted", -1, "compare what was counted only, and fail when it got worse by more than so many `percent`")
	flag.Usage = func() {
		_, _ = fmt.Fprintln(flag.CommandLine.Output(), "usage: go run ./bench/compare [--counted PERCENT] OLD.json NEW.json")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(os.Stdout, *counted, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

// run compares two files. A negative percentage is none: then everything is compared.
func run(out io.Writer, percent float64, was, is string) error {
	one, err := result.Read(was)
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	two, err := result.Read(is)
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	if percent < 0 {
		return show(out, one, two, everything(one, two))
	}
	changes := countedOnly(one, two, percent/100)
	if err := show(out, one, two, changes); err != nil {
		return err
	}
	bad := 0
	for i := range changes {
		if changes[i].verdict == worse || changes[i].verdict == missing {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d counted figures got worse by more than %g %%, or are missing; if that is meant, put the new ones into %s", bad, percent, was)
	}
	if len(changes) == 0 {
		return errors.New("there are no counted figures in " + was)
	}
	return nil
}
