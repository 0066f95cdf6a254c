package main

import (
	"math"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/bench/readme"
)

// quantity writes a value so that it can be read at a glance: three digits, and times
// and sizes in the unit that fits them.
func quantity(v float64, unit string) string {
	switch {
	case unit == "ns" || unit == "µs" || unit == "ms" || unit == "s":
		return duration(v, unit)
	case unit == "bytes":
		return size(v)
	case strings.Contains(unit, "/s"):
		return scaled(v) + " " + unit
	case unit == "":
		return digits(v)
	default:
		return digits(v) + " " + unit
	}
}

// duration writes a time in the largest unit of which it is at least one.
func duration(v float64, unit string) string {
	units := []string{"ns", "µs", "ms", "s"}
	at := 0
	for units[at] != unit {
		at++
	}
	for at > 0 && v != 0 && math.Abs(v) < 1 {
		v *= 1000
		at--
	}
	for at < len(units)-1 && math.Abs(v) >= 1000 {
		v /= 1000
		at++
	}
	return digits(v) + " " + units[at]
}

// size writes a number of bytes.
func size(v float64) string {
	unit := "bytes"
	for _, u := range []string{"KiB", "MiB", "GiB"} {
		if math.Abs(v) < 1<<10 {
			break
		}
		v /= 1 << 10
		unit = u
	}
	return digits(v) + " " + unit
}

// scaled writes a number in thousands or millions.
func scaled(v float64) string {
	switch {
	case math.Abs(v) >= 1e6:
		return digits(v/1e6) + " M"
	case math.Abs(v) >= 1e4:
		return digits(v/1e3) + " k"
	default:
		return digits(v)
	}
}

// digits writes a number with three digits, or all those before the point.
func digits(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "?"
	}
	if math.Abs(v) >= 100 {
		return readme.Grouped(int(math.Round(v)))
	}
	places := 2
	switch {
	case v == math.Trunc(v):
		places = 0
	case math.Abs(v) >= 10:
		places = 1
	case math.Abs(v) < 0.1:
		places = 3
	}
	return strconv.FormatFloat(v, 'f', places, 64)
}
