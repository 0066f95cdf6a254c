package engine

import (
	"fmt"
	"math/bits"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Check sweeps the whole state and returns the first invariant that does not
// hold:
//
//  1. in trading the best bid is below the best ask,
//  2. every level has orders, its quantity and count are theirs, its queue
//     numbers rise from head to tail, and the side's total is that of its levels,
//  3. every ladder's nodes hold its levels and nothing else, best first,
//  4. every open order is in one level, found by its id, by its name if it has
//     one, and in the list of its position in the order of its queue number; a
//     position counts its orders and what they are still to buy,
//  5. 0 < open <= quantity for each of them, and less than the quantity when
//     something was traded,
//  6. no balance is negative, and each locked part is what the account's open
//     orders can cost,
//  7. for each asset the balances sum to the total that was credited less
//     debited,
//  8. the digest is that of the state mixed from scratch.
//
// Between commands only.
func (e *Engine) Check() error {
	digest, err := e.sweep()
	if err != nil {
		return err
	}
	if kept := e.Digest(); kept != digest {
		return fmt.Errorf("digest %016x, from scratch %016x", kept, digest)
	}
	return nil
}

// sweeping is what a sweep counts. By slot, as the records that it is of.
type sweeping struct {
	levels    []levelCount
	positions []positionCount
	locked    []msg.Amount // of balances: what the orders can cost
	open      int
	names     int
	digest    uint64 // of the orders
}

type levelCount struct {
	symbol *symbol // nil when no ladder holds the level
	side   msg.Side
	orders uint32
	qty    msg.Qty
}

type positionCount struct {
	orders uint32
	bids   msg.Qty
}

// sweep checks all but the digest, which it returns. It goes through the ladders and
// then through the orders as they lie in memory, where it looks from each to those
// behind it: following the lists themselves would wait for each order in turn.
func (e *Engine) sweep() (digest uint64, err error) {
	w := sweeping{
		levels: make([]levelCount, len(e.pool.levels)), positions: make([]positionCount, len(e.positions.pool)),
		locked: make([]msg.Amount, len(e.balances.pool)),
	}
	for _, s := range e.symbols {
		if s.phase == msg.Trading && s.crossed() {
			return 0, fmt.Errorf("symbol %d: best bid %d meets best ask %d in trading", s.id,
				e.pool.levels[s.sides[msg.Buy].best].price, e.pool.levels[s.sides[msg.Sell].best].price)
		}
		for i := range s.sides {
			if err := e.checkSide(s, msg.Side(i), &w); err != nil {
				return 0, fmt.Errorf("symbol %d: %w", s.id, err)
			}
		}
	}
	for i := 1; i < len(e.orders.pool); i++ {
		if e.orders.pool[i].id != 0 {
			if err := e.checkOrder(uint32(i), &w); err != nil {
				return 0, err
			}
		}
	}
	if w.open != e.orders.open || w.names != e.orders.named.used {
		return 0, fmt.Errorf("%d orders are in the books, %d of them named; %d are open, %d named", w.open, w.names, e.orders.open, e.orders.named.used)
	}
	if err := e.checkLevels(&w); err != nil {
		return 0, err
	}
	if err := e.checkPositions(&w); err != nil {
		return 0, err
	}
	if err := e.checkBalances(w.locked); err != nil {
		return 0, err
	}
	return e.mixRest() + w.digest, nil
}

func (e *Engine) checkSide(s *symbol, side msg.Side, w *sweeping) error {
	l := &s.sides[side]
	levels, total := 0, msg.Qty(0)
	last := uint32(0)
	for i := l.best; i != 0; i = l.worse(&e.pool, i) {
		v := &e.pool.levels[i]
		if last == 0 && l.front != l.rank(v.price) {
			return fmt.Errorf("%v level %d is the best one, not that of rank %d", side, v.price, l.front)
		}
		if last != 0 && l.rank(v.price) <= l.rank(e.pool.levels[last].price) {
			return fmt.Errorf("%v level %d stands behind %d", side, v.price, e.pool.levels[last].price)
		}
		if found := l.find(&e.pool, v.price); found != i {
			return fmt.Errorf("%v level %d is in slot %d, found in %d", side, v.price, i, found)
		}
		if w.levels[i].symbol != nil {
			return fmt.Errorf("%v level %d is one of symbol %d too", side, v.price, w.levels[i].symbol.id)
		}
		w.levels[i].symbol, w.levels[i].side = s, side
		total += v.qty
		levels++
		last = i
	}
	if levels == 0 && l.front != noRank {
		return fmt.Errorf("%v side has no level, and one of rank %d is the best", side, l.front)
	}
	if levels != l.levels || total != l.total {
		return fmt.Errorf("%v side has %d levels and %d lots, counted %d and %d", side, l.levels, l.total, levels, total)
	}
	if n := e.countLevels(l.root, int(l.stages)); n != levels {
		return fmt.Errorf("%v ladder holds %d levels, %d are linked", side, n, levels)
	}
	return nil
}

// countLevels returns the number of levels below a node.
func (e *Engine) countLevels(i uint32, stage int) int {
	if i == 0 {
		return 0
	}
	n := &e.pool.nodes[i]
	if stage == 0 {
		return bits.OnesCount64(n.mask)
	}
	sum := 0
	for m := n.mask; m != 0; m &= m - 1 {
		sum += e.countLevels(n.child[bits.TrailingZeros64(m)], stage-1)
	}
	return sum
}

// checkOrder checks an order by itself, and that the one behind it, in its level and in
// its position's list, is of the same and comes later. As many orders as that are then in
// one list: the first of each is the only one without another before it.
func (e *Engine) checkOrder(i uint32, w *sweeping) error {
	o := &e.orders.pool[i]
	p, level := &e.positions.pool[o.pos], &w.levels[o.level]
	s, hash := level.symbol, e.nameMix(i)
	switch {
	case s == nil || o.side != level.side || p.symbol != s.id:
		return fmt.Errorf("order %d is of level slot %d, side %v, symbol %d", o.id, o.level, o.side, p.symbol)
	case o.queue == 0 || o.queue > s.queue:
		return fmt.Errorf("order %d has queue number %d of %d", o.id, o.queue, s.queue)
	case o.open <= 0 || o.open > o.qty || o.traded > 1 || o.traded == 1 && o.open == o.qty:
		return fmt.Errorf("order %d has %d open of %d, traded: %d", o.id, o.open, o.qty, o.traded)
	case e.orders.slot(o.id) != i:
		return fmt.Errorf("order %d is in slot %d, found in %d", o.id, i, e.orders.slot(o.id))
	case o.named && e.orderHashed(hash, p.account, &e.orders.names[i]) != i:
		return fmt.Errorf("order %d is not found by its name %s", o.id, e.orders.names[i])
	}
	if err := e.checkBehind(i, s); err != nil {
		return err
	}
	if s.Accounting == msg.Balances {
		at, cost := p.base, s.amount(o.open)
		if o.side == msg.Buy {
			at, cost = p.quote, s.value(e.pool.levels[o.level].price, o.open)
		}
		if cost > msg.MaxAmount-w.locked[at] {
			return fmt.Errorf("order %d can cost %d, with the account's others more than fits", o.id, cost)
		}
		w.locked[at] += cost
	}
	w.count(o)
	w.digest += e.orderMixNamed(i, hash)
	return nil
}

func (w *sweeping) count(o *order) {
	level, p := &w.levels[o.level], &w.positions[o.pos]
	level.orders++
	level.qty += o.open
	p.orders++
	if o.side == msg.Buy {
		p.bids += o.open
	}
	w.open++
	if o.named {
		w.names++
	}
}

// checkBehind checks the ends of two lists, or the order that is behind i there.
func (e *Engine) checkBehind(i uint32, s *symbol) error {
	o := &e.orders.pool[i]
	p, v := &e.positions.pool[o.pos], &e.pool.levels[o.level]
	next, newer := &e.orders.pool[o.next], &e.orders.pool[o.newer]
	switch {
	case o.next == 0 && v.tail != i:
		return fmt.Errorf("order %d in slot %d is the last at %d, where %d is the tail", o.id, i, v.price, v.tail)
	case o.next != 0 && (next.id == 0 || next.level != o.level || next.prev != i):
		return fmt.Errorf("order %d is of level slot %d behind slot %d, and stands before order %d of %d", next.id, next.level, next.prev, o.id, o.level)
	case o.next != 0 && next.queue <= o.queue:
		return fmt.Errorf("order %d has queue number %d behind %d, of %d", next.id, next.queue, o.queue, s.queue)
	case o.newer == 0 && p.newest != i:
		return fmt.Errorf("account %d, symbol %d: order %d in slot %d is the last one, and %d is the newest", p.account, p.symbol, o.id, i, p.newest)
	case o.newer != 0 && (newer.id == 0 || newer.pos != o.pos || newer.older != i || newer.queue <= o.queue):
		return fmt.Errorf("account %d, symbol %d: order %d stands behind queue number %d", p.account, p.symbol, newer.id, o.queue)
	}
	return nil
}

// checkLevels compares levels with what was counted in them.
func (e *Engine) checkLevels(w *sweeping) error {
	for i := range w.levels {
		n, v := &w.levels[i], &e.pool.levels[i]
		if n.symbol == nil {
			continue
		}
		if n.orders == 0 || n.orders != v.count || n.qty != v.qty {
			return fmt.Errorf("symbol %d: %v level %d: %d orders with %d lots, counted %d with %d", n.symbol.id, n.side, v.price,
				v.count, v.qty, n.orders, n.qty)
		}
		if o := &e.orders.pool[v.head]; o.id == 0 || o.level != uint32(i) || o.prev != 0 {
			return fmt.Errorf("symbol %d: %v level %d: order %d in slot %d is not the first one", n.symbol.id, n.side, v.price, o.id, v.head)
		}
	}
	return nil
}

// checkPositions compares positions with what was counted in them.
func (e *Engine) checkPositions(w *sweeping) error {
	for i := 1; i < len(e.positions.pool); i++ {
		p, n := &e.positions.pool[i], &w.positions[i]
		if n.orders != p.open {
			return fmt.Errorf("account %d, symbol %d: %d open orders, counted %d", p.account, p.symbol, p.open, n.orders)
		}
		if n.bids != p.bids {
			return fmt.Errorf("account %d, symbol %d: %d lots to buy, counted %d", p.account, p.symbol, p.bids, n.bids)
		}
		o := &e.orders.pool[p.oldest]
		if n.orders == 0 && (p.oldest != 0 || p.newest != 0) || n.orders > 0 && (o.id == 0 || o.pos != uint32(i) || o.older != 0) {
			return fmt.Errorf("account %d, symbol %d: order %d in slot %d is not the oldest", p.account, p.symbol, o.id, p.oldest)
		}
	}
	return nil
}

func (e *Engine) checkBalances(locked []msg.Amount) error {
	totals := make([]msg.Amount, len(e.assets)+1)
	for i := 1; i < len(e.balances.pool); i++ {
		b := &e.balances.pool[i]
		if b.free < 0 || b.locked < 0 || b.locked != locked[i] {
			return fmt.Errorf("account %d, asset %d: free %d, locked %d, orders can cost %d", b.account, b.asset, b.free, b.locked, locked[i])
		}
		if b.free > msg.MaxAmount-b.locked || b.free+b.locked > msg.MaxAmount-totals[b.asset] {
			return fmt.Errorf("account %d: free %d and locked %d of asset %d, with %d before, sum to more than fits", b.account, b.free, b.locked,
				b.asset, totals[b.asset])
		}
		totals[b.asset] += b.free + b.locked
	}
	for i := range e.assets {
		if a := &e.assets[i]; totals[i+1] != a.total {
			return fmt.Errorf("asset %s: balances sum to %d, total is %d", a.name, totals[i+1], a.total)
		}
	}
	return nil
}

// mixRest returns the digest from scratch of all but the orders.
func (e *Engine) mixRest() uint64 {
	d := uint64(0)
	for i := range e.assets {
		d += e.assetMix(msg.AssetID(i + 1))
	}
	for i := range e.accounts {
		d += e.accountMix(msg.AccountID(i))
	}
	for i := 1; i < len(e.balances.pool); i++ {
		d += e.balances.pool[i].mix()
	}
	for _, s := range e.symbols {
		d += s.fingerprint()
		for i := range s.minutes {
			d += s.minutes[i].mix(s.id)
		}
	}
	return d
}
