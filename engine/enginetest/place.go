package enginetest

import (
	"math"
	"math/big"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

func (n *Naive) place(c *msg.Command) msg.Reason {
	if reason := n.checkOrder(c); reason != msg.NoReason {
		return reason
	}
	return n.enter(c)
}

// checkOrder makes checks 1 to 7 of a new order.
func (n *Naive) checkOrder(c *msg.Command) msg.Reason {
	m := n.market(c.Symbol)
	if m == nil {
		return msg.UnknownSymbol
	}
	if reason := checkForm(c); reason != msg.NoReason {
		return reason
	}
	if reason := n.checkAccount(m, c.Account); reason != msg.NoReason {
		return reason
	}
	switch m.phase {
	case msg.Halt, msg.CancelOnly:
		return msg.MarketClosed
	case msg.Auction:
		if c.Type != msg.Limit || c.TIF != msg.GTC {
			return msg.MarketClosed
		}
	default:
	}
	if c.Type != msg.Market && !fits(m.worth(c.Price, c.Qty)) || !fits(m.volume(c.Qty)) {
		return msg.AmountOverflow
	}
	if reason := n.checkFilters(m, c); reason != msg.NoReason {
		return reason
	}
	if mayRest(c) && openQty(*m.side(c.Side)) > math.MaxInt64-c.Qty {
		return msg.AmountOverflow
	}
	return msg.NoReason
}

// mayRest reports whether an order can come to stand in the book.
func mayRest(c *msg.Command) bool { return c.Type != msg.Market && c.TIF == msg.GTC }

// checkForm checks what can be seen of an order by itself.
func checkForm(c *msg.Command) msg.Reason {
	byQty := c.Qty >= 1 && c.Qty <= msg.MaxQty && c.Quote == 0
	byQuote := c.Quote > 0 && c.Qty == 0
	switch {
	case c.Side > msg.Sell:
		return msg.InvalidSide
	case c.Type > msg.LimitMaker:
		return msg.InvalidType
	case c.TIF > msg.FOK || c.Type != msg.Limit && c.TIF != msg.GTC:
		return msg.InvalidTimeInForce
	case c.STP > msg.Decrement:
		return msg.InvalidPrevention
	case given(c.Name) && !legal(c.Name):
		return msg.InvalidName
	case c.Type == msg.Market && c.Price != 0:
		return msg.InvalidPrice
	case c.Type != msg.Market && (c.Price < 1 || c.Price > msg.MaxPrice):
		return msg.InvalidPrice
	case !byQty && (!byQuote || c.Type != msg.Market):
		return msg.InvalidQty
	case c.Kind == msg.CancelReplace && c.Mode > msg.AllowFailure:
		return msg.InvalidMode
	case c.Kind == msg.CancelReplace && c.Only > msg.OnlyPartiallyFilled:
		return msg.InvalidRestriction
	}
	return msg.NoReason
}

// checkAccount checks that an account may place and amend.
func (n *Naive) checkAccount(m *market, id msg.AccountID) msg.Reason {
	if reason := n.checkCanceler(m, id); reason != msg.NoReason {
		return reason
	}
	if m.spec.Accounting == msg.Balances && n.account(id).Status == msg.StatusCancelOnly {
		return msg.AccountNoOrders
	}
	return msg.NoReason
}

// checkCanceler checks that an account may cancel.
func (n *Naive) checkCanceler(m *market, id msg.AccountID) msg.Reason {
	if m.spec.Accounting != msg.Balances {
		if id > msg.MaxAccounts {
			return msg.UnknownAccount
		}
		return msg.NoReason
	}
	a := n.trader(id)
	if a == nil {
		return msg.UnknownAccount
	}
	if a.Status == msg.Disabled {
		return msg.AccountDisabled
	}
	return msg.NoReason
}

// checkFilters applies the symbol's filters. Sizes were checked before.
func (n *Naive) checkFilters(m *market, c *msg.Command) msg.Reason {
	f := &m.spec.Filters
	if c.Type != msg.Market && !inPrices(f, c.Price) {
		return msg.PriceFilter
	}
	if p, ok := m.reference(n.time); c.Type != msg.Market && ok && !inPercent(f, c.Side, c.Price, p) {
		return msg.PercentPrice
	}
	if c.Qty != 0 && !inLots(c.Qty, f.MinQty, f.MaxQty, f.StepQty) {
		return msg.LotSize
	}
	if c.Type == msg.Market && c.Qty != 0 && !inLots(c.Qty, f.MarketMinQty, f.MarketMaxQty, f.MarketStep) {
		return msg.MarketLotSize
	}
	if !n.notionalOK(m, c) {
		return msg.Notional
	}
	if mayRest(c) && f.MaxOrders != 0 && int64(m.openOrders(c.Account)) >= int64(f.MaxOrders) {
		return msg.MaxNumOrders
	}
	if c.Qty != 0 && !n.mayHold(m, c, c.Qty) {
		return msg.MaxPosition
	}
	return msg.NoReason
}

// mayHold applies MAX_POSITION to a new order of q lots.
func (n *Naive) mayHold(m *market, c *msg.Command, q msg.Qty) bool {
	most := m.spec.Filters.MaxPosition
	if most == 0 || c.Side != msg.Buy || m.spec.Accounting != msg.Balances {
		return true
	}
	sum := n.position(m, c.Account)
	return sum.Add(sum, m.volume(q)).Cmp(big.NewInt(int64(most))) <= 0
}

// position is what an account has of a symbol's base asset and what its open
// orders there may buy.
func (n *Naive) position(m *market, a msg.AccountID) *big.Int {
	b := n.account(a).of(m.spec.Base)
	sum := new(big.Int).Add(b.free, b.locked)
	for _, o := range m.bids {
		if o.Account == a {
			sum.Add(sum, m.volume(o.Open))
		}
	}
	return sum
}

func (n *Naive) notionalOK(m *market, c *msg.Command) bool {
	f := &m.spec.Filters
	switch {
	case c.Type != msg.Market:
		return inNotional(f, m.worth(c.Price, c.Qty), true, true)
	case c.Quote != 0:
		return inNotional(f, big.NewInt(int64(c.Quote)), f.MinToMarket, f.MaxToMarket)
	}
	p, ok := m.reference(n.time)
	if !ok {
		return true
	}
	worth := m.worth(p, c.Qty)
	return !fits(worth) || inNotional(f, worth, f.MinToMarket, f.MaxToMarket)
}

// enter makes checks 8 to 11 of a new order, and then it is in.
func (n *Naive) enter(c *msg.Command) msg.Reason {
	m := n.market(c.Symbol)
	o := &order{
		Order: Order{
			ID: msg.OrderID(c.Seq), Account: c.Account, Side: c.Side, Price: c.Price, Qty: c.Qty, Open: c.Qty, Name: c.Name,
		},
		market: m, typ: c.Type, stp: c.STP,
	}
	determined := msg.Qty(0)
	if c.Quote != 0 {
		determined = m.walkQuote(o, c.Quote)
		if determined == 0 {
			return msg.NoLiquidity
		}
		if determined > msg.MaxQty {
			return msg.AmountOverflow
		}
		if !n.mayHold(m, c, determined) {
			return msg.MaxPosition
		}
		o.Qty, o.Open = determined, determined
	}
	if !n.canPay(o) {
		return msg.InsufficientBalance
	}
	if !o.Name.IsZero() && n.byName(o.Account, o.Name) != nil {
		return msg.DuplicateName
	}
	if other := *m.side(o.Side.Opposite()); o.typ == msg.LimitMaker && len(other) > 0 && o.within(other[0].Price) {
		return msg.WouldTake
	}

	// From here the order is in.
	m.reports++
	n.emit(msg.Event{Kind: msg.Accepted, Order: o.ID, Qty: determined})
	n.lock(o)
	switch {
	case m.phase == msg.Auction:
		m.rest(o)
	case c.TIF == msg.FOK && m.walk(o).traded != o.Qty:
		n.expire(o, msg.UnfilledFOK)
	default:
		n.match(o)
		n.leave(o, c.TIF)
	}
	return msg.NoReason
}

// leave does with the rest of an order what its type asks for.
func (n *Naive) leave(o *order, tif msg.TimeInForce) {
	switch {
	case o.Open == 0:
	case o.typ == msg.Market:
		n.expire(o, msg.OutOfMakers)
	case tif == msg.IOC:
		n.expire(o, msg.RestOfIOC)
	default:
		o.market.rest(o)
	}
}

func (n *Naive) expire(o *order, why msg.Reason) {
	o.market.reports++
	n.emit(msg.Event{Kind: msg.Expired, Order: o.ID, Reason: why})
	n.release(o, o.Open)
	o.Open = 0
}

// match lets an arriving order trade with the best opposite orders.
func (n *Naive) match(o *order) {
	m := o.market
	other := m.side(o.Side.Opposite())
	for o.Open > 0 && len(*other) > 0 && o.within((*other)[0].Price) {
		maker := (*other)[0]
		if maker.Account == o.Account && o.stp != msg.NoPrevention {
			n.prevent(maker, o)
			continue
		}
		n.trade(maker, o, maker.Price, min(maker.Open, o.Open))
	}
}

// prevent keeps an order from trading with one of its own account.
func (n *Naive) prevent(maker, taker *order) {
	m := maker.market
	off := msg.Event{Kind: msg.Prevented, Order: maker.ID, Taker: taker.ID, Price: maker.Price}
	switch taker.stp {
	case msg.ExpireTaker:
		off.TakerQty = taker.Open
	case msg.ExpireMaker:
		off.Qty = maker.Open
	case msg.ExpireBoth:
		off.Qty, off.TakerQty = maker.Open, taker.Open
	default: // decrement
		off.Qty = min(maker.Open, taker.Open)
		off.TakerQty = off.Qty
	}
	n.emit(off)
	if off.Qty > 0 {
		m.reports++
		n.release(maker, off.Qty)
		m.take(maker, off.Qty)
	}
	if off.TakerQty > 0 {
		m.reports++
		n.release(taker, off.TakerQty)
		m.take(taker, off.TakerQty)
	}
}
