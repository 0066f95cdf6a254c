package flow

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// maxLineBytes is the longest line: the fills of an uncross stand in one.
const maxLineBytes = 64 << 20

// LineError says what is wrong with a line of a file.
type LineError struct {
	Line   int    // from 1, the header
	Column string // empty if the line as a whole is wrong
	Err    error
}

// Error returns line, column and rule in one line of text.
func (e *LineError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("line %d: %v", e.Line, e.Err)
	}
	return fmt.Sprintf("line %d, %s: %v", e.Line, e.Column, e.Err)
}

// Unwrap returns the rule that was broken.
func (e *LineError) Unwrap() error { return e.Err }

// lines splits a file into lines and fields. The fields are valid until next is
// called again.
type lines struct {
	scanner *bufio.Scanner
	line    int
	fields  [][]byte
}

func newLines(r io.Reader) *lines {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 256<<10), maxLineBytes)
	return &lines{scanner: s}
}

var errQuote = errors.New("quotes are not part of the format")

// next reads a line of so many fields; 0 takes any number. It returns io.EOF
// after the last one.
func (l *lines) next(count int) error {
	l.line++
	if !l.scanner.Scan() {
		switch err := l.scanner.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			return l.errorf("", "longer than %d bytes", maxLineBytes)
		case err != nil:
			return fmt.Errorf("read line %d: %w", l.line, err)
		}
		return io.EOF
	}
	b := l.scanner.Bytes()
	if bytes.IndexByte(b, '"') >= 0 {
		return &LineError{Line: l.line, Err: errQuote}
	}
	l.fields = l.fields[:0]
	for {
		i := bytes.IndexByte(b, ',')
		if i < 0 {
			break
		}
		l.fields = append(l.fields, b[:i])
		b = b[i+1:]
	}
	l.fields = append(l.fields, b)
	if count > 0 && len(l.fields) != count {
		return l.errorf("", "%d columns instead of %d", len(l.fields), count)
	}
	return nil
}

// header reads the first line.
func (l *lines) header(count int) error {
	err := l.next(count)
	if errors.Is(err, io.EOF) {
		return l.errorf("", "the header is missing")
	}
	return err
}

func (l *lines) errorf(column, format string, args ...any) error {
	return &LineError{Line: l.line, Column: column, Err: fmt.Errorf(format, args...)}
}

// refuse wraps the rule that a field has broken.
func (l *lines) refuse(column string, field []byte, rule error) error {
	return l.errorf(column, "%.40q: %w", field, rule)
}

// scaled is the unit of the prices or of the quantities of a file: 10^-scale.
// The scale grows with the decimals met.
type scaled struct {
	scale uint8
	widen func(factor int64) error // multiplies the values read so far
}

// number reads a decimal in the unit.
func (s *scaled) number(b []byte) (int64, error) {
	v, err := msg.ParseDecimal(string(b), s.scale)
	if !errors.Is(err, msg.ErrDecimalPrecision) {
		return v, err
	}
	scale, err := msg.Decimals(string(b))
	if err != nil {
		return 0, msg.ErrDecimalPrecision
	}
	if err := s.grow(scale); err != nil {
		return 0, err
	}
	return msg.ParseDecimal(string(b), s.scale)
}

// grow makes room for so many decimals.
func (s *scaled) grow(scale uint8) error {
	if scale <= s.scale {
		return nil
	}
	if err := s.widen(msg.Pow10(scale - s.scale)); err != nil {
		return err
	}
	s.scale = scale
	return nil
}

// errScale says that numbers of one column have no unit in common.
var errScale = errors.New("with so many decimals an earlier value of the file does not fit into 63 bits")

// widen multiplies a value that was read before more decimals were met.
func widen(v *int64, factor int64) error {
	w, ok := msg.Mul(*v, factor)
	if !ok {
		return errScale
	}
	*v = w
	return nil
}

// readFile opens a plain or zstd file, told apart by the first bytes, and gives
// its plain content to read. progress, if not nil, is told how many bytes of the
// file on disk have been read, and how many there are.
func readFile(path string, progress func(done, total int64), read func(io.Reader) error) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err //nolint:wrapcheck // it names the file
	}
	counted := counter{r: f}
	if progress != nil {
		counted.progress = func(done int64) { progress(done, info.Size()) }
	}
	if err := readPlain(&counted, read); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// zstdMagic starts every zstd frame.
const zstdMagic = "\x28\xb5\x2f\xfd"

func readPlain(r io.Reader, read func(io.Reader) error) error {
	buffered := bufio.NewReaderSize(r, 256<<10)
	// A file too short for the magic is a plain one; other errors come again.
	if head, _ := buffered.Peek(len(zstdMagic)); string(head) != zstdMagic {
		return read(buffered)
	}
	z, err := zstd.NewReader(buffered, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("decompress: %w", err)
	}
	defer z.Close()
	return read(z)
}

// counter tells how many bytes have been read.
type counter struct {
	r        io.Reader
	n        int64
	progress func(bytes int64)
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.progress != nil {
		c.progress(c.n)
	}
	return n, err
}
