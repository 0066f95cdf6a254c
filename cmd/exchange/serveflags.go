package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/ring"
)

// boundFlag is a number with bounds, or none at all, which is negative.
type boundFlag struct {
	to          *int
	least, most int
	none        bool
}

func atLeast(to *int, least int) *boundFlag {
	return &boundFlag{to: to, least: least, most: math.MaxInt32}
}

func (f *boundFlag) atMost(most int) *boundFlag {
	f.most = most
	return f
}

func (f *boundFlag) orNone() *boundFlag {
	f.none = true
	return f
}

func (f *boundFlag) Type() string {
	if f.none {
		return "N|none"
	}
	return "N"
}

func (f *boundFlag) String() string {
	if f.to == nil { // pflag asks the zero value
		return ""
	}
	if *f.to < 0 {
		return "none"
	}
	return strconv.Itoa(*f.to)
}

func (f *boundFlag) Set(s string) error {
	if f.none && s == "none" {
		*f.to = -1
		return nil
	}
	v, err := strconv.Atoi(s)
	switch {
	case err == nil && v >= f.least && v <= f.most:
		*f.to = v
		return nil
	case f.none:
		return fmt.Errorf("it is a number from %d to %d, or none", f.least, f.most)
	}
	return fmt.Errorf("it is a number from %d to %d", f.least, f.most)
}

// powerFlag is the size of the ring.
type powerFlag struct{ to *int }

func (powerFlag) Type() string { return "N" }

func (f powerFlag) String() string {
	if f.to == nil {
		return ""
	}
	return strconv.Itoa(*f.to)
}

func (f powerFlag) Set(s string) error {
	const least = 16
	v, err := strconv.Atoi(s)
	if err != nil || v < least || v > ring.MaxSize || v&(v-1) != 0 {
		return fmt.Errorf("it is a power of two from %d to %d", least, ring.MaxSize)
	}
	*f.to = v
	return nil
}

// sizeFlag is a number of bytes, or none, which is 0.
type sizeFlag struct {
	to    *int64
	least int64
}

func (sizeFlag) Type() string { return "SIZE|none" }

func (f sizeFlag) String() string {
	if f.to == nil {
		return ""
	}
	v := *f.to
	if v == 0 {
		return "none"
	}
	for _, u := range sizeUnits() {
		if v%u.bytes == 0 {
			return strconv.FormatInt(v/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(v, 10)
}

// Set reads a number with a unit, or of bytes.
func (f sizeFlag) Set(s string) error {
	if s == "none" {
		*f.to = 0
		return nil
	}
	number, unit := s, int64(1)
	for _, u := range sizeUnits() {
		if n, ok := strings.CutSuffix(s, u.name); ok {
			number, unit = n, u.bytes
			break
		}
	}
	v, err := strconv.ParseInt(number, 10, 64)
	if err != nil || v < 0 || v > maxSize/unit || v*unit < f.least {
		return fmt.Errorf("it is a size such as 64MiB or 1GiB, from %s on, or none", sizeFlag{to: &f.least})
	}
	*f.to = v * unit
	return nil
}

// maxSize is far above any size that is asked for.
const maxSize = 1 << 50

type sizeUnit struct {
	name  string
	bytes int64
}

// sizeUnits are the units of sizes, largest first.
func sizeUnits() []sizeUnit { return []sizeUnit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} }

// durationFlag is a time above zero.
type durationFlag struct{ to *time.Duration }

func (*durationFlag) Type() string { return "DURATION" }

func (f *durationFlag) String() string {
	if f.to == nil {
		return ""
	}
	return shortDuration(*f.to)
}

func (f *durationFlag) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return errors.New("it is a duration such as 500ms or 1m30s")
	}
	*f.to = d
	return nil
}

// nanosFlag is a time that may be zero.
type nanosFlag struct{ to *int64 }

func (*nanosFlag) Type() string { return "DURATION" }

func (f *nanosFlag) String() string {
	if f.to == nil {
		return ""
	}
	return shortDuration(time.Duration(*f.to))
}

func (f *nanosFlag) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return errors.New("it is a duration such as 500ms or 10m, or 0")
	}
	*f.to = int64(d)
	return nil
}

// shortDuration writes a duration without the parts that are zero.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-len("0s")]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-len("0m")]
	}
	return s
}

// levelFlag is the least level that is logged.
type levelFlag slog.Level

func (*levelFlag) Type() string     { return "LEVEL" }
func (f *levelFlag) String() string { return strings.ToLower(slog.Level(*f).String()) }

func (f *levelFlag) Set(s string) error {
	for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if strings.ToLower(l.String()) == s {
			*f = levelFlag(l)
			return nil
		}
	}
	return errors.New("it is debug, info, warn or error")
}

// clockFlag says by which clock commands are stamped.
type clockFlag struct {
	simulated bool
	start     int64 // of a simulated one
	text      string
}

func (*clockFlag) Type() string { return "CLOCK" }

func (f *clockFlag) String() string {
	if f.text == "" {
		return "real"
	}
	return f.text
}

func (f *clockFlag) Set(s string) error {
	start, given := strings.CutPrefix(s, "sim=")
	switch {
	case s == "real":
		*f = clockFlag{}
		return nil
	case s == "sim":
		*f = clockFlag{simulated: true, text: s}
		return nil
	case !given:
		return errors.New("it is real, sim or sim=TIME")
	}
	at, err := strconv.ParseInt(start, 10, 64)
	if err != nil {
		t, notTime := time.Parse(time.RFC3339Nano, start)
		if notTime != nil || t.Year() < 1970 || t.Year() > 2200 {
			return fmt.Errorf("%q is no time: RFC 3339, or nanoseconds since the epoch", start)
		}
		at = t.UnixNano()
	}
	if at < 0 {
		return fmt.Errorf("%q is before the epoch", start)
	}
	*f = clockFlag{simulated: true, start: at, text: s}
	return nil
}
