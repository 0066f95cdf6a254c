package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// printing is something that print shows.
type printing struct {
	name string
	args string // as help shows them
	what string
	do   func(d *debugger, rest string) (finding, error)
}

func printings() []printing {
	return []printing{
		{"book", "[LEVELS]", "the ladder with the queue at each level", (*debugger).printBook},
		{"queue", "bid|ask|PRICE", "all orders at a price, or at the best one of a side", (*debugger).printQueue},
		{"order", "ID", "an open order, with what stands in front of it", (*debugger).printOrder},
		{"orders", "", "all open orders of the symbol", (*debugger).printOrders},
		{"account", "N", "an account with its balances and open orders", (*debugger).printAccount},
		{"balances", "", "what every account has", (*debugger).printBalances},
		{"command", "", "the command and all its events", (*debugger).printCommand},
		{"event", "", "the events so far", (*debugger).printEvent},
		{"digest", "", "the fingerprint of the state", (*debugger).printDigest},
		{"symbols", "", "all symbols", (*debugger).printSymbols},
		{"stats", "", "how much there is", (*debugger).printStats},
		{"watches", "", "what is watched", func(d *debugger, rest string) (finding, error) { return d.watchList(), nothingMore(rest) }},
	}
}

func printUses() []string {
	var uses []string
	for _, p := range printings() {
		uses = append(uses, strings.TrimSuffix("print "+p.name+" "+p.args, " ")+"\t"+p.what)
	}
	return uses
}

func (d *debugger) print(_ context.Context, rest string) (finding, error) {
	word, args, _ := strings.Cut(rest, " ")
	names := []string{}
	for _, p := range printings() {
		if p.name == word {
			return p.do(d, args)
		}
		names = append(names, p.name)
	}
	return finding{}, fmt.Errorf("say what to print: %s", strings.Join(names, ", "))
}

var errAtBeginning = errors.New("there is no command at the beginning")

// printCommand tells the command and all its events; those that are still to come are
// marked.
func (d *debugger) printCommand(rest string) (finding, error) {
	if err := nothingMore(rest); err != nil {
		return finding{}, err
	}
	return d.tellCommand(len(d.line.Events()))
}

// printEvent tells the events so far.
func (d *debugger) printEvent(rest string) (finding, error) {
	if err := nothingMore(rest); err != nil {
		return finding{}, err
	}
	a, err := d.tellCommand(d.line.Position().Event)
	if err != nil {
		return finding{}, err
	}
	_, a.text, _ = strings.Cut(a.text, "\n") // the command itself is told by print command
	a.data = a.data.(transactionJSON).Events
	return a, nil
}

// transactionJSON is a command with its events.
type transactionJSON struct {
	Command fieldList   `json:"command"`
	Events  []fieldList `json:"events"`
	Applied int         `json:"applied"` // so many of them are in the state
}

func (d *debugger) tellCommand(events int) (finding, error) {
	c, e := d.line.Command(), d.line.Engine()
	if c == nil {
		return finding{}, errAtBeginning
	}
	p := d.line.Position()
	data := transactionJSON{Command: commandFields(e, c), Events: []fieldList{}, Applied: p.Event}
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s\n", c.Seq, data.Command.text())
	for i := range d.line.Events()[:events] {
		v := eventFields(e, c, &d.line.Events()[i])
		data.Events = append(data.Events, v)
		mark := "+"
		if i >= p.Event {
			mark = "…" // still to come
		}
		fmt.Fprintf(&b, "%s %s\n", mark, v.text())
	}
	if x, ok := e.Arriving(); ok {
		m, _ := marketOf(e, x.Symbol)
		fmt.Fprintf(&b, "half done: order %d has %s open and does not rest yet\n", x.ID, m.qty.text(int64(x.Open)))
	}
	return finding{b.String(), data}, nil
}

func (d *debugger) printDigest(rest string) (finding, error) {
	if err := nothingMore(rest); err != nil {
		return finding{}, err
	}
	if p := d.line.Position(); p.HalfDone() {
		return finding{}, fmt.Errorf("command %d is half done: only a whole command has a digest", p.Seq)
	}
	digest := hexDigest(d.line.Engine().Digest())
	return finding{digest + "\n", digest}, nil
}

func (d *debugger) printSymbols(rest string) (finding, error) {
	if err := nothingMore(rest); err != nil {
		return finding{}, err
	}
	type symbolJSON struct {
		Symbol  string      `json:"symbol"`
		Phase   string      `json:"phase"`
		Tick    string      `json:"tick"`
		Lot     string      `json:"lot"`
		BestBid string      `json:"best_bid,omitempty"`
		BestAsk string      `json:"best_ask,omitempty"`
		Last    string      `json:"last,omitempty"`
		Trades  msg.TradeID `json:"trades"`
	}
	e := d.line.Engine()
	list, rows := []symbolJSON{}, []string{"SYMBOL\tPHASE\tTICK\tLOT\tBID\tASK\tLAST\tTRADES"}
	for id := msg.SymbolID(1); int(id) <= e.Symbols(); id++ {
		m, _ := marketOf(e, id)
		s := symbolJSON{
			Symbol: m.Spec.Name.String(), Phase: m.Phase.String(), Tick: m.price.text(1), Lot: m.qty.text(1), Trades: m.Trade,
			BestBid: d.bestOf(&m, msg.Buy), BestAsk: d.bestOf(&m, msg.Sell),
		}
		if m.Last != 0 {
			s.Last = m.price.text(int64(m.Last))
		}
		list = append(list, s)
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d", s.Symbol, s.Phase, s.Tick, s.Lot, s.BestBid, s.BestAsk, s.Last, s.Trades))
	}
	return finding{columns(rows), list}, nil
}

// bestOf returns the best price of a side, or an empty text.
func (d *debugger) bestOf(m *market, side msg.Side) (text string) {
	d.line.Engine().EachLevel(m.id, side, func(p msg.Price, _ msg.Qty, _ int) bool {
		text = m.price.text(int64(p))
		return false
	})
	return text
}

func (d *debugger) printStats(rest string) (finding, error) {
	if err := nothingMore(rest); err != nil {
		return finding{}, err
	}
	e := d.line.Engine()
	s := struct {
		Symbols  int         `json:"symbols"`
		Assets   int         `json:"assets"`
		Accounts int         `json:"accounts"`
		Orders   int         `json:"open_orders"`
		Levels   int         `json:"levels"`
		Trades   msg.TradeID `json:"trades"`
	}{e.Symbols(), e.Assets(), e.Accounts() - 1, e.OpenOrders(), 0, 0}
	for id := msg.SymbolID(1); int(id) <= e.Symbols(); id++ {
		x, _ := e.Symbol(id)
		s.Levels += x.Levels
		s.Trades += x.Trade
	}
	return finding{columns([]string{
		fmt.Sprintf("symbols\t%d", s.Symbols), fmt.Sprintf("assets\t%d", s.Assets), fmt.Sprintf("accounts\t%d", s.Accounts),
		fmt.Sprintf("open orders\t%d", s.Orders), fmt.Sprintf("levels\t%d", s.Levels), fmt.Sprintf("trades\t%d", s.Trades),
	}), s}, nil
}
