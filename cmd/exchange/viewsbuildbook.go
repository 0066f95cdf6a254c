package main

import (
	"math/big"
	"slices"
	"strconv"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// spreadLevels is how many levels of a side count as its depth.
const spreadLevels = 5

// spread is how the book of each symbol stood at the end of each interval in which it
// changed, and how narrow and wide the spread was in it.
type spread struct {
	*viewScope
	lines []spreadLine
	last  map[msg.SymbolID]int
	depth marketview.Depth // reused
}

type spreadLine struct {
	symbol           msg.SymbolID
	start            int64
	bid, ask         msg.Price // 0: none
	bidLots, askLots msg.Qty   // of the best levels
	narrow, wide     msg.Price // 0: no moment with both sides
}

func newSpread(s *viewScope) builtView {
	return &spread{viewScope: s, last: make(map[msg.SymbolID]int)}
}

func spreadColumns() []string {
	return []string{"start", "symbol", "bid", "ask", "spread", "narrowest", "widest", "bid_depth", "ask_depth"}
}

func (s *spread) fold(c *msg.Command, _ []msg.Event) {
	if len(s.views.Resolved().Changes) == 0 || !s.means(c.Symbol) {
		return
	}
	start := s.begin(c.Time)
	at, ok := s.last[c.Symbol]
	if !ok || s.lines[at].start != start {
		at = len(s.lines)
		s.last[c.Symbol] = at
		s.lines = append(s.lines, spreadLine{symbol: c.Symbol, start: start})
	}
	s.views.Depth(c.Symbol, spreadLevels, &s.depth)
	s.lines[at].see(&s.depth)
}

// see takes in how the book stands now.
func (l *spreadLine) see(d *marketview.Depth) {
	l.bid, l.bidLots = bestLots(d.Bids)
	l.ask, l.askLots = bestLots(d.Asks)
	if l.bid == 0 || l.ask <= l.bid { // in an auction prices may overlap
		return
	}
	now := l.ask - l.bid
	if l.wide = max(l.wide, now); l.narrow == 0 || now < l.narrow {
		l.narrow = now
	}
}

func bestLots(levels []marketview.Level) (best msg.Price, lots msg.Qty) {
	for i := range levels {
		lots += levels[i].Qty
	}
	if len(levels) > 0 {
		best = levels[0].Price
	}
	return best, lots
}

func (s *spread) rows() (rows [][]string) {
	for i := range s.lines {
		l := &s.lines[i]
		name, price, qty := s.market(l.symbol)
		text := func(p msg.Price) string {
			if p == 0 {
				return ""
			}
			return price.text(int64(p))
		}
		now := ""
		if l.bid != 0 && l.ask != 0 {
			now = minus(price, int64(l.ask-l.bid))
		}
		rows = append(rows, []string{
			clock(l.start), name, text(l.bid), text(l.ask), now, text(l.narrow), text(l.wide), qty.text(int64(l.bidLots)), qty.text(int64(l.askLots)),
		})
	}
	return rows
}

// minus writes a number of steps that may be below zero.
func minus(s step, n int64) string {
	if n < 0 {
		return "-" + s.text(-n)
	}
	return s.text(n)
}

// ratio is how many orders each account sends for what it trades.
type ratio struct {
	*viewScope
	accounts map[msg.AccountID]*ratioLine
}

type ratioLine struct{ orders, refused, cancels, amends, fills int64 }

func newRatio(s *viewScope) builtView { return &ratio{s, make(map[msg.AccountID]*ratioLine)} }

func ratioColumns() []string {
	return []string{"account", "orders", "refused", "cancels", "amends", "fills", "orders_per_fill", "messages_per_fill"}
}

func (r *ratio) line(a msg.AccountID) *ratioLine {
	if r.accounts[a] == nil {
		r.accounts[a] = &ratioLine{}
	}
	return r.accounts[a]
}

func (r *ratio) fold(c *msg.Command, events []msg.Event) {
	if c.Symbol == 0 || !r.means(c.Symbol) {
		return
	}
	for i := range events {
		switch events[i].Kind {
		case msg.Accepted:
			r.line(c.Account).orders++
		case msg.Rejected, msg.CancelRejected:
			if c.Account != msg.FeeAccount { // else it is about the symbol itself
				r.line(c.Account).refused++
			}
		case msg.Canceled:
			r.line(c.Account).cancels++
		case msg.Amended:
			r.line(c.Account).amends++
		default: // trades come resolved, with both their parties
		}
	}
	fills := r.views.Resolved().Fills
	for i := range fills {
		for side := range fills[i].Parties {
			r.line(fills[i].Parties[side].Account).fills++
		}
	}
}

// rows returns the accounts by number. The ratios are rounded to hundredths.
func (r *ratio) rows() (rows [][]string) {
	ids := make([]msg.AccountID, 0, len(r.accounts))
	for id := range r.accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		l := r.accounts[id]
		row := []string{strconv.FormatUint(uint64(id), 10)}
		for _, n := range []int64{l.orders, l.refused, l.cancels, l.amends, l.fills} {
			row = append(row, strconv.FormatInt(n, 10))
		}
		for _, n := range []int64{l.orders, l.orders + l.refused + l.cancels + l.amends} {
			text := ""
			if l.fills > 0 {
				text = big.NewRat(n, l.fills).FloatString(2)
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	return rows
}
