package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
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

// printf writes to out, whose error comes up when it is flushed.
func (c *console) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(c.out, format, args...)
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

// complain writes a line to err. If nobody hears it there is nobody to tell.
func (c *console) complain(line string) {
	_, _ = fmt.Fprintln(c.err, line)
}

// warn tells of something that is not as it should be and does not matter.
func (c *console) warn(line string) { c.complain("exchange: warning: " + line) }

// table is text in columns that are separated by tabs.
type table struct{ w *tabwriter.Writer }

func (c *console) table(head string) table {
	t := table{tabwriter.NewWriter(&trimmer{w: c.out}, 0, 0, 2, ' ', 0)}
	t.row("%s", head)
	return t
}

// trimmer takes the spaces off the ends of lines, with which columns are filled.
type trimmer struct {
	w      *bufio.Writer
	spaces int // held back until something follows them
}

// Write returns no error; that of the output comes up when it is flushed.
func (t *trimmer) Write(p []byte) (int, error) {
	for _, b := range p {
		if b == ' ' {
			t.spaces++
			continue
		}
		for ; b != '\n' && t.spaces > 0; t.spaces-- {
			_ = t.w.WriteByte(' ')
		}
		t.spaces = 0
		_ = t.w.WriteByte(b)
	}
	return len(p), nil
}

// row adds a line. An error of the output comes up when that is flushed.
func (t table) row(format string, args ...any) {
	_, _ = fmt.Fprintf(t.w, format+"\n", args...)
}

// end writes the table.
func (t table) end() { _ = t.w.Flush() }
