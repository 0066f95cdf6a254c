package msg

import (
	"errors"
	"fmt"
)

// Pow10 returns 10^n for n up to MaxScale.
func Pow10(n uint8) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// The ways in which a decimal can be refused.
var (
	ErrDecimalForm      = errors.New("not of the form digits[.digits]")
	ErrDecimalPrecision = errors.New("too many decimals")
	ErrDecimalRange     = errors.New("too large")
)

// ParseDecimal reads digits[.digits] as a number of units of 10^-scale. No sign,
// exponent, blank or missing digit is taken; decimals beyond scale must be
// zeros. The errors are ErrDecimalForm, ErrDecimalPrecision and
// ErrDecimalRange.
func ParseDecimal(s string, scale uint8) (int64, error) {
	v, decimals, point := int64(0), uint8(0), -1
	for i := range len(s) {
		c := s[i]
		if c == '.' {
			if point >= 0 || i == 0 || i == len(s)-1 {
				return 0, ErrDecimalForm
			}
			point = i
			continue
		}
		if c < '0' || c > '9' {
			return 0, ErrDecimalForm
		}
		if point >= 0 {
			if decimals == scale {
				if c != '0' {
					return 0, ErrDecimalPrecision
				}
				continue
			}
			decimals++
		}
		d := int64(c - '0')
		if v > (int64(MaxAmount)-d)/10 {
			return 0, ErrDecimalRange
		}
		v = v*10 + d
	}
	if s == "" {
		return 0, ErrDecimalForm
	}
	for ; decimals < scale; decimals++ {
		if v > int64(MaxAmount)/10 {
			return 0, ErrDecimalRange
		}
		v *= 10
	}
	return v, nil
}

// AppendDecimal appends v, a number of units of 10^-scale, with all its
// decimals: AppendDecimal(dst, 150, 2) appends 1.50.
func AppendDecimal(dst []byte, v int64, scale uint8) []byte {
	u := uint64(v)
	if v < 0 {
		dst = append(dst, '-')
		u = -u
	}
	var buf [24]byte
	i := len(buf)
	for n := uint8(0); u > 0 || n <= scale; n++ {
		if n == scale && scale > 0 {
			i--
			buf[i] = '.'
		}
		i--
		buf[i] = byte('0' + u%10)
		u /= 10
	}
	return append(dst, buf[i:]...)
}

// FormatDecimal returns v, a number of units of 10^-scale, without trailing
// zeros behind the point: FormatDecimal(150, 2) is 1.5.
func FormatDecimal(v int64, scale uint8) string {
	b := AppendDecimal(nil, v, scale)
	if scale == 0 {
		return string(b)
	}
	n := len(b)
	for b[n-1] == '0' {
		n--
	}
	if b[n-1] == '.' {
		n--
	}
	return string(b[:n])
}

// Decimals returns the number of decimals that s, a decimal, needs: those
// behind the point without trailing zeros.
func Decimals(s string) (uint8, error) {
	if _, err := ParseDecimal(s, MaxScale); errors.Is(err, ErrDecimalForm) || errors.Is(err, ErrDecimalPrecision) {
		return 0, fmt.Errorf("decimal %.40q: %w", s, err)
	}
	n, point := 0, -1
	for i := range len(s) {
		switch {
		case s[i] == '.':
			point = i
		case point >= 0 && s[i] != '0':
			n = i - point
		}
	}
	return uint8(n), nil
}
