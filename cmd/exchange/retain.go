package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// retainFlag is the value of --retain: how much of the journal is kept.
type retainFlag struct {
	to   *pipeline.Retention
	text string
}

func (*retainFlag) Type() string { return "KEEP" }

func (f *retainFlag) String() string {
	if f.text == "" {
		return "all"
	}
	return f.text
}

var errRetain = errors.New("it is all, a duration such as 30d or 12h, a size such as 10GiB or 500MiB, or a number such as 1000000commands")

// day is what a duration may count in beside the units of Go.
const day = 24 * time.Hour

// retainSizes are the units of a size. Bare numbers are none, so that commands, bytes and
// seconds cannot be taken for each other.
func retainSizes() []struct {
	unit  string
	bytes int64
} {
	return []struct {
		unit  string
		bytes int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}}
}

func (f *retainFlag) Set(s string) error {
	r, err := parseRetention(s)
	if err != nil {
		return err
	}
	*f.to, f.text = r, s
	return nil
}

func parseRetention(s string) (r pipeline.Retention, err error) {
	if s == "all" {
		return r, nil
	}
	if digits, ok := strings.CutSuffix(s, "commands"); ok {
		r.Commands, err = strconv.ParseUint(strings.TrimSuffix(digits, " "), 10, 64)
		if err != nil || r.Commands == 0 {
			return r, errRetain
		}
		return r, nil
	}
	for _, u := range retainSizes() {
		digits, ok := strings.CutSuffix(s, u.unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n <= 0 || n > math.MaxInt64/u.bytes {
			return r, errRetain
		}
		return pipeline.Retention{Bytes: n * u.bytes}, nil
	}
	d, err := parseDays(s)
	if err != nil || d <= 0 {
		return r, errRetain
	}
	return pipeline.Retention{Nanos: int64(d)}, nil
}

// parseDays reads a duration that may begin with days: 30d, 1d12h, 90m.
func parseDays(s string) (time.Duration, error) {
	digits, rest, ok := strings.Cut(s, "d")
	if !ok {
		return time.ParseDuration(s) //nolint:wrapcheck // what is wrong is said by another error
	}
	days, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || days < 0 || days > int64(math.MaxInt64/day) {
		return 0, errRetain
	}
	var more time.Duration
	if rest != "" {
		if more, err = time.ParseDuration(rest); err != nil || more < 0 {
			return 0, errRetain
		}
	}
	if whole := time.Duration(days) * day; whole <= math.MaxInt64-more {
		return whole + more, nil
	}
	return 0, fmt.Errorf("%s is too long", s)
}
