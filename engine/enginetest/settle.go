package enginetest

import (
	"math/big"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// hold is what an order keeps locked for q open lots, and of which asset. A
// market buy keeps nothing.
func (o *order) hold(q msg.Qty) (msg.AssetID, *big.Int) {
	m := o.market
	switch {
	case o.Side == msg.Sell:
		return m.spec.Base, m.volume(q)
	case o.typ == msg.Market:
		return m.spec.Quote, new(big.Int)
	default:
		return m.spec.Quote, m.worth(o.Price, q)
	}
}

// canPay makes the balance check of a new order.
func (n *Naive) canPay(o *order) bool {
	if o.market.spec.Accounting != msg.Balances {
		return true
	}
	asset, need := o.hold(o.Qty)
	if o.typ == msg.Market && o.Side == msg.Buy {
		need = o.market.walk(o).cost
	}
	return n.account(o.Account).of(asset).free.Cmp(need) >= 0
}

// lock moves what an order holds from free to locked.
func (n *Naive) lock(o *order) {
	if o.market.spec.Accounting == msg.Balances {
		asset, amount := o.hold(o.Open)
		b := n.account(o.Account).of(asset)
		b.free.Sub(b.free, amount)
		b.locked.Add(b.locked, amount)
	}
}

// release frees what an order holds for q of its lots.
func (n *Naive) release(o *order, q msg.Qty) {
	if o.market.spec.Accounting == msg.Balances {
		asset, amount := o.hold(q)
		b := n.account(o.Account).of(asset)
		b.locked.Sub(b.locked, amount)
		b.free.Add(b.free, amount)
	}
}

// trade lets q lots change hands at price p.
func (n *Naive) trade(maker, taker *order, p msg.Price, q msg.Qty) {
	m := maker.market
	m.trades++
	m.reports += 2
	n.emit(msg.Event{Kind: msg.Traded, Order: maker.ID, Taker: taker.ID, Trade: m.trades, Price: p, Qty: q})
	m.last = p
	m.count(n.time, p, q)
	if m.spec.Accounting == msg.Balances {
		n.settle(maker, taker, p, q)
	}
	maker.Traded, taker.Traded = true, true
	m.take(maker, q)
	m.take(taker, q)
}

// settle moves the money of a trade: both sides get back what they held for
// these lots, pay from it, and receive less the fee.
func (n *Naive) settle(maker, taker *order, p msg.Price, q msg.Qty) {
	m := maker.market
	n.release(maker, q)
	n.release(taker, q)
	volume, worth := m.volume(q), m.worth(p, q)
	if maker.Side == msg.Sell {
		n.pay(maker, m.spec.Base, volume, taker, n.rate(taker, false))
		n.pay(taker, m.spec.Quote, worth, maker, n.rate(maker, true))
	} else {
		n.pay(maker, m.spec.Quote, worth, taker, n.rate(taker, false))
		n.pay(taker, m.spec.Base, volume, maker, n.rate(maker, true))
	}
}

// pay moves an amount from one order's account to the other's, less the
// receiver's fee.
func (n *Naive) pay(from *order, asset msg.AssetID, amount *big.Int, to *order, rate msg.Rate) {
	fee := fee(amount, rate)
	payer, receiver := n.account(from.Account).of(asset), n.account(to.Account).of(asset)
	payer.free.Sub(payer.free, amount)
	receiver.free.Add(receiver.free, amount)
	receiver.free.Sub(receiver.free, fee)
	fees := n.account(msg.FeeAccount).of(asset)
	fees.free.Add(fees.free, fee)
}

// fee is amount × rate, rounded half up.
func fee(amount *big.Int, rate msg.Rate) *big.Int {
	f := new(big.Int).Mul(amount, big.NewInt(int64(rate)))
	f.Add(f, big.NewInt(int64(msg.RateUnit)/2))
	return f.Div(f, big.NewInt(int64(msg.RateUnit)))
}

// rate is what an order's account pays: its own rate, else the symbol's.
func (n *Naive) rate(o *order, maker bool) msg.Rate {
	a, s := n.account(o.Account), &o.market.spec
	own, common := a.Taker, s.Taker
	if maker {
		own, common = a.Maker, s.Maker
	}
	if own != msg.NoRate {
		return own
	}
	return common
}
