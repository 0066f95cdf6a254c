package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/timeline"
	"github.com/seed-7d4c2414/exchange/cmd/exchange/timeline/condition"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// debugger carries out commands on a timeline. The screen and --exec are two ways to
// give them to it.
type debugger struct {
	dir     string
	line    *timeline.Timeline
	symbol  msg.Name // that was chosen, or none
	breaks  []breakpoint
	watches []watched
	counted int // breakpoints and watches that there were
}

// breakpoint is a condition that run stops at.
type breakpoint struct {
	number int
	when   *condition.Condition
}

// watched is an expression that is told after each move.
type watched struct {
	number int
	what   *condition.Expression
}

// finding is what a command says: as text, and as what JSON is made of.
type finding struct {
	text string
	data any
}

var errQuit = errors.New("quit")

// do carries out one command.
func (d *debugger) do(ctx context.Context, text string) (finding, error) {
	word, rest, _ := strings.Cut(strings.Join(strings.Fields(text), " "), " ")
	for _, v := range verbs() {
		if word == v.name || word == v.short {
			return v.do(d, ctx, rest)
		}
	}
	return finding{}, fmt.Errorf("there is no command %q; help lists them", word)
}

// trouble returns why the past cannot be shown to its end, or nil.
func (d *debugger) trouble() error {
	err := d.line.Trouble()
	if err == nil {
		return nil
	}
	last, _ := d.line.Last()
	return fmt.Errorf("the past can be shown up to command %d: %w", last, err)
}

// placeJSON is where a debugger stands.
type placeJSON struct {
	Seq    msg.Seq `json:"seq"`
	Event  int     `json:"event"`  // how many events are applied
	Events int     `json:"events"` // of so many
	Time   int64   `json:"time"`
}

// object returns what --json prints about a command.
func (d *debugger) object(text string, a *finding) any {
	p := d.line.Position()
	return struct {
		Command string    `json:"command"`
		At      placeJSON `json:"at"`
		Result  any       `json:"result,omitempty"`
	}{text, placeJSON{p.Seq, p.Event, p.Of, d.line.Engine().Time()}, a.data}
}

// place returns where the debugger stands, in a line.
func (d *debugger) place() string {
	p := d.line.Position()
	last, _ := d.line.Last()
	now := d.line.Engine().Time()
	if d.line.Command() == nil {
		return fmt.Sprintf("before command %d of %d", p.Seq+1, last)
	}
	half := ""
	if p.HalfDone() {
		half = fmt.Sprintf(", half done: event %d of %d", p.Event, p.Of)
	}
	return fmt.Sprintf("command %d of %d%s  @%d (%s)", p.Seq, last, half, now, clock(now))
}

// moved answers a move: where that is, the command, its last event if it is half
// done, and what is watched.
func (d *debugger) moved() finding {
	var b strings.Builder
	b.WriteString(d.place() + "\n")
	data := struct {
		Command fieldList         `json:"command,omitempty"`
		Watches map[string]string `json:"watches,omitempty"`
	}{Watches: map[string]string{}}
	if c := d.line.Command(); c != nil {
		data.Command = commandFields(d.line.Engine(), c)
		b.WriteString(data.Command.text() + "\n")
		if p := d.line.Position(); p.HalfDone() {
			v := eventFields(d.line.Engine(), c, &d.line.Events()[p.Event-1])
			b.WriteString("+ " + v.text() + "\n")
		}
	}
	for _, w := range d.watches {
		data.Watches[w.what.String()] = w.what.Tell(d.moment())
		fmt.Fprintf(&b, "watch %d: %v is %s\n", w.number, w.what, data.Watches[w.what.String()])
	}
	return finding{b.String(), data}
}

// moment is where the debugger stands, for conditions.
func (d *debugger) moment() *condition.Moment {
	return &condition.Moment{
		Engine: d.line.Engine(), Command: d.line.Command(), Events: d.line.Events()[:d.line.Position().Event],
	}
}

// market returns the symbol that book, queue and orders are about: the one that was
// chosen, that of the command, or the first one.
func (d *debugger) market() (market, error) {
	e := d.line.Engine()
	id := msg.SymbolID(1)
	if c := d.line.Command(); c != nil && c.Symbol != 0 {
		id = c.Symbol
	}
	if !d.symbol.IsZero() {
		if id = e.SymbolNamed(d.symbol); id == 0 {
			return market{}, fmt.Errorf("there is no symbol %v after command %d", d.symbol, e.Seq())
		}
	}
	m, ok := marketOf(e, id)
	if !ok {
		return market{}, fmt.Errorf("there is no symbol after command %d", e.Seq())
	}
	return m, nil
}

// marketOf returns a symbol with the steps of its decimals.
func marketOf(e *engine.Engine, id msg.SymbolID) (market, bool) {
	symbol, ok := e.Symbol(id)
	if !ok {
		return market{}, false
	}
	_, base, _ := e.Asset(symbol.Spec.Base)
	_, quote, _ := e.Asset(symbol.Spec.Quote)
	return market{Symbol: symbol, id: id, price: step{int64(symbol.Spec.Tick), quote}, qty: step{int64(symbol.Spec.Lot), base}}, true
}

// columns writes rows of cells that are separated by tabs, aligned, without blanks at
// the ends of lines.
func columns(rows []string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		_, _ = fmt.Fprintln(w, row) // a strings.Builder takes all
	}
	_ = w.Flush()
	var trimmed strings.Builder
	for line := range strings.Lines(b.String()) {
		trimmed.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return trimmed.String()
}
