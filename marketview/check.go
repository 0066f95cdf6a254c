package marketview

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Check sweeps the set and returns what it finds first:
//  1. the order table is as its comment says,
//  2. depth is the aggregate of the open orders,
//  3. best bid < best ask while a symbol trades (an auction may leave them
//     crossed, and a halt after it),
//  4. an account has locked exactly what its open orders can cost,
//  5. no balance is negative, and those of an asset sum up to its supply, and none
//     has moved since the last transaction,
//  6. trades, aggregate trades and the bars of each interval end with the same
//     trade, and the newest bars agree on its price,
//  7. no account keeps more fills than it may, and none of a trade that is not,
//  8. nor more amendments or preventions, and these are in the order of their
//     execution ids, which the symbol has given.
//
// It costs time and memory in proportion to the state; it is for tests, for
// snapshots and for audits, between two transactions.
func (v *Views) Check() error {
	for _, f := range []func() error{
		v.checkOpen, v.checkClosed, v.checkNames, v.checkExtras, v.checkDepth, v.checkCrossed, v.checkBalances, v.checkTrades, v.checkFills,
		v.checkAmendments, v.checkPreventions,
	} {
		if err := f(); err != nil {
			return fmt.Errorf("marketview at sequence %d: %w", v.seq, err)
		}
	}
	return nil
}

func (v *Views) checkOpen() error {
	o := &v.orders
	linked := 0
	for t := slot(1); t < o.traders.end; t++ {
		tr := o.traders.at(t)
		n, prev, last := int32(0), slot(0), msg.OrderID(0)
		for s := tr.first; s != 0; s = o.links.at(s).next {
			r := o.records.at(s)
			if !r.status.isOpen() || r.open <= 0 || r.open > r.qty || r.trader != t || o.links.at(s).prev != prev || r.id <= last || o.findOpen(r.id) != s {
				return fmt.Errorf("open order %d of account %d in symbol %d: %+v", r.id, tr.account, tr.symbol, r)
			}
			if l := o.links.at(s).level; l != 0 && !v.depth.isLevel(l, tr.symbol, r) {
				return fmt.Errorf("open order %d of account %d in symbol %d points to level %+v", r.id, tr.account, tr.symbol, v.depth.levels.at(l))
			}
			prev, last = s, r.id
			n++
		}
		if n != tr.open || tr.last != prev {
			return fmt.Errorf("account %d in symbol %d counts %d open orders and lists %d", tr.account, tr.symbol, tr.open, n)
		}
		linked += int(n)
	}
	if linked != o.records.used() {
		return fmt.Errorf("%d open orders are linked of %d", linked, o.records.used())
	}
	return nil
}

// isLevel reports whether the level at l is that of an order.
func (d *depth) isLevel(l slot, sym msg.SymbolID, r *order) bool {
	side := r.terms.side()
	at := d.levels.at(l)
	return at.key == sideKey(side, r.price) && at.of == sideOf(sym, side) && at.orders > 0
}

func (v *Views) checkClosed() error {
	o := &v.orders
	for _, of := range o.history.byOwner(&v.market) {
		for _, p := range of.rows {
			r := o.history.rows.at(p)
			if r.status.isOpen() || o.traders.at(r.trader).owner != of.owner || o.findOpen(r.id) != 0 {
				return fmt.Errorf("closed order %d of account %d: %+v", r.id, of.account, r)
			}
		}
	}
	return o.history.check(&v.market, "closed orders")
}

// checkNames finds each open order by its name; that no other name leads to one
// follows from their number.
func (v *Views) checkNames() error {
	o, found := &v.orders, 0
	for _, s := range o.openSlots() {
		r := o.records.at(s)
		if r.has&hasName == 0 {
			continue
		}
		found++
		name := &o.names.records.at(s).name
		if a := o.traders.at(r.trader).account; name.IsZero() || o.findNamed(a, name) != s {
			return fmt.Errorf("order %d of account %d is not found by its name %s", r.id, a, name)
		}
	}
	if found != o.names.n {
		return fmt.Errorf("%d open orders have a name, %d names are in use", found, o.names.n)
	}
	return nil
}

// checkExtras finds the extra of each order that has one. Others belong to orders
// that are no longer kept and have not left yet.
func (v *Views) checkExtras() error {
	o, found := &v.orders, 0
	check := func(r *order) bool {
		if r.has&hasExtra == 0 {
			return true
		}
		found++
		s := o.extras.byOrder.find(uint64(r.id))
		return s != 0 && *o.extras.records.at(s) != (extra{})
	}
	for _, s := range o.openSlots() {
		if r := o.records.at(s); !check(r) {
			return fmt.Errorf("open order %d has an extra that is not found", r.id)
		}
	}
	for _, of := range o.history.byOwner(&v.market) {
		for _, p := range of.rows {
			if r := o.history.rows.at(p); !check(r) {
				return fmt.Errorf("closed order %d has an extra that is not found", r.id)
			}
		}
	}
	if waiting := o.unswept(); found+waiting != o.extras.records.used() || o.extras.records.used() != o.extras.byOrder.n {
		return fmt.Errorf("%d orders have an extra, %d had, %d extras are kept, %d found", found, waiting, o.extras.records.used(), o.extras.byOrder.n)
	}
	return nil
}

// unswept counts the extras of orders that are no longer kept: those that the history
// has not left behind yet.
func (o *orders) unswept() int {
	n, h := len(o.extras.left), &o.history
	for p := h.tail; p < h.head; p++ {
		if h.tags.at(p).owner != 0 && !h.holds(p) && h.rows.at(p).has&hasExtra != 0 {
			n++
		}
	}
	return n
}

// checkDepth builds the levels anew from the open orders.
func (v *Views) checkDepth() error {
	type place struct {
		symbol msg.SymbolID
		side   msg.Side
		price  msg.Price
	}
	want := make(map[place]Level)
	for _, s := range v.orders.openSlots() {
		r := v.orders.records.at(s)
		at := place{v.orders.traders.at(r.trader).symbol, r.terms.side(), r.price}
		l := want[at]
		want[at] = Level{r.price, l.Qty + r.open, l.Orders + 1}
	}
	var d Depth
	for _, sym := range v.market.symbols[1:] {
		v.Depth(sym.ID, 0, &d)
		for side, levels := range [2][]Level{d.Bids, d.Asks} {
			for _, l := range levels {
				at := place{sym.ID, msg.Side(side), l.Price}
				if want[at] != l {
					return fmt.Errorf("depth of symbol %d, %v: %+v, the orders give %+v", sym.ID, at.side, l, want[at])
				}
				delete(want, at)
			}
		}
	}
	for at, l := range want {
		return fmt.Errorf("depth of symbol %d, %v: no level for %+v", at.symbol, at.side, l)
	}
	return nil
}

func (v *Views) checkCrossed() error {
	for _, sym := range v.market.symbols[1:] {
		t, _ := v.Best(sym.ID)
		if sym.Phase == msg.Trading && t.BidQty > 0 && t.AskQty > 0 && t.BidPrice >= t.AskPrice {
			return fmt.Errorf("symbol %d trades with a bid of %d and an ask of %d", sym.ID, t.BidPrice, t.AskPrice)
		}
	}
	return nil
}

func (v *Views) checkBalances() error {
	locked := v.lockedByOrders()
	b := &v.balances
	total := make([]msg.Amount, len(v.market.assets))
	for s := slot(1); s < b.records.end; s++ { // balances are never given back
		r := b.records.at(s)
		key := pairKey(uint32(r.account), uint32(r.asset))
		if r.free < 0 || r.locked < 0 || r.locked != locked[key] {
			return fmt.Errorf("account %d has %d free and %d locked of asset %d, its orders lock %d", r.account, r.free, r.locked, r.asset, locked[key])
		}
		delete(locked, key)
		total[r.asset] += r.free + r.locked
	}
	for a := range b.holders {
		if moved := v.BalanceTime(msg.AccountID(a)); moved > v.time {
			return fmt.Errorf("balances of account %d moved at %d, it is %d", a, moved, v.time)
		}
	}
	for key, amount := range locked {
		return fmt.Errorf("account %d has no balance of asset %d, its orders lock %d", key>>32, uint32(key), amount)
	}
	for id := range v.market.assets[1:] {
		if asset := msg.AssetID(id + 1); total[asset] != v.Supply(asset) {
			return fmt.Errorf("all have %d of asset %d, its supply is %d", total[asset], asset, v.Supply(asset))
		}
	}
	return nil
}

func (v *Views) lockedByOrders() map[uint64]msg.Amount {
	locked := make(map[uint64]msg.Amount)
	for _, s := range v.orders.openSlots() {
		r := v.orders.records.at(s)
		t := v.orders.traders.at(r.trader)
		sym := v.market.symbol(t.symbol)
		if sym.Spec.Accounting != msg.Balances {
			continue
		}
		asset := sym.Spec.Quote
		if r.terms.side() == msg.Sell {
			asset = sym.Spec.Base
		}
		locked[pairKey(uint32(t.account), uint32(asset))] += sym.worth(r.terms.side(), r.price, r.open)
	}
	return locked
}

func (v *Views) checkTrades() error {
	for _, sym := range v.market.symbols[1:] {
		last := v.trades.last(sym.ID)
		if rows := v.AggTrades(sym.ID, 0, Span{Limit: 1}, nil); len(rows) == 1 && rows[0].Last != last {
			return fmt.Errorf("symbol %d: aggregate trades end with trade %d, trades with %d", sym.ID, rows[0].Last, last)
		}
		c := v.bars.find(sym.ID)
		if (c != nil) != (last > 0) {
			return fmt.Errorf("symbol %d has bars: %t, and %d trades", sym.ID, c != nil, last)
		}
		if c == nil {
			continue
		}
		for i := range c.newest {
			b, newest := c.at(Interval(i), c.len(Interval(i))-1), c.at(Interval1s, c.len(Interval1s)-1)
			if end := b.first + msg.TradeID(b.trades) - 1; end != last || b.close != newest.close {
				return fmt.Errorf("symbol %d: bars of %v end with trade %d at %d, trades with %d", sym.ID, Interval(i), end, b.close, last)
			}
		}
	}
	return nil
}

func (v *Views) checkFills() error {
	for _, o := range v.fills.byOwner(&v.market) {
		for _, p := range o.rows {
			f := v.fills.rows.at(p)
			if last := v.trades.last(f.symbol); f.trade > last {
				return fmt.Errorf("account %d has a fill of trade %d of %d in symbol %d", o.account, f.trade, last, f.symbol)
			}
		}
	}
	return v.fills.check(&v.market, "fills")
}
