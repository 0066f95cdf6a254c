package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// syncFlag is the value of --sync.
type syncFlag struct{ pipeline.Sync }

func (f *syncFlag) Type() string { return "MODE" }

func (f *syncFlag) String() string {
	switch f.Mode {
	case pipeline.SyncAlways:
		return "always"
	case pipeline.SyncInterval:
		return "interval=" + f.Interval.String()
	default:
		return "never"
	}
}

func (f *syncFlag) Set(s string) error {
	length, interval := strings.CutPrefix(s, "interval=")
	switch {
	case s == "always":
		f.Sync = pipeline.Sync{Mode: pipeline.SyncAlways}
	case s == "never":
		f.Sync = pipeline.Sync{Mode: pipeline.SyncNever}
	case interval:
		d, err := time.ParseDuration(length)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q is no duration such as 10ms", length)
		}
		f.Sync = pipeline.Sync{Mode: pipeline.SyncInterval, Interval: d}
	default:
		return errors.New("it is always, interval=DURATION or never")
	}
	return nil
}

// named is an enumeration whose values are told by their names.
type named interface {
	~uint8
	String() string
}

// choice is the value of a flag that takes one of the values up to last.
type choice[T named] struct {
	value T
	last  T
}

func (c *choice[T]) Type() string   { return "NAME" }
func (c *choice[T]) String() string { return c.value.String() }

func (c *choice[T]) Set(s string) error {
	names := make([]string, 0, c.last+1)
	for v := T(0); v <= c.last; v++ {
		if v.String() == s {
			c.value = v
			return nil
		}
		names = append(names, v.String())
	}
	return fmt.Errorf("it is one of %s", strings.Join(names, ", "))
}

// stepFlag is the value of --tick and --lot: a decimal above zero, or empty.
type stepFlag string

func (f *stepFlag) Type() string   { return "DECIMAL" }
func (f *stepFlag) String() string { return string(*f) }

func (f *stepFlag) Set(s string) error {
	scale, err := msg.Decimals(s)
	if err != nil {
		return err //nolint:wrapcheck // the flag's name and value come before it
	}
	if v, err := msg.ParseDecimal(s, scale); err != nil || v <= 0 {
		return errors.New("it must be above zero")
	}
	*f = stepFlag(s)
	return nil
}

// nameFlag is the value of --symbol: a name, or empty.
type nameFlag string

func (f *nameFlag) Type() string   { return "NAME" }
func (f *nameFlag) String() string { return string(*f) }

func (f *nameFlag) Set(s string) error {
	if _, err := msg.ParseName(s); err != nil {
		return err //nolint:wrapcheck // the flag's name and value come before it
	}
	*f = nameFlag(s)
	return nil
}

// seqFlag is the sequence of a command.
type seqFlag struct {
	text string // as given, or empty
	seq  msg.Seq
}

func (f *seqFlag) Type() string   { return "SEQUENCE" }
func (f *seqFlag) String() string { return f.text }

func (f *seqFlag) Set(s string) error {
	seq, err := strconv.ParseUint(s, 10, 64)
	if err != nil || seq == 0 {
		return errors.New("it is the sequence of a command, from 1")
	}
	*f = seqFlag{s, msg.Seq(seq)}
	return nil
}

// pathFlag is the name of a file or of a directory, or empty when it is not given.
type pathFlag string

func (f *pathFlag) Type() string   { return "PATH" }
func (f *pathFlag) String() string { return string(*f) }

func (f *pathFlag) Set(s string) error {
	if s == "" {
		return errors.New("it is empty")
	}
	*f = pathFlag(s)
	return nil
}

// countFlag is a number with bounds.
type countFlag struct{ value, least, most int }

func (f *countFlag) Type() string   { return "N" }
func (f *countFlag) String() string { return strconv.Itoa(f.value) }

func (f *countFlag) Set(s string) error {
	v, err := strconv.Atoi(s)
	if err != nil || v < f.least || v > f.most {
		return fmt.Errorf("it is a number from %d to %d", f.least, f.most)
	}
	f.value = v
	return nil
}
