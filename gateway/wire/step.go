package wire

import (
	"errors"
	"math/bits"
	"strconv"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The ways in which a price or quantity can be refused.
var (
	ErrForm      = errors.New("not of the form digits[.digits]")
	ErrPrecision = errors.New("more decimals than the asset has")
	ErrStep      = errors.New("no multiple of the step")
	ErrRange     = errors.New("too large")
)

// fixedScale is the number of decimals that the wire format writes at least.
const fixedScale = 8

// step is a tick or a lot: mantissa × 10^-scale of the asset's whole unit, with
// the mantissa as small as can be. So a multiple of it stays far from overflow
// where one in smallest units of an asset with 18 decimals would not.
type step struct {
	mantissa uint64
	scale    uint8 // of the mantissa
	asset    uint8 // decimals of the asset
}

func newStep(units msg.Amount, assetScale uint8) step {
	s := step{mantissa: uint64(units), scale: assetScale, asset: assetScale}
	for s.scale > 0 && s.mantissa != 0 && s.mantissa%10 == 0 {
		s.mantissa, s.scale = s.mantissa/10, s.scale-1
	}
	return s
}

// append appends n steps.
func (s *step) append(dst []byte, n int64) []byte {
	negative := n < 0
	if negative {
		n = -n
		dst = append(dst, '-')
	}
	hi, lo := bits.Mul64(uint64(n), s.mantissa)
	return appendPadded(dst, hi, lo, s.scale)
}

// parse returns how many steps text is.
func (s *step) parse(text []byte) (int64, error) {
	needed, ok := decimals(text)
	switch {
	case !ok:
		return 0, ErrForm
	case needed > int(s.asset):
		return 0, ErrPrecision
	case needed > int(s.scale):
		return 0, ErrStep
	}
	v, err := msg.ParseDecimal(string(text), s.scale)
	if err != nil {
		return 0, ErrRange
	}
	if uint64(v)%s.mantissa != 0 {
		return 0, ErrStep
	}
	return v / int64(s.mantissa), nil
}

// decimals returns how many decimals text needs: those behind the point without
// trailing zeros. ok is false when it is no decimal. It is msg.Decimals without
// an error to be made, which would put every price and quantity on the heap.
func decimals(text []byte) (n int, ok bool) {
	point := -1
	for i, c := range text {
		switch {
		case c == '.' && point < 0 && i > 0 && i < len(text)-1:
			point = i
		case c < '0' || c > '9':
			return 0, false
		case point >= 0 && c != '0':
			n = i - point
		}
	}
	return n, len(text) > 0
}

// AppendAmount appends an amount of an asset with scale decimals, which may be
// negative: with 8 decimals, or with all that the asset has if these are more.
func AppendAmount(dst []byte, a msg.Amount, scale uint8) []byte {
	u := uint64(a)
	if a < 0 {
		dst, u = append(dst, '-'), -u
	}
	return appendPadded(dst, 0, u, scale)
}

// ParseAmount reads an amount of an asset with scale decimals.
func ParseAmount(text []byte, scale uint8) (msg.Amount, error) {
	v, err := msg.ParseDecimal(string(text), scale)
	switch {
	case errors.Is(err, msg.ErrDecimalForm):
		return 0, ErrForm
	case errors.Is(err, msg.ErrDecimalPrecision):
		return 0, ErrPrecision
	case err != nil:
		return 0, ErrRange
	}
	return msg.Amount(v), nil
}

// appendPadded appends the 128-bit number hi, lo of units of 10^-scale with at
// least fixedScale decimals.
func appendPadded(dst []byte, hi, lo uint64, scale uint8) []byte {
	const ( // 39 digits and leading zeros for a scale of 18 fit
		room  = 64
		chunk = 1e18
	)
	var digits [room]byte
	i := room
	for hi != 0 || lo >= chunk {
		var high, rest uint64
		high, hi = hi/chunk, hi%chunk
		lo, rest = bits.Div64(hi, lo, chunk)
		hi = high
		for range 18 {
			i--
			digits[i] = byte('0' + rest%10)
			rest /= 10
		}
	}
	for lo != 0 {
		i--
		digits[i] = byte('0' + lo%10)
		lo /= 10
	}
	for room-i <= int(scale) {
		i--
		digits[i] = '0'
	}
	point := room - int(scale)
	dst = append(dst, digits[i:point]...)
	dst = append(dst, '.')
	dst = append(dst, digits[point:]...)
	for n := scale; n < fixedScale; n++ {
		dst = append(dst, '0')
	}
	return dst
}

// AppendRate appends a rate with 8 decimals.
func AppendRate(dst []byte, r msg.Rate) []byte { return AppendAmount(dst, msg.Amount(r), fixedScale) }

// AppendTime appends a time given in nanoseconds as a number of milliseconds since
// the epoch, or of microseconds.
func AppendTime(dst []byte, ns int64, micro bool) []byte {
	unit := int64(1e6)
	if micro {
		unit = 1e3
	}
	return strconv.AppendInt(dst, ns/unit, 10)
}
