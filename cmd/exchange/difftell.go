package main

import (
	"fmt"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// diffReport is what diff and whatif tell. The keys of the JSON object are promised.
type diffReport struct {
	A         string        `json:"a"` // what the sides are
	B         string        `json:"b"`
	Same      bool          `json:"same"`
	Compared  uint64        `json:"compared"`
	Different uint64        `json:"different"`             // transactions with other events, fees or locks
	Commands  uint64        `json:"commands,omitempty"`    // with another command
	Frames    uint64        `json:"frames,omitempty"`      // whose digest is not what this program derives
	Edits     []editJSON    `json:"edits,omitempty"`       // of whatif
	First     *firstJSON    `json:"first,omitempty"`       //
	Then      *firstJSON    `json:"then,omitempty"`        // the first of what was not edited, when First was
	Notes     []string      `json:"notes,omitempty"`       //
	Outcome   *consequences `json:"consequences,omitzero"` // left out when nothing differs
}

// editJSON is a command that was made another one. What is not there was put in or
// left out.
type editJSON struct {
	A *toldJSON `json:"a,omitempty"`
	B *toldJSON `json:"b,omitempty"`
}

// firstJSON is where the sides differ first.
type firstJSON struct {
	What  string        `json:"what"` // command, events, state, digest, panic or end
	Seq   msg.Seq       `json:"seq"`
	A     *toldJSON     `json:"a,omitempty"`
	B     *toldJSON     `json:"b,omitempty"`
	State []stateChange `json:"state,omitempty"` // after it
	More  int           `json:"more,omitempty"`  // changes beyond those
}

type toldJSON struct {
	Seq     msg.Seq     `json:"seq"`
	Time    int64       `json:"time"`
	Command fieldList   `json:"command"`
	Events  []fieldList `json:"events"`
}

func (t *toldTransaction) json() *toldJSON {
	if t == nil {
		return nil
	}
	return &toldJSON{t.seq, t.time, t.command, t.events}
}

// report sums a comparison up.
func (k *comparison) report(a, b string) *diffReport {
	r := &diffReport{
		A: a, B: b, Same: k.first == nil, Compared: k.compared, Different: k.different, Commands: k.commands, Frames: k.frames, Notes: k.notes,
	}
	for i := range k.edits {
		r.Edits = append(r.Edits, editJSON{k.edits[i].a.json(), k.edits[i].b.json()})
	}
	if f := k.first; f != nil {
		r.First = &firstJSON{f.what, f.seq, f.a.json(), f.b.json(), f.changes, f.more}
		r.Outcome = k.consequences()
	}
	if f := k.then; f != nil {
		r.Then = &firstJSON{f.what, f.seq, f.a.json(), f.b.json(), nil, 0}
	}
	return r
}

// shown bounds the rows of a list that are printed; JSON has all.
const shown = 12

// text prints the report.
func (r *diffReport) text(c *console) {
	c.printf("a  %s\nb  %s\n\n", r.A, r.B)
	for i := range r.Edits {
		r.Edits[i].text(c)
	}
	c.printf("%s compared: ", count(r.Compared, "command", "s"))
	if r.Same {
		c.printf("nothing differs\n")
		return
	}
	c.printf("%d with other events, fees or locks", r.Different)
	if r.Commands > 0 {
		c.printf(", %d of them other commands", r.Commands)
	}
	c.printf("\n")
	for _, note := range r.Notes {
		c.printf("%s\n", note)
	}
	c.printf("\nthe first difference is in %s", r.First.where())
	r.First.text(c)
	if r.Then != nil {
		c.printf("\nthe first in what was not edited is in %s", r.Then.where())
		r.Then.text(c)
	}
	r.Outcome.text(c)
}

func (e *editJSON) text(c *console) {
	switch {
	case e.A == nil:
		c.printf("inserted before command %d\n", e.B.Seq)
		e.B.lines(c, "b")
	case e.B == nil:
		c.printf("dropped command %d\n", e.A.Seq)
		e.A.lines(c, "a")
	default:
		c.printf("changed command %d\n", e.A.Seq)
		e.A.lines(c, "a")
		e.B.lines(c, "b")
	}
	c.printf("\n")
}

// lines writes a transaction.
func (t *toldJSON) lines(c *console, name string) {
	c.printf("  %s  %s\n", name, t.Command.text())
	for _, v := range t.Events {
		c.printf("  %s    + %s\n", name, v.text())
	}
}

// where says in words in what the sides differ first.
func (f *firstJSON) where() string {
	switch {
	case f.What == differEvents && f.A == nil:
		return fmt.Sprintf("what was inserted before command %d", f.Seq)
	case f.What == differEvents && f.B == nil:
		return fmt.Sprintf("command %d, which was dropped", f.Seq)
	}
	switch f.What {
	case differCommand:
		return fmt.Sprintf("command %d itself", f.Seq)
	case differEvents:
		return fmt.Sprintf("the events of command %d", f.Seq)
	case differPanic:
		return fmt.Sprintf("a panic of the engine at command %d", f.Seq)
	case differEnd:
		return fmt.Sprintf("command %d, which only one of them has", f.Seq)
	default:
		return fmt.Sprintf("the %s after command %d", f.What, f.Seq)
	}
}

func (f *firstJSON) text(c *console) {
	if f.A != nil {
		c.printf(" at @%d (%s)", f.A.Time, clock(f.A.Time))
	}
	c.printf("\n")
	if f.A != nil {
		f.A.lines(c, "a")
	}
	if f.B != nil {
		f.B.lines(c, "b")
	}
	if len(f.State) == 0 {
		return
	}
	c.printf("\nthe states after it\n")
	t := c.table("OF\tFIELD\tA\tB")
	for _, x := range f.State[:min(shown, len(f.State))] {
		t.row("%s\t%s\t%s\t%s", x.Of, x.Field, x.A, x.B)
	}
	t.end()
	if rest := len(f.State) + f.More - shown; rest > 0 {
		c.printf("and %s\n", count(uint64(rest), "more field", "s"))
	}
}

// text prints the consequences.
func (o *consequences) text(c *console) {
	c.printf("\nthe consequences\n")
	t := c.table("\tA\tB")
	t.row("commands\t%d\t%d", o.Commands[0], o.Commands[1])
	t.row("refusals\t%d\t%d", o.Rejected[0], o.Rejected[1])
	t.row("fills\t%d\t%d", o.Fills[0], o.Fills[1])
	for _, v := range o.Volume[:min(shown, len(o.Volume))] {
		t.row("volume of %s\t%s\t%s", v.Symbol, v.Base[0], v.Base[1])
		t.row("  for\t%s\t%s", v.Quote[0], v.Quote[1])
	}
	for _, f := range o.Fees[:min(shown, len(o.Fees))] {
		t.row("fees in %s\t%s\t%s", f.Asset, f.Paid[0], f.Paid[1])
	}
	t.end()
	o.accountsText(c)
}

func (o *consequences) accountsText(c *console) {
	if len(o.Accounts) == 0 {
		c.printf("\nno account has anything else in the end\n")
		return
	}
	c.printf("\n%s with other balances; profit in %s, of what was not paid in or out\n", count(uint64(len(o.Accounts)), "account", "s"), o.ValuedIn)
	for _, asset := range sortedKeys(o.Prices) {
		c.printf("  %s at %s\n", asset, o.Prices[asset])
	}
	for _, asset := range o.NoPrice {
		c.printf("  %s has no price and is left out\n", asset)
	}
	t := c.table("ACCOUNT\tPROFIT A\tPROFIT B\tDIFFERENCE\tBALANCES")
	for _, a := range o.Accounts[:min(shown, len(o.Accounts))] {
		var balances []string
		for _, asset := range sortedKeys(a.Balances) {
			balances = append(balances, fmt.Sprintf("%s %s → %s", asset, a.Balances[asset][0], a.Balances[asset][1]))
		}
		t.row("%s\t%s\t%s\t%s\t%s", accountName(a.Account), a.Profit[0], a.Profit[1], a.Gain, strings.Join(balances, ", "))
	}
	t.end()
	if rest := len(o.Accounts) - shown; rest > 0 {
		c.printf("and %s\n", count(uint64(rest), "more account", "s"))
	}
}
