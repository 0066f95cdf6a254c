package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/timeline/condition"
)

// numberedJSON is a breakpoint or a watch in a list.
type numberedJSON struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
	Value  string `json:"value,omitempty"`
}

func (d *debugger) breakpoints(_ context.Context, rest string) (finding, error) {
	word, text, _ := strings.Cut(rest, " ")
	switch word {
	case "add":
		c, err := d.condition(text)
		if err != nil {
			return finding{}, err
		}
		d.counted++
		d.breaks = append(d.breaks, breakpoint{d.counted, c})
	case "rm":
		err := remove(text, "breakpoint", &d.breaks, func(b breakpoint) int { return b.number })
		if err != nil {
			return finding{}, err
		}
	case "ls":
		if err := nothingMore(text); err != nil {
			return finding{}, err
		}
	default:
		return finding{}, errors.New("say what to do about breakpoints: add COND, ls, rm N")
	}
	return d.breakList(), nil
}

func (d *debugger) breakList() finding {
	if len(d.breaks) == 0 {
		return finding{"no breakpoints\n", []numberedJSON{}}
	}
	var text strings.Builder
	list := make([]numberedJSON, 0, len(d.breaks))
	for _, b := range d.breaks {
		list = append(list, numberedJSON{Number: b.number, Text: b.when.String()})
		fmt.Fprintf(&text, "breakpoint %d: %v\n", b.number, b.when)
	}
	return finding{text.String(), list}
}

func (d *debugger) watch(_ context.Context, rest string) (finding, error) {
	word, text, _ := strings.Cut(rest, " ")
	switch word {
	case "add":
		x, err := condition.ParseExpression(text)
		if err != nil {
			return finding{}, err //nolint:wrapcheck // it names the place
		}
		if err := x.Check(d.line.End()); err != nil {
			return finding{}, err //nolint:wrapcheck // it names the place
		}
		d.counted++
		d.watches = append(d.watches, watched{d.counted, x})
	case "rm":
		err := remove(text, "watch", &d.watches, func(w watched) int { return w.number })
		if err != nil {
			return finding{}, err
		}
	case "ls":
		if err := nothingMore(text); err != nil {
			return finding{}, err
		}
	default:
		return finding{}, errors.New("say what to do about watches: add EXPR, ls, rm N")
	}
	return d.watchList(), nil
}

func (d *debugger) watchList() finding {
	if len(d.watches) == 0 {
		return finding{"no watches\n", []numberedJSON{}}
	}
	var text strings.Builder
	list := make([]numberedJSON, 0, len(d.watches))
	for _, w := range d.watches {
		value := w.what.Tell(d.moment())
		list = append(list, numberedJSON{w.number, w.what.String(), value})
		fmt.Fprintf(&text, "watch %d: %v is %s\n", w.number, w.what, value)
	}
	return finding{text.String(), list}
}

// remove takes the element of a number off a list, or all.
func remove[T any](text, what string, list *[]T, numberOf func(T) int) error {
	if text == "all" {
		*list = nil
		return nil
	}
	n, err := strconv.Atoi(text)
	at := slices.IndexFunc(*list, func(x T) bool { return numberOf(x) == n })
	if err != nil || at < 0 {
		return fmt.Errorf("there is no %s %q", what, text)
	}
	*list = slices.Delete(*list, at, at+1)
	return nil
}
