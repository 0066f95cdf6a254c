package flow

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// grid converts between the numbers of a file and counts of ticks or lots.
type grid struct {
	factor int64 // brings a number of the file to the scale
	step   int64 // the tick or lot, in 10^-scale
	scale  uint8 // the finer of the file's and the step's
}

// newGrid returns the grid of a step, a decimal, for numbers of a file in units
// of 10^-scale.
func newGrid(scale uint8, step string) (grid, error) {
	decimals, err := msg.Decimals(step)
	if err != nil {
		return grid{}, err
	}
	g := grid{scale: max(scale, decimals)}
	g.factor = msg.Pow10(g.scale - scale)
	if g.step, err = msg.ParseDecimal(step, g.scale); err != nil {
		return grid{}, fmt.Errorf("%q: %w", step, err)
	}
	if g.step == 0 {
		return grid{}, errPositive
	}
	return g, nil
}

// count returns how many steps a number of the file is; ok is false when it is
// no whole number of them, or too many.
func (g *grid) count(v int64) (steps int64, ok bool) {
	v, ok = msg.Mul(v, g.factor)
	return v / g.step, ok && v%g.step == 0
}

// append writes a number of steps as a decimal without trailing zeros.
func (g *grid) append(dst []byte, steps int64) []byte {
	dst = msg.AppendDecimal(dst, steps*g.step, g.scale)
	if g.scale == 0 {
		return dst
	}
	n := len(dst)
	for dst[n-1] == '0' {
		n--
	}
	if dst[n-1] == '.' {
		n--
	}
	return dst[:n]
}
