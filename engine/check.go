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
	if err == nil && digest != e.digest {
		err = fmt.Errorf("digest %016x, from scratch %016x", e.digest, digest)
	}
	return err
}

// sweeping is what a sweep counts in the books.
type sweeping struct {
	open   int
	locked []msg.Amount // by slot of the balance: what the orders can cost
	digest uint64       // of the orders
}

// sweep checks all but the digest, which it returns.
func (e *Engine) sweep() (digest uint64, err error) {
	w := sweeping{locked: make([]msg.Amount, len(e.balances.pool))}
	for _, s := range e.symbols {
		if s.phase == msg.Trading && e.crossed(s) {
			return 0, fmt.Errorf("symbol %d: best bid %d meets best ask %d in trading", s.id,
				e.pool.levels[s.sides[msg.Buy].best].price, e.pool.levels[s.sides[msg.Sell].best].price)
		}
		for i := range s.sides {
			if err := e.checkSide(s, &s.sides[i], &w); err != nil {
				return 0, fmt.Errorf("symbol %d: %w", s.id, err)
			}
		}
	}
	if w.open != e.orders.open {
		return 0, fmt.Errorf("%d orders are in the books, %d are open", w.open, e.orders.open)
	}
	if err := e.checkPositions(); err != nil {
		return 0, err
	}
	if err := e.checkBalances(w.locked); err != nil {
		return 0, err
	}
	return e.mixRest() + w.digest, nil
}

func (e *Engine) checkSide(s *symbol, l *ladder, w *sweeping) error {
	levels, total := 0, msg.Qty(0)
	last := uint32(0)
	for i := l.best; i != 0; i = l.worse(&e.pool, i) {
		v := &e.pool.levels[i]
		if last != 0 && !l.better(e.pool.levels[last].price, v.price) {
			return fmt.Errorf("%v level %d stands behind %d", l.side, v.price, e.pool.levels[last].price)
		}
		if found := l.find(&e.pool, v.price); found != i {
			return fmt.Errorf("%v level %d is in slot %d, found in %d", l.side, v.price, i, found)
		}
		if err := e.checkLevel(s, l, i, w); err != nil {
			return fmt.Errorf("%v level %d: %w", l.side, v.price, err)
		}
		total += v.qty
		levels++
		last = i
	}
	if levels != l.levels || total != l.total {
		return fmt.Errorf("%v side has %d levels and %d lots, counted %d and %d", l.side, l.levels, l.total, levels, total)
	}
	if n := e.countLevels(l.root, int(l.stages)); n != levels {
		return fmt.Errorf("%v ladder holds %d levels, %d are linked", l.side, n, levels)
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

func (e *Engine) checkLevel(s *symbol, l *ladder, i uint32, w *sweeping) error {
	v := &e.pool.levels[i]
	count, qty, queue := 0, msg.Qty(0), uint64(0)
	for j := v.head; j != 0; j = e.orders.pool[j].next {
		o := &e.orders.pool[j]
		p := &e.positions.pool[o.pos]
		hash := e.nameMix(j)
		switch {
		case o.level != i || o.side != l.side || p.symbol != s.id:
			return fmt.Errorf("order %d is of level slot %d, side %v, symbol %d", o.id, o.level, o.side, p.symbol)
		case o.queue <= queue || o.queue > s.queue:
			return fmt.Errorf("order %d has queue number %d behind %d, of %d", o.id, o.queue, queue, s.queue)
		case o.open <= 0 || o.open > o.qty || o.traded > 1 || o.traded == 1 && o.open == o.qty:
			return fmt.Errorf("order %d has %d open of %d, traded: %d", o.id, o.open, o.qty, o.traded)
		case e.orders.slot(o.id) != j:
			return fmt.Errorf("order %d is in slot %d, found in %d", o.id, j, e.orders.slot(o.id))
		case o.named && e.orderHashed(hash, p.account, &e.orders.names[j]) != j:
			return fmt.Errorf("order %d is not found by its name %s", o.id, e.orders.names[j])
		}
		if s.Accounting == msg.Balances {
			at, cost := p.base, s.amount(o.open)
			if l.side == msg.Buy {
				at, cost = p.quote, s.value(v.price, o.open)
			}
			if cost > msg.MaxAmount-w.locked[at] {
				return fmt.Errorf("order %d can cost %d, with the account's others more than fits", o.id, cost)
			}
			w.locked[at] += cost
		}
		w.digest += e.orderMixNamed(j, hash)
		queue = o.queue
		qty += o.open
		count++
	}
	if count == 0 || count != int(v.count) || qty != v.qty {
		return fmt.Errorf("%d orders with %d lots, counted %d with %d", v.count, v.qty, count, qty)
	}
	w.open += count
	return nil
}

func (e *Engine) checkPositions() error {
	sum, names := 0, 0
	for i := 1; i < len(e.positions.pool); i++ {
		p := &e.positions.pool[i]
		n, bids, queue := uint32(0), msg.Qty(0), uint64(0)
		for j := p.oldest; j != 0; j = e.orders.pool[j].newer {
			o := &e.orders.pool[j]
			if o.pos != uint32(i) || o.queue <= queue {
				return fmt.Errorf("account %d, symbol %d: order %d stands behind queue number %d", p.account, p.symbol, o.id, queue)
			}
			queue = o.queue
			n++
			if o.side == msg.Buy {
				bids += o.open
			}
			if o.named {
				names++
			}
		}
		if n != p.open {
			return fmt.Errorf("account %d, symbol %d: %d open orders, counted %d", p.account, p.symbol, p.open, n)
		}
		if bids != p.bids {
			return fmt.Errorf("account %d, symbol %d: %d lots to buy, counted %d", p.account, p.symbol, p.bids, bids)
		}
		sum += int(n)
	}
	if sum != e.orders.open || names != e.orders.named.used {
		return fmt.Errorf("positions hold %d orders and %d names, open are %d and %d", sum, names, e.orders.open, e.orders.named.used)
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
