// Package generate is a command that writes a common workload to a file, for engines that are
// measured from outside:
//
//	go run ./bench/workload/generate -workload std -o std.bin
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/seed-7d4c2414/exchange/bench/workload"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	name := flags.String("workload", "std", "std, std100k, big1 or sym1k")
	path := flags.String("o", "", "file to write")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	p, err := workload.Find(*name)
	if err == nil && *path == "" {
		err = errors.New("-o: which file?")
	}
	if err == nil {
		err = generate(p, *path, stdout)
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "generate:", err)
		return 1
	}
	return 0
}

// generate writes the file and says what a run of it must come to.
func generate(p workload.Params, path string, stdout io.Writer) error {
	flow := workload.Generate(p)
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("create file: %w", err)
	}
	if err := errors.Join(flow.Write(f), f.Close()); err != nil {
		return err
	}
	o := &flow.Outcome
	_, err = fmt.Fprintf(stdout, "%s: %d + %d records, %d trades, quantity %d, notional %d, digest %016x, %d orders rest\n",
		p.Name, flow.Prefill, len(flow.Records)-flow.Prefill, o.Trades, o.Traded, o.Notional, o.Digest, o.Resting)
	return err
}
