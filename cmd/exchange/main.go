// Command exchange is the exchange in one binary: it serves traders over HTTP and
// websockets, drives recorded order flow through ring, engine, journal and views,
// and looks at what a data directory holds. Without arguments it gives a first tour.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // with one line on stderr
	exitUsage  = 2 // the command line makes no sense
)

func main() {
	// Without this a pipe that nobody reads any more would kill the process in the
	// middle of a write; so the write fails, and run sees it.
	signal.Ignore(syscall.SIGPIPE)
	// The same for a file that grows beyond what the process may write.
	signal.Ignore(syscall.SIGXFSZ)
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out one command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	c := newConsole(stdout, stderr)
	root := newRoot(c)
	root.SetArgs(args)
	err := root.Execute()
	// What was found out is written even if it is a failure.
	if flushed := c.out.Flush(); err == nil && flushed != nil && !errors.Is(flushed, syscall.EPIPE) {
		err = fmt.Errorf("write the output: %w", flushed)
	}
	if err == nil || errors.Is(err, syscall.EPIPE) { // whoever reads has seen enough
		return exitOK
	}
	c.complain("exchange: " + oneLine(err))
	if usage, ok := errors.AsType[*usageError](err); ok {
		c.complain(usage.hint)
		return exitUsage
	}
	return exitFailed
}

// oneLine returns the text of an error, which joined errors spread over lines.
func oneLine(err error) string {
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}
