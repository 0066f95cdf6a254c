// Package planted is a command that tries the tests on builds that have a bug, one
// after the other: each bug of package engine/planted has to be found by the test that
// stands beside it.
//
//	go run ./bench/planted            all of them
//	go run ./bench/planted NAME...    some
//	go run ./bench/planted --json     one JSON object a line
//
// It is run from anywhere in the module and needs the Go toolchain. The exit code is
// 1 when a bug was not found.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// patience bounds the run of one test. One that hangs because of the bug has found
// it.
const patience = 2 * time.Minute

// outcome is how a bug was found, or not.
type outcome struct {
	bug
	Found   bool    `json:"found"`
	Build   float64 `json:"build_seconds"`
	Seconds float64 `json:"seconds"` // from the start of the test to its failure
	Said    string  `json:"said"`    // the first line of the failure
}

func main() {
	asJSON := flag.Bool("json", false, "print one JSON object a line")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, flag.Args(), *asJSON); err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// run tries the named bugs, all if none is named.
func run(ctx context.Context, out io.Writer, names []string, asJSON bool) error {
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "planted")
	if err != nil {
		return fmt.Errorf("make a folder for builds: %w", err)
	}
	defer os.RemoveAll(work) //nolint:errcheck // it is temporary
	missed := 0
	for i := range chosen {
		o, err := try(ctx, root, work, &chosen[i])
		if err != nil {
			return err
		}
		if !o.Found {
			missed++
		}
		if err := tell(out, o, asJSON); err != nil {
			return err
		}
	}
	if missed > 0 {
		return fmt.Errorf("%d of %d bugs were not found", missed, len(chosen))
	}
	if asJSON {
		return nil
	}
	_, err = fmt.Fprintf(out, "%d of %d bugs found\n", len(chosen), len(chosen))
	return err //nolint:wrapcheck // of the terminal
}

// choose returns the bugs of these names.
func choose(names []string) ([]bug, error) {
	all := bugs()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []bug
	for _, name := range names {
		i := slices.IndexFunc(all, func(b bug) bool { return b.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no bug is called %q", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func moduleRoot(ctx context.Context) (string, error) {
	file, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("ask for the module: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(file))), nil
}

// try builds the package's tests with the bug, and runs the one that has to fail.
func try(ctx context.Context, root, work string, b *bug) (*outcome, error) {
	o := &outcome{bug: *b}
	folder := filepath.Join(root, filepath.FromSlash(b.Folder))
	binary := filepath.Join(work, b.Name+".test")
	start := time.Now()
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-tags", "planted_"+b.Name, "-o", binary, ".")
	build.Dir = folder
	if said, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build %s with %s: %w\n%s", b.Folder, b.Name, err, said)
	}
	o.Build = time.Since(start).Seconds()

	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	start = time.Now()
	test := exec.CommandContext(limited, binary, "-test.v", "-test.failfast", "-test.run", "^"+b.Test+"$")
	test.Dir = folder
	said, err := test.CombinedOutput()
	o.Seconds = time.Since(start).Seconds()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("stopped at %s: %w", b.Name, ctx.Err())
	}
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return nil, fmt.Errorf("run %s of %s: %w", b.Test, b.Folder, err)
	}
	if !ran(said, b.Test) {
		return nil, fmt.Errorf("%s has no test %s, or it does not run here:\n%s", b.Folder, b.Test, said)
	}
	o.Found, o.Said = failed != nil, reason(said)
	return o, os.Remove(binary) //nolint:wrapcheck // it names the file
}

// ran reports whether the test was run, and not skipped.
func ran(said []byte, test string) bool {
	return strings.Contains(string(said), "=== RUN   "+test+"\n") && !strings.Contains(string(said), "--- SKIP: "+test+" ")
}

// place is where in the source something was said: a test's line of output, or the
// line of a panic.
var place = regexp.MustCompile(`(?m)^(?:\s+\w+_test\.go:\d+: |panic: )(.*)$`)

// reason returns the first line that a failed test said.
func reason(said []byte) string {
	m := place.FindSubmatch(said)
	if m == nil {
		return ""
	}
	const most = 100
	line := []rune(string(m[1]))
	return string(line[:min(len(line), most)])
}

func tell(out io.Writer, o *outcome, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(o) //nolint:wrapcheck // it says which
	}
	verdict := "found"
	if !o.Found {
		verdict = "MISSED"
	}
	_, err := fmt.Fprintf(out, "%-7s%-22s%7.2f s  %-42s %s\n", verdict, o.Name, o.Seconds, o.Folder+" "+o.Test, o.Does)
	return err //nolint:wrapcheck // of the terminal
}
