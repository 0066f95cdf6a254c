package main

import (
	"errors"
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// scale sets the range of an axis from what has been added to the plot, and its ticks.
func scale(a *plot.Axis, logarithmic bool) error {
	if math.IsInf(a.Min, 0) || math.IsInf(a.Max, 0) || math.IsNaN(a.Min) || math.IsNaN(a.Max) {
		return errors.New("there is no number for each of its ends")
	}
	if logarithmic {
		a.Scale = plot.LogScale{}
		a.Min, a.Max = roundDown(a.Min), roundUp(a.Max)
		if a.Min == a.Max {
			a.Max *= 10
		}
		a.Tick.Marker = plot.ConstantTicks(logTicks(a.Min, a.Max))
		return nil
	}
	a.Min = min(a.Min, 0)
	step := linearStep(a.Max - a.Min)
	a.Max = math.Ceil(a.Max/step) * step
	if a.Max == a.Min {
		a.Max = a.Min + step
	}
	var ticks []plot.Tick
	for i := math.Ceil(a.Min / step); i*step <= a.Max*(1+1e-9); i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: short(i * step)})
	}
	a.Tick.Marker = plot.ConstantTicks(ticks)
	return nil
}

// steps are where a decade of a logarithmic axis may end, and what ticks of a linear
// one are apart.
func steps() []float64 { return []float64{1, 2, 5, 10} }

// roundUp returns the next number whose only digit is 1, 2 or 5.
func roundUp(v float64) float64 {
	decade := math.Pow10(int(math.Floor(math.Log10(v))))
	for _, s := range steps() {
		if s*decade >= v*(1-1e-9) {
			return s * decade
		}
	}
	return 10 * decade
}

// roundDown returns the last number whose only digit is 1, 2 or 5.
func roundDown(v float64) float64 {
	decade := math.Pow10(int(math.Floor(math.Log10(v))))
	low := decade
	for _, s := range steps() {
		if s*decade <= v*(1+1e-9) {
			low = s * decade
		}
	}
	return low
}

// linearStep returns what ticks are apart, so that there are about five.
func linearStep(span float64) float64 {
	if span <= 0 {
		return 1
	}
	return roundUp(span / 6)
}

// logTicks returns the ticks of a logarithmic axis: one at each digit of each decade,
// of which the decades have labels, and 2 and 5 when there are not enough decades.
func logTicks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	between := high/low < 200
	for e := int(math.Floor(math.Log10(low) + 1e-9)); ; e++ {
		for digit := 1; digit <= 9; digit++ {
			v := float64(digit) * math.Pow10(e)
			if v > high*(1+1e-9) {
				return ticks
			}
			if v < low*(1-1e-9) {
				continue
			}
			label := ""
			if digit == 1 || between && (digit == 2 || digit == 5) {
				label = short(v)
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: label})
		}
	}
}

// short writes a number with a letter for thousands, millions and so on.
func short(v float64) string {
	letter := ""
	for _, l := range []string{"k", "M", "G", "T"} {
		if math.Abs(v) < 1000*(1-1e-9) {
			break
		}
		v /= 1000
		letter = " " + l
	}
	return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'g', 6, 64) + letter
}
