package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/timeline"
	"github.com/seed-7d4c2414/exchange/cmd/exchange/timeline/condition"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

var errPlace = errors.New("it is a sequence, SEQUENCE.EVENT, first, end, @NANOSECONDS, a time such as 2026-01-31T09:30:00Z, or 12:00 of the day")

// goTo goes to a sequence, an event or a time.
func (d *debugger) goTo(_ context.Context, rest string) (finding, error) {
	last, at := d.line.Last()
	seq, event, byEvent := strings.Cut(rest, ".")
	if n, err := strconv.ParseUint(seq, 10, 64); byEvent && err == nil {
		k, err := strconv.Atoi(event)
		if err != nil {
			return finding{}, errPlace
		}
		return d.after(d.line.GotoEvent(msg.Seq(n), k))
	}
	switch rest {
	case "end":
		return d.after(d.line.Goto(last))
	case "first":
		return d.after(d.line.Goto(d.line.First()))
	}
	var to moment
	if nanos, ok := d.ofDay(rest); ok {
		to = moment{text: "@" + strconv.FormatInt(nanos, 10), byTime: true, nanos: nanos}
	} else if err := to.Set(rest); errors.Is(err, errMoment) {
		return finding{}, errPlace
	} else if err != nil {
		return finding{}, err
	}
	if err := to.within(&extent{seq: last, time: at}); err != nil {
		return finding{}, err
	}
	if to.byTime {
		return d.after(d.line.GotoTime(to.nanos))
	}
	return d.after(d.line.Goto(to.seq))
}

// ofDay returns the time that a time of the day stands for: on the day of the command
// at hand, or of the first one.
func (d *debugger) ofDay(text string) (nanos int64, ok bool) {
	now := d.line.Engine().Time()
	if d.line.Command() == nil {
		now = d.line.Began()
	}
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			today := time.Unix(0, now).UTC().Truncate(24 * time.Hour)
			return today.Add(t.Sub(t.Truncate(24 * time.Hour))).UnixNano(), true
		}
	}
	return 0, false
}

// after answers a move.
func (d *debugger) after(err error) (finding, error) {
	if err != nil {
		return finding{}, err
	}
	return d.moved(), nil
}

// countOf reads how many times something is to be done; nothing is once.
func countOf(text string) (int, error) {
	if text == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is no number of times, from 1", text)
	}
	return n, nil
}

func (d *debugger) step(_ context.Context, rest string) (finding, error) { return d.steps(rest, 1) }

// steps goes by commands or by events.
func (d *debugger) steps(rest string, way int) (finding, error) {
	word, times, _ := strings.Cut(rest, " ")
	move := d.line.StepEvent
	if word != "event" {
		times, move = rest, d.line.Step
	}
	n, err := countOf(times)
	if err != nil {
		return finding{}, err
	}
	return d.after(move(way * n))
}

func (d *debugger) back(ctx context.Context, rest string) (finding, error) {
	word, text, _ := strings.Cut(rest, " ")
	switch word {
	case "until":
		return d.search(ctx, text, true)
	case "run":
		if err := nothingMore(text); err != nil {
			return finding{}, err
		}
		return d.toBreakpoint(ctx, true)
	}
	return d.steps(rest, -1)
}

func (d *debugger) until(ctx context.Context, rest string) (finding, error) {
	return d.search(ctx, rest, false)
}

func (d *debugger) run(ctx context.Context, rest string) (finding, error) {
	if err := nothingMore(rest); err != nil {
		return finding{}, err
	}
	return d.toBreakpoint(ctx, false)
}

// search goes to where a condition holds.
func (d *debugger) search(ctx context.Context, text string, back bool) (finding, error) {
	c, err := d.condition(text)
	if err != nil {
		return finding{}, err
	}
	_, err = d.hunt(ctx, back, c)
	return d.after(err)
}

// condition reads a condition whose names are known in the end.
func (d *debugger) condition(text string) (*condition.Condition, error) {
	c, err := condition.Parse(text)
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the place
	}
	return c, c.Check(d.line.End()) //nolint:wrapcheck // it names the place
}

// toBreakpoint goes to where a breakpoint stops, and says which one.
func (d *debugger) toBreakpoint(ctx context.Context, back bool) (finding, error) {
	if len(d.breaks) == 0 {
		return finding{}, errors.New("there are no breakpoints: break add COND makes one")
	}
	all := make([]*condition.Condition, len(d.breaks))
	for i := range d.breaks {
		all[i] = d.breaks[i].when
	}
	hit, err := d.hunt(ctx, back, all...)
	if err != nil {
		return finding{}, err
	}
	a := d.moved()
	b := &d.breaks[hit]
	a.text = fmt.Sprintf("breakpoint %d: %v\n%s", b.number, b.when, a.text)
	a.data = struct {
		Breakpoint int `json:"breakpoint"`
		Moved      any `json:"moved"`
	}{b.number, a.data}
	return a, nil
}

// hunt runs either way, and says where nothing was met.
func (d *debugger) hunt(ctx context.Context, back bool, conditions ...*condition.Condition) (hit int, err error) {
	run, toward := d.line.Run, d.endName()
	if back {
		run, toward = d.line.RunBack, fmt.Sprintf("the beginning, command %d", d.line.First())
	}
	from := d.line.Position().Seq
	hit, err = run(ctx, conditions...)
	if errors.Is(err, timeline.ErrNotMet) {
		return hit, fmt.Errorf("it is met nowhere between command %d and %s", from, toward)
	}
	return hit, err //nolint:wrapcheck // it says what it did
}

func (d *debugger) endName() string {
	last, _ := d.line.Last()
	return fmt.Sprintf("the end, command %d", last)
}
