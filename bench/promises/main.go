// Package promises is a command that runs the tests of what the exchange promises and sums up how it has held:
// one line for each promise, and what the same faults do to others.
//
//	go run ./bench/promises                 what needs no disks to be mounted
//	EXCHANGE_DISKS=1 go run ./bench/promises   all of it, as root
//	EXCHANGE_LONG=1 go run ./bench/promises    the long form
//	go run ./bench/promises --only D6,D7    some promises
//	go run ./bench/promises --json          one JSON object
//	go run ./bench/promises --readme        and puts the table into README.md
//	go run ./bench/promises --rows FILE     sums up rows that were put down before
//
// It is run from anywhere in the module and needs the Go toolchain. The exit code is
// 1 when a promise did not hold, or a test failed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/seed-7d4c2414/exchange/bench/readme"
)

func main() {
	var c choices
	flag.BoolVar(&c.json, "json", false, "print one JSON object")
	flag.BoolVar(&c.readme, "readme", false, "put the table into README.md")
	flag.StringVar(&c.rows, "rows", "", "sum up the rows of this file, and run nothing")
	only := flag.String("only", "", "names of promises, with commas between")
	flag.Parse()
	if *only != "" {
		c.only = strings.Split(*only, ",")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, &c); err != nil {
		fmt.Fprintln(os.Stderr, "promises:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// choices are what the command line says.
type choices struct {
	json, readme bool
	rows         string
	only         []string
}

func run(ctx context.Context, c *choices) error {
	root, err := readme.Root(ctx)
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	name, failed := c.rows, error(nil)
	if name == "" {
		name, failed, err = runTests(ctx, root, c.only)
		if err != nil {
			return err
		}
		defer os.Remove(name) //nolint:errcheck // it is temporary
	}
	rows, err := readRows(name)
	if err != nil {
		return err
	}
	s, err := sum(rows, c.only)
	if err != nil {
		return err
	}
	if c.json {
		err = s.writeJSON(os.Stdout)
	} else {
		err = s.write(os.Stdout)
	}
	if err == nil && c.readme {
		err = s.writeReadme(root)
	}
	return errors.Join(failed, err, s.verdict())
}
