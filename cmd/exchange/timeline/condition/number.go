package condition

import (
	"math/big"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// number is n steps of size/10^scale: a price in ticks, a quantity in lots, an amount
// in units, a decimal as it was written. There may be none.
type number struct {
	there bool
	n     int64
	size  int64 // above 0
	scale uint8
}

// whole is a count.
func whole(n int64) number { return number{there: true, n: n, size: 1} }

// text writes a number without trailing zeros.
func (x number) text() string {
	if !x.there {
		return "none"
	}
	if x.size == 1 {
		return msg.FormatDecimal(x.n, x.scale)
	}
	if v, ok := msg.Mul(max(x.n, -x.n), x.size); ok {
		if x.n < 0 {
			v = -v
		}
		return msg.FormatDecimal(v, x.scale)
	}
	units := new(big.Int).Mul(big.NewInt(x.n), big.NewInt(x.size))
	return new(big.Rat).SetFrac(units, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(x.scale)), nil)).FloatString(int(x.scale))
}

// compare returns -1, 0 or 1, exactly. Both numbers are there.
func (x number) compare(y number) int {
	if x.size == y.size && x.scale == y.scale {
		return order(x.n, y.n)
	}
	a, fits := x.scaled(y.scale)
	b, fitsToo := y.scaled(x.scale)
	if fits && fitsToo {
		return order(a, b)
	}
	return x.big(y.scale).Cmp(y.big(x.scale))
}

func order(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// scaled returns n × size × 10^scale, if that fits.
func (x number) scaled(scale uint8) (int64, bool) {
	if scale > msg.MaxScale {
		return 0, false
	}
	v, ok := msg.Mul(max(x.n, -x.n), x.size)
	if ok {
		v, ok = msg.Mul(v, msg.Pow10(scale))
	}
	if x.n < 0 {
		v = -v
	}
	return v, ok
}

func (x number) big(scale uint8) *big.Int {
	v := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	return v.Mul(v, new(big.Int).Mul(big.NewInt(x.n), big.NewInt(x.size)))
}
