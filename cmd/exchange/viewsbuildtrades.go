package main

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// profile is what was traded at each price in each interval.
type profile struct {
	*viewScope
	cells map[profileKey]*profileCell
}

type profileKey struct {
	start  int64
	symbol msg.SymbolID
	price  msg.Price
}

type profileCell struct {
	lots, bought big.Int // bought: by takers
	trades       int
}

func newProfile(s *viewScope) builtView { return &profile{s, make(map[profileKey]*profileCell)} }

func profileColumns() []string {
	return []string{"start", "symbol", "price", "volume", "bought", "trades"}
}

func (p *profile) fold(c *msg.Command, _ []msg.Event) {
	fills := p.views.Resolved().Fills
	for i := range fills {
		f := &fills[i]
		if !p.means(f.Symbol) {
			continue
		}
		key := profileKey{p.begin(c.Time), f.Symbol, f.Price}
		if p.cells[key] == nil {
			p.cells[key] = &profileCell{}
		}
		cell := p.cells[key]
		cell.trades++
		addLots(&cell.lots, f.Qty)
		if f.MakerSide == msg.Sell {
			addLots(&cell.bought, f.Qty)
		}
	}
}

func addLots(sum *big.Int, q msg.Qty) { sum.Add(sum, big.NewInt(int64(q))) }

// rows returns the cells by time and symbol, the highest price first.
func (p *profile) rows() (rows [][]string) {
	keys := make([]profileKey, 0, len(p.cells))
	for key := range p.cells {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b profileKey) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.symbol, b.symbol), cmp.Compare(b.price, a.price))
	})
	for _, key := range keys {
		cell := p.cells[key]
		name, price, qty := p.market(key.symbol)
		rows = append(rows, []string{
			clock(key.start), name, price.text(int64(key.price)), qty.sum(&cell.lots), qty.sum(&cell.bought), strconv.Itoa(cell.trades),
		})
	}
	return rows
}

// sum writes a sum of steps, of which there may be more than one number can hold.
func (s step) sum(n *big.Int) string {
	return bigDecimal(new(big.Int).Mul(n, big.NewInt(s.size)), s.scale)
}

// barTable is the bars of each symbol, all of them: the views of an exchange keep the
// newest only.
type barTable struct {
	*viewScope
	bars []symbolBar // by start, of each symbol
	last map[msg.SymbolID]int
}

type symbolBar struct {
	symbol                 msg.SymbolID
	start                  int64
	open, high, low, close msg.Price
	lots, ticks            big.Int // ticks: Σ price × lots
	trades                 int
}

func newBarTable(s *viewScope) builtView {
	return &barTable{viewScope: s, last: make(map[msg.SymbolID]int)}
}

func barColumns() []string {
	return []string{"start", "symbol", "open", "high", "low", "close", "volume", "value", "trades"}
}

func (b *barTable) fold(c *msg.Command, _ []msg.Event) {
	fills := b.views.Resolved().Fills
	for i := range fills {
		f := &fills[i]
		if !b.means(f.Symbol) {
			continue
		}
		start := b.begin(c.Time)
		at, ok := b.last[f.Symbol]
		if !ok || b.bars[at].start != start {
			at = len(b.bars)
			b.last[f.Symbol] = at
			b.bars = append(b.bars, symbolBar{symbol: f.Symbol, start: start, open: f.Price, high: f.Price, low: f.Price})
		}
		b.bars[at].add(f)
	}
}

func (b *symbolBar) add(f *marketview.Fill) {
	b.high, b.low, b.close = max(b.high, f.Price), min(b.low, f.Price), f.Price
	addLots(&b.lots, f.Qty)
	b.ticks.Add(&b.ticks, new(big.Int).Mul(big.NewInt(int64(f.Price)), big.NewInt(int64(f.Qty))))
	b.trades++
}

func (b *barTable) rows() (rows [][]string) {
	for i := range b.bars {
		x := &b.bars[i]
		name, price, qty := b.market(x.symbol)
		symbol, _ := b.views.SymbolByID(x.symbol)
		value := new(big.Int).Mul(&x.ticks, big.NewInt(int64(symbol.Unit)))
		rows = append(rows, []string{
			clock(x.start), name, price.text(int64(x.open)), price.text(int64(x.high)), price.text(int64(x.low)), price.text(int64(x.close)),
			qty.sum(&x.lots), bigDecimal(value, price.scale), strconv.Itoa(x.trades),
		})
	}
	return rows
}
