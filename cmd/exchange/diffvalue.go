package main

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// consequences is what the differences amount to at the end. The keys of the JSON
// object are promised.
type consequences struct {
	Commands [2]uint64         `json:"commands"`
	Rejected [2]uint64         `json:"rejected"`
	Fills    [2]uint64         `json:"fills"`
	Volume   []volumeJSON      `json:"volume"`
	Fees     []feeJSON         `json:"fees"`
	ValuedIn string            `json:"valued_in,omitempty"`
	Prices   map[string]string `json:"prices,omitempty"` // of what is not valued at 1, and where they come from
	NoPrice  []string          `json:"without_price,omitempty"`
	Accounts []accountDiff     `json:"accounts"` // those that differ, the largest difference of profit first
}

type volumeJSON struct {
	Symbol string    `json:"symbol"`
	Fills  [2]uint64 `json:"fills"`
	Base   [2]string `json:"base"`
	Quote  [2]string `json:"quote"`
}

type feeJSON struct {
	Asset string    `json:"asset"`
	Paid  [2]string `json:"paid"`
}

// accountDiff is what one account has of it.
type accountDiff struct {
	Account  msg.AccountID        `json:"account"`
	Balances map[string][2]string `json:"balances"` // those that differ, free and locked together
	Profit   [2]string            `json:"profit"`
	Gain     string               `json:"difference"`
	gain     *big.Rat
}

// valuation turns amounts into one asset.
type valuation struct {
	in     msg.AssetID
	name   string
	scale  uint8
	prices map[msg.AssetID]*big.Rat // units of it for one unit
	from   map[string]string
	none   []string
}

// consequences sums up both sides.
func (k *comparison) consequences() *consequences {
	w := k.valuation()
	c := &consequences{
		Commands: [2]uint64{k.a.commands, k.b.commands}, Rejected: [2]uint64{k.a.rejects, k.b.rejects},
		Fills: [2]uint64{k.a.trades, k.b.trades}, Volume: k.volumes(), Fees: k.fees(),
		ValuedIn: w.name, Prices: w.from, NoPrice: w.none, Accounts: []accountDiff{},
	}
	for a := range msg.AccountID(min(k.a.engine.Accounts(), k.b.engine.Accounts())) {
		if d := k.account(w, a); d != nil {
			c.Accounts = append(c.Accounts, *d)
		}
	}
	slices.SortStableFunc(c.Accounts, func(x, y accountDiff) int {
		return cmp.Or(new(big.Rat).Abs(y.gain).Cmp(new(big.Rat).Abs(x.gain)), cmp.Compare(x.Account, y.Account))
	})
	return c
}

// volumes tells what was traded in each symbol.
func (k *comparison) volumes() []volumeJSON {
	all := []volumeJSON{}
	for id := msg.SymbolID(1); int(id) <= k.a.engine.Symbols(); id++ {
		m, _ := marketOf(k.a.engine, id)
		v := volumeJSON{Symbol: m.Spec.Name.String()}
		for i, s := range []*side{k.a, k.b} {
			t := s.markets[id]
			if t == nil {
				t = &turnover{}
			}
			v.Fills[i], v.Base[i], v.Quote[i] = t.trades, bigDecimal(&t.base, m.qty.scale), bigDecimal(&t.quote, m.price.scale)
		}
		if v.Fills != [2]uint64{} {
			all = append(all, v)
		}
	}
	return all
}

// fees tells what was paid of each asset.
func (k *comparison) fees() []feeJSON {
	all := []feeJSON{}
	for id := msg.AssetID(1); int(id) <= k.a.engine.Assets(); id++ {
		name, scale, _ := k.a.engine.Asset(id)
		f := feeJSON{Asset: name.String()}
		for i, s := range []*side{k.a, k.b} {
			f.Paid[i] = "0"
			if n := s.fees[id]; n != nil {
				f.Paid[i] = bigDecimal(n, scale)
			}
		}
		if f.Paid != [2]string{"0", "0"} {
			all = append(all, f)
		}
	}
	return all
}

// valuation takes the quote asset of most symbols, and the last prices of the first
// side: the same holdings are worth the same on both sides, so what differs comes
// from what was traded and paid.
func (k *comparison) valuation() *valuation {
	e := k.a.engine
	w := &valuation{prices: make(map[msg.AssetID]*big.Rat), from: make(map[string]string)}
	counts := make(map[msg.AssetID]int)
	for id := msg.SymbolID(1); int(id) <= e.Symbols(); id++ {
		s, _ := e.Symbol(id)
		if counts[s.Spec.Quote]++; w.in == 0 || counts[s.Spec.Quote] > counts[w.in] {
			w.in = s.Spec.Quote
		}
	}
	if w.in == 0 {
		return w
	}
	name, scale, _ := e.Asset(w.in)
	w.name, w.scale = name.String(), scale
	w.prices[w.in] = big.NewRat(1, 1)
	for range 2 { // directly, then by way of an asset that has a price
		for id := msg.SymbolID(1); int(id) <= e.Symbols(); id++ {
			w.price(e, k.b.engine, id)
		}
	}
	for id := msg.AssetID(1); int(id) <= e.Assets(); id++ {
		if w.prices[id] == nil {
			name, _, _ := e.Asset(id)
			w.none = append(w.none, name.String())
		}
	}
	return w
}

// price gives an asset of a symbol a price when the other one has one.
func (w *valuation) price(a, b *engine.Engine, id msg.SymbolID) {
	m, _ := marketOf(a, id)
	spec := &m.Spec
	base, quote := w.prices[spec.Base], w.prices[spec.Quote]
	if (base == nil) == (quote == nil) {
		return
	}
	ticks, from := lastPrice(a, id)
	if ticks == nil {
		if ticks, from = lastPrice(b, id); ticks == nil {
			return
		}
		from += " of b"
	}
	// A lot at a price of one tick is worth Unit quote units.
	each := new(big.Rat).Mul(ticks, big.NewRat(int64(m.Unit), int64(spec.Lot)))
	if base == nil {
		w.prices[spec.Base] = each.Mul(each, quote)
		w.note(a, spec.Base, &m, ticks, from)
		return
	}
	w.prices[spec.Quote] = each.Mul(each.Inv(each), base)
	w.note(a, spec.Quote, &m, ticks, from)
}

func (w *valuation) note(e *engine.Engine, asset msg.AssetID, m *market, ticks *big.Rat, from string) {
	name, _, _ := e.Asset(asset)
	price := new(big.Rat).Mul(ticks, big.NewRat(m.price.size, msg.Pow10(m.price.scale)))
	w.from[name.String()] = fmt.Sprintf("%s, %s of %v", trimZeros(price.FloatString(int(m.price.scale)+1)), from, m.Spec.Name)
}

// lastPrice returns the price of a symbol in ticks: of its last trade, before the
// first trade the middle of the best bid and ask, or nil.
func lastPrice(e *engine.Engine, id msg.SymbolID) (ticks *big.Rat, from string) {
	s, ok := e.Symbol(id)
	if !ok {
		return nil, ""
	}
	if s.Last != 0 {
		return big.NewRat(int64(s.Last), 1), "the last trade"
	}
	bid, ask := bestOf(e, id, msg.Buy), bestOf(e, id, msg.Sell)
	if bid.price == 0 || ask.price == 0 {
		return nil, ""
	}
	return new(big.Rat).SetFrac(big.NewInt(int64(bid.price)+int64(ask.price)), big.NewInt(2)), "the middle of the book"
}

// account returns what differs for an account, or nil.
func (k *comparison) account(w *valuation, a msg.AccountID) *accountDiff {
	d := &accountDiff{Account: a, Balances: make(map[string][2]string)}
	profit := [2]*big.Rat{new(big.Rat), new(big.Rat)}
	for id := msg.AssetID(1); int(id) <= min(k.a.engine.Assets(), k.b.engine.Assets()); id++ {
		h := purse{a, id}
		x, y := k.a.has(h), k.b.has(h)
		if x != y {
			name, scale, _ := k.a.engine.Asset(id)
			d.Balances[name.String()] = [2]string{msg.FormatDecimal(int64(x), scale), msg.FormatDecimal(int64(y), scale)}
		}
		for i, s := range []*side{k.a, k.b} {
			if price := w.prices[id]; price != nil {
				n := new(big.Rat).SetInt64(int64(s.has(h) - s.began[h] - s.paid[h]))
				profit[i].Add(profit[i], n.Mul(n, price))
			}
		}
	}
	d.gain = new(big.Rat).Sub(profit[1], profit[0])
	if len(d.Balances) == 0 && d.gain.Sign() == 0 {
		return nil
	}
	d.Profit, d.Gain = [2]string{w.text(profit[0]), w.text(profit[1])}, w.text(d.gain)
	return d
}

// text writes a value with the decimals of the asset it is told in.
func (w *valuation) text(v *big.Rat) string {
	whole := new(big.Rat).Mul(v, big.NewRat(1, msg.Pow10(w.scale)))
	return trimZeros(whole.FloatString(int(w.scale)))
}

// bigDecimal writes a sum of units of which there are more than an amount may be.
func bigDecimal(n *big.Int, scale uint8) string {
	return trimZeros(new(big.Rat).SetFrac(n, big.NewInt(msg.Pow10(scale))).FloatString(int(scale)))
}

// trimZeros takes the zeros off the end of a decimal.
func trimZeros(text string) string {
	if !slices.Contains([]byte(text), '.') {
		return text
	}
	for text[len(text)-1] == '0' {
		text = text[:len(text)-1]
	}
	if text[len(text)-1] == '.' {
		text = text[:len(text)-1]
	}
	if text == "-0" {
		return "0"
	}
	return text
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
