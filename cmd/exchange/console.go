package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// outputBytes is how much output is gathered for one write.
const outputBytes = 64 << 10

// console is where a command writes: results to out, the rest to err.
type console struct {
	out *bufio.Writer
	err io.Writer
}

func newConsole(stdout, stderr io.Writer) *console {
	return &console{out: bufio.NewWriterSize(stdout, outputBytes), err: stderr}
}

// printf writes to out, whose error comes up again when it is flushed.
func (c *console) printf(format string, args ...any) {
	fmt.Fprintf(c.out, format, args...)
}

// json writes one object in one line.
func (c *console) json(v any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

// warn tells of something that is not as it should be and does not matter.
func (c *console) warn(line string) {
	fmt.Fprintf(c.err, "exchange: warning: %s\n", line)
}
