package main

import (
	"fmt"
	"math/big"
	"math/bits"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// A cellKind says what a column holds. None is a floating-point number.
type cellKind uint8

const (
	integerCell cellKind = iota
	textCell
	decimalCell // exact: a count of steps of an asset's smallest unit
	timeCell    // nanoseconds since 1970, UTC
	boolCell
)

// The type of decimal columns in Parquet: 38 digits, 18 of them decimals, which is as
// many as an asset can have.
const (
	parquetPrecision = 38
	parquetScale     = msg.MaxScale
	decimalBytes     = 16
)

// A cell is one value of a row, or none.
type cell struct {
	set  bool
	n    int64  // of an integer, a time; 1 = true; of a decimal how many steps
	by   int64  // of a decimal: another factor
	step step   // of a decimal
	text string // of a text
}

func intCell[T ~int64 | ~uint64 | ~uint32 | ~int32 | ~uint8 | ~int](n T) cell {
	return cell{set: true, n: int64(n)}
}

func wordCell(s string) cell { return cell{set: s != "", text: s} }

func flagCell(b bool) cell {
	c := cell{set: true}
	if b {
		c.n = 1
	}
	return c
}

// someCell returns a cell without a value if n is zero, as journal cat leaves a field out.
func someCell[T ~int64 | ~uint64 | ~uint32 | ~int32 | ~uint8](n T) cell {
	return cell{set: n != 0, n: int64(n)}
}

// stepCell returns n steps as a decimal, and no value for none of them, or for steps that
// are not known.
func stepCell[T ~int64](n T, s step) cell {
	return cell{set: n != 0 && s.size != 0, n: int64(n), by: 1, step: s}
}

// decimal writes a decimal cell without trailing zeros.
func (c *cell) decimal() string {
	if c.by == 1 {
		return c.step.text(c.n)
	}
	if n, ok := msg.Mul(c.n, c.by); ok {
		return c.step.text(n)
	}
	n := new(big.Int).Mul(big.NewInt(c.n), big.NewInt(c.by))
	return step{1, c.step.scale}.bigText(n.Mul(n, big.NewInt(c.step.size)))
}

// appendParquet appends a decimal cell as an unscaled number of parquetScale decimals,
// in two's complement, big endian, or says why it cannot. Only what a refused command
// asked for can be negative.
func (c *cell) appendParquet(dst []byte) ([]byte, error) {
	magnitude := uint64(c.n)
	if c.n < 0 {
		magnitude = -magnitude
	}
	hi, lo := bits.Mul64(magnitude, uint64(c.step.size))
	ok := true
	for _, factor := range [...]uint64{uint64(c.by), uint64(msg.Pow10(parquetScale - c.step.scale))} {
		var over, carry uint64
		over, hi = bits.Mul64(hi, factor)
		carry, lo = bits.Mul64(lo, factor)
		hi, carry = bits.Add64(hi, carry, 0)
		ok = ok && over == 0 && carry == 0
	}
	// 10^38 in two halves.
	const limitHi, limitLo = 0x4b3b4ca85a86c47a, 0x098a224000000000
	if !ok || hi > limitHi || hi == limitHi && lo >= limitLo {
		return nil, fmt.Errorf("%s does not fit into %d digits, %d of them decimals", c.decimal(), parquetPrecision, parquetScale)
	}
	if c.n < 0 {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	for shift := 56; shift >= 0; shift -= 8 {
		dst = append(dst, byte(hi>>shift))
	}
	for shift := 56; shift >= 0; shift -= 8 {
		dst = append(dst, byte(lo>>shift))
	}
	return dst, nil
}
