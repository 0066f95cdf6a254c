package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A rowWriter writes the rows of an export, whose cells are in the order of its columns.
type rowWriter interface {
	row(cells []cell) error
	// end writes what comes after the last row.
	end() error
}

// jsonRows writes a JSON object a line, without the columns that have no value.
type jsonRows struct {
	out     io.Writer
	columns []column
	buf     []byte
}

func (w *jsonRows) row(cells []cell) error {
	w.buf = append(w.buf[:0], '{')
	for i := range cells {
		c := &cells[i]
		if !c.set {
			continue
		}
		if len(w.buf) > 1 {
			w.buf = append(w.buf, ',')
		}
		w.buf = strconv.AppendQuote(w.buf, w.columns[i].name)
		w.buf = append(w.buf, ':')
		switch w.columns[i].kind {
		case textCell:
			text, err := json.Marshal(c.text)
			if err != nil {
				return fmt.Errorf("write %s: %w", w.columns[i].name, err)
			}
			w.buf = append(w.buf, text...)
		case decimalCell:
			w.buf = append(append(append(w.buf, '"'), c.decimal()...), '"')
		case boolCell:
			w.buf = strconv.AppendBool(w.buf, c.n != 0)
		default:
			w.buf = strconv.AppendInt(w.buf, c.n, 10)
		}
	}
	w.buf = append(w.buf, '}', '\n')
	return writeRow(w.out, w.buf)
}

func (*jsonRows) end() error { return nil }

// csvRows writes the form of RFC 4180 with a line of names first. A column without a
// value is empty.
type csvRows struct {
	out     io.Writer
	columns []column
	buf     []byte
}

func newCSVRows(out io.Writer, columns []column) (*csvRows, error) {
	w := &csvRows{out: out, columns: columns}
	for i := range columns {
		w.comma(i)
		w.buf = append(w.buf, columns[i].name...)
	}
	w.buf = append(w.buf, '\n')
	return w, writeRow(out, w.buf)
}

func (w *csvRows) comma(i int) {
	if i > 0 {
		w.buf = append(w.buf, ',')
	}
}

func (w *csvRows) row(cells []cell) error {
	w.buf = w.buf[:0]
	for i := range cells {
		w.comma(i)
		c := &cells[i]
		if !c.set {
			continue
		}
		switch w.columns[i].kind {
		case textCell:
			w.text(c.text)
		case decimalCell:
			w.buf = append(w.buf, c.decimal()...)
		case boolCell:
			w.buf = strconv.AppendBool(w.buf, c.n != 0)
		default:
			w.buf = strconv.AppendInt(w.buf, c.n, 10)
		}
	}
	w.buf = append(w.buf, '\n')
	return writeRow(w.out, w.buf)
}

// text writes a text, in quotes where it has what would end it.
func (w *csvRows) text(s string) {
	if !strings.ContainsAny(s, "\",\r\n") {
		w.buf = append(w.buf, s...)
		return
	}
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, strings.ReplaceAll(s, `"`, `""`)...)
	w.buf = append(w.buf, '"')
}

func (*csvRows) end() error { return nil }

func writeRow(out io.Writer, row []byte) error {
	if _, err := out.Write(row); err != nil {
		return fmt.Errorf("write the rows: %w", err)
	}
	return nil
}
