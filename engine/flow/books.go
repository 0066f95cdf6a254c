package flow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// maxLevels bounds the levels of each side of a books file.
const maxLevels = 1000

// Books is a whole books file: how the best levels must read after some rows.
type Books struct {
	Levels int // of each side

	// The unit of prices and quantities is 10 to the minus these.
	PriceScale, QtyScale uint8

	after []uint32
	cells []cell // 2×Levels for each book: bids, then asks
}

// cell is one level of a recorded book. The zero cell says that there is none.
type cell struct{ price, quantity int64 }

// Len returns the number of books.
func (b *Books) Len() int { return len(b.after) }

// book returns the levels of a book: bids, then asks.
func (b *Books) book(i int) []cell {
	n := 2 * b.Levels
	return b.cells[i*n : (i+1)*n]
}

// The rules of a book.
var (
	errBookHeader = errors.New("the header is not after,b1p,b1q,…,bNp,bNq,a1p,a1q,…,aNp,aNq")
	errAfter      = errors.New("not the number of a row, counted from 1")
	errRises      = errors.New("not above that of the line before")
)

// ReadBooks reads a books file that is not compressed. A file that breaks a rule
// gives a *LineError.
func ReadBooks(r io.Reader) (*Books, error) {
	b := &Books{}
	d := bookReader{lines: newLines(r), books: b}
	d.price.widen = func(factor int64) error {
		return b.widen(func(c *cell) *int64 { return &c.price }, factor)
	}
	d.quantity.widen = func(factor int64) error {
		return b.widen(func(c *cell) *int64 { return &c.quantity }, factor)
	}
	if err := d.read(); err != nil {
		return nil, err
	}
	b.PriceScale, b.QtyScale = d.price.scale, d.quantity.scale
	return b, nil
}

// ReadBooksFile reads a books file, plain or compressed with zstd.
func ReadBooksFile(path string) (*Books, error) {
	var b *Books
	err := readFile(path, nil, func(r io.Reader) (err error) {
		b, err = ReadBooks(r)
		return err
	})
	return b, err
}

// bookReader holds what is needed while a books file is read.
type bookReader struct {
	*lines
	books           *Books
	price, quantity scaled
	last            uint32
}

func (d *bookReader) read() error {
	if err := d.readHeader(); err != nil {
		return err
	}
	count := len(d.fields)
	for {
		err := d.next(count)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := d.book(); err != nil {
			return err
		}
	}
}

// bookColumn returns the name of a column: b1p is the price of the best bid.
func bookColumn(column, levels int) string {
	if column == 0 {
		return "after"
	}
	i := column - 1
	return fmt.Sprintf("%c%d%c", "ba"[i/(2*levels)], i/2%levels+1, "pq"[i%2])
}

func (d *bookReader) readHeader() error {
	if err := d.header(0); err != nil {
		return err
	}
	n := len(d.fields) / 4
	wrong := &LineError{Line: 1, Err: badHeader(errBookHeader, bytes.Join(d.fields, []byte{','}))}
	if n < 1 || n > maxLevels || len(d.fields) != 1+4*n {
		return wrong
	}
	for i, name := range d.fields {
		if string(name) != bookColumn(i, n) {
			return wrong
		}
	}
	d.books.Levels = n
	return nil
}

// book reads a line.
func (d *bookReader) book() error {
	b := d.books
	after, err := strconv.ParseUint(string(d.fields[0]), 10, 31)
	switch {
	case err != nil || after == 0 || after > math.MaxInt32:
		return d.refuse("after", d.fields[0], errAfter)
	case uint32(after) <= d.last:
		return d.refuse("after", d.fields[0], errRises)
	}
	d.last = uint32(after)
	b.after = append(b.after, d.last)
	for i := 1; i < len(d.fields); i += 2 {
		// The cell is in place while it is read, so that its price takes part when
		// a later one makes the unit smaller.
		b.cells = append(b.cells, cell{})
		c := &b.cells[len(b.cells)-1]
		if c.price, err = number(&d.price, d.fields[i]); err != nil {
			return d.refuse(bookColumn(i, b.Levels), d.fields[i], err)
		}
		if c.quantity, err = number(&d.quantity, d.fields[i+1]); err != nil {
			return d.refuse(bookColumn(i+1, b.Levels), d.fields[i+1], err)
		}
	}
	return nil
}

// number reads a decimal that may be left out, which is 0.
func number(s *scaled, b []byte) (int64, error) {
	if len(b) == 0 {
		return 0, nil
	}
	return s.number(b)
}

func (b *Books) widen(value func(*cell) *int64, factor int64) error {
	for i := range b.cells {
		if err := widen(value(&b.cells[i]), factor); err != nil {
			return err
		}
	}
	return nil
}
