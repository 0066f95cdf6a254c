package client

import (
	"fmt"
	"math"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Grid holds the multiples of a step: the prices or quantities that a symbol takes.
type Grid struct {
	step  int64 // in units of 10^-scale
	scale uint8
}

// NewGrid returns the multiples of a step such as 0.01.
func NewGrid(step string) (Grid, error) {
	text := step
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	scale, err := msg.Decimals(text)
	if err != nil {
		return Grid{}, fmt.Errorf("read the step %q: %w", step, err)
	}
	units, err := msg.ParseDecimal(text, scale)
	if err != nil || units <= 0 {
		return Grid{}, fmt.Errorf("the step %q is not above zero", step)
	}
	return Grid{units, scale}, nil
}

// Grids returns the prices and quantities that a symbol takes.
func (s *Symbol) Grids() (price, quantity Grid, err error) {
	if price, err = NewGrid(s.Filter("PRICE_FILTER").Tick); err != nil {
		return price, quantity, fmt.Errorf("the price filter of %s: %w", s.Name, err)
	}
	if quantity, err = NewGrid(s.Filter("LOT_SIZE").Step); err != nil {
		return price, quantity, fmt.Errorf("the lot size of %s: %w", s.Name, err)
	}
	return price, quantity, nil
}

// Size returns the step.
func (g Grid) Size() float64 { return float64(g.step) / math.Pow10(int(g.scale)) }

// Near returns how many steps v is, rounded to the nearest.
func (g Grid) Near(v float64) int64 { return int64(math.Round(v / g.Size())) }

// Text returns n steps as a decimal.
func (g Grid) Text(n int64) string { return msg.FormatDecimal(n*g.step, g.scale) }

// Decimals returns how many decimals it takes to write any multiple.
func (g Grid) Decimals() int { return int(g.scale) }
