package marketview

import (
	"math"
	"time"
)

// Interval is what a bar covers. The values are part of the format of the bars
// section. Append only.
type Interval uint8

// The intervals. They lie as in UTC: weeks begin on Monday, months on the 1st,
// all others are counted from the epoch.
const (
	Interval1s     Interval = 0
	Interval1m     Interval = 1
	Interval3m     Interval = 2
	Interval5m     Interval = 3
	Interval15m    Interval = 4
	Interval30m    Interval = 5
	Interval1h     Interval = 6
	Interval2h     Interval = 7
	Interval4h     Interval = 8
	Interval6h     Interval = 9
	Interval8h     Interval = 10
	Interval12h    Interval = 11
	Interval1d     Interval = 12
	Interval3d     Interval = 13
	Interval1w     Interval = 14
	Interval1Month Interval = 15

	// Intervals is their number.
	Intervals = 16
)

const (
	second = int64(time.Second)
	minute = int64(time.Minute)
	hour   = int64(time.Hour)
	day    = 24 * hour
	week   = 7 * day
	monday = 4 * day // the first one after the epoch, a Thursday
)

// length returns how long an interval is; the lengths of months differ.
func (i Interval) length() int64 {
	return [Intervals]int64{
		second, minute, 3 * minute, 5 * minute, 15 * minute, 30 * minute,
		hour, 2 * hour, 4 * hour, 6 * hour, 8 * hour, 12 * hour, day, 3 * day, week,
	}[i]
}

// String returns the interval as the wire format writes it.
func (i Interval) String() string {
	names := [Intervals]string{"1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"}
	if i < Intervals {
		return names[i]
	}
	return "unknown interval"
}

// ParseInterval reads what String writes.
func ParseInterval(s string) (i Interval, ok bool) {
	for i := range Interval(Intervals) {
		if i.String() == s {
			return i, true
		}
	}
	return 0, false
}

// floor returns when the interval begins that holds t.
func (i Interval) floor(t int64) int64 {
	switch i {
	case Interval1Month:
		y, m, _ := time.Unix(floorTo(t, second)/second, 0).UTC().Date()
		return month(y, m)
	case Interval1w:
		return floorTo(t-monday, week) + monday
	default:
		return floorTo(t, i.length())
	}
}

// next returns when the interval ends that begins at start: the begin of the
// one after it.
func (i Interval) next(start int64) int64 {
	if i == Interval1Month {
		y, m, _ := time.Unix(floorTo(start, second)/second, 0).UTC().Date()
		return month(y, m+1)
	}
	if start > math.MaxInt64-i.length() {
		return math.MaxInt64
	}
	return start + i.length()
}

// month returns the begin of a month, or the end of time.
func month(y int, m time.Month) int64 {
	s := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).Unix()
	if s > math.MaxInt64/second {
		return math.MaxInt64
	}
	return max(s, math.MinInt64/second) * second
}

// floorTo returns the last multiple of step that is not after t.
func floorTo(t, step int64) int64 {
	rest := t % step
	if rest < 0 {
		rest += step
	}
	return t - rest
}

// calendar is where the intervals of a place begin that is east of UTC by a
// shift.
type calendar struct {
	interval Interval
	shift    int64
}

func (c calendar) floor(t int64) int64 { return c.interval.floor(t+c.shift) - c.shift }

func (c calendar) next(start int64) int64 {
	if end := c.interval.next(start + c.shift); end < math.MaxInt64 {
		return end - c.shift
	}
	return math.MaxInt64
}

// ceil returns the first begin that is not before t.
func (c calendar) ceil(t int64) int64 {
	if start := c.floor(t); start < t {
		return c.next(start)
	}
	return t
}

// source returns the longest interval of UTC whose bars make up those of c.
func (c calendar) source() Interval {
	if c.shift == 0 {
		return c.interval
	}
	unit := day // what weeks and months consist of
	if c.interval < Interval1w {
		unit = c.interval.length()
	}
	for i := min(c.interval, Interval3d); i > Interval1s; i-- {
		if c.shift%i.length() == 0 && unit%i.length() == 0 {
			return i
		}
	}
	return Interval1s
}

// Around returns when the bar begins that holds t, and when the one after it does,
// at a place that is east of UTC by a shift.
func (i Interval) Around(t int64, shiftMinutes int) (start, end int64) {
	c := calendar{i, int64(shiftMinutes) * minute}
	start = c.floor(t)
	return start, c.next(start)
}
