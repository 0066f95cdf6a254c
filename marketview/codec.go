package marketview

import (
	"encoding/binary"
	"errors"
	"iter"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The ways in which a section can be refused.
var (
	ErrShort    = errors.New("section ends early")
	ErrTrailing = errors.New("section goes on behind its end")
	ErrRange    = errors.New("number out of range")
	ErrOrder    = errors.New("records out of order")
	ErrUnknown  = errors.New("unknown asset, symbol or account")
	ErrUsed     = errors.New("the set is not a new one")
)

func appendUint[T ~int64 | ~uint64 | ~uint32 | ~int](dst []byte, v T) []byte {
	return binary.AppendUvarint(dst, uint64(v))
}

func appendInt[T ~int64](dst []byte, v T) []byte { return binary.AppendVarint(dst, int64(v)) }

func appendName(dst []byte, n *msg.Name) []byte {
	l := n.Len()
	return append(append(dst, byte(l)), n[:l]...)
}

// decoder reads a section. Its first error stays and empties it, so that a loop
// over records ends with the bytes they come from.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.b = nil
}

// must fails with err unless ok.
func (d *decoder) must(ok bool, err error) {
	if !ok {
		d.fail(err)
	}
}

// end returns the first error; bytes that are left are one.
func (d *decoder) end() error {
	d.must(len(d.b) == 0, ErrTrailing)
	return d.err
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail(ErrShort)
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

// enum reads a byte up to last.
func (d *decoder) enum(last byte) byte {
	v := d.byte()
	d.must(v <= last, ErrRange)
	return min(v, last)
}

func (d *decoder) uint() uint64 {
	if len(d.b) > 0 && d.b[0] < 0x80 { // most numbers are small
		v := d.b[0]
		d.b = d.b[1:]
		return uint64(v)
	}
	return d.longUint()
}

func (d *decoder) longUint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail(ErrShort)
		return 0
	}
	d.b = d.b[n:]
	return v
}

// upTo reads a number from 0 to limit.
func (d *decoder) upTo(limit uint64) uint64 {
	v := d.uint()
	if v > limit {
		d.fail(ErrRange)
		return 0
	}
	return v
}

// positive reads a number of 63 bits that is not negative.
func (d *decoder) positive() int64 { return int64(d.upTo(uint64(msg.MaxAmount))) }

func (d *decoder) int() int64 {
	v := d.uint()
	return int64(v>>1) ^ -int64(v&1)
}

// name reads a name, which may be none.
func (d *decoder) name() msg.Name {
	var n msg.Name
	l := int(d.enum(msg.NameLen))
	if l > len(d.b) {
		d.fail(ErrShort)
		return n
	}
	copy(n[:], d.b[:l])
	d.b = d.b[l:]
	d.must(l == 0 || n.Valid() && n.Len() == l, ErrRange)
	return n
}

// count reads the number of records that follow, each of at least size bytes.
func (d *decoder) count(size int) int {
	n := d.uint()
	if n > uint64(len(d.b)/size) {
		d.fail(ErrShort)
		return 0
	}
	return int(n)
}

// symbols goes through the rows of a section that has one for each of some
// symbols, by rising id. A row takes at least size bytes. It
// ends early at the first error.
func (d *decoder) symbols(m *market, size int) iter.Seq[msg.SymbolID] {
	return func(yield func(msg.SymbolID) bool) {
		last := uint64(0)
		for n := d.count(size); n > 0 && d.err == nil; n-- {
			id := d.upTo(1<<32 - 1)
			d.must(id > last, ErrOrder)
			last = id
			d.must(m.has(msg.SymbolID(id)), ErrUnknown)
			if d.err != nil || !yield(msg.SymbolID(id)) {
				return
			}
		}
	}
}
