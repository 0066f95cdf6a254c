package marketview_test

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// ledger keeps rows of orders and trades as plainly as possible: every order in
// one map, every transaction for good.
type ledger struct {
	limits  marketview.Limits
	history []transaction
	orders  map[msg.OrderID]*marketview.Order
	closed  map[msg.AccountID][]msg.OrderID // in the order of closing
	trades  map[msg.SymbolID][]marketview.Trade
	takers  map[msg.SymbolID][]taking // of the trades
	fills   map[msg.AccountID][]marketview.OwnFill
	rates   map[msg.AccountID][2]msg.Rate // maker and taker, of those that ever had their own
	symbols []msg.Symbol
	scales  []uint8
}

// taking says who took in which transaction.
type taking struct {
	order msg.OrderID
	seq   msg.Seq
}

type transaction struct {
	command msg.Command
	events  []msg.Event
}

func newLedger(l marketview.Limits) *ledger {
	return &ledger{
		limits: l, orders: make(map[msg.OrderID]*marketview.Order),
		closed: make(map[msg.AccountID][]msg.OrderID), trades: make(map[msg.SymbolID][]marketview.Trade),
		takers: make(map[msg.SymbolID][]taking), fills: make(map[msg.AccountID][]marketview.OwnFill),
		rates: make(map[msg.AccountID][2]msg.Rate),
	}
}

// replay folds all transactions into v.
func (l *ledger) replay(v *marketview.Views) {
	for i := range l.history {
		v.Apply(&l.history[i].command, l.history[i].events)
	}
}

func (l *ledger) apply(c *msg.Command, events []msg.Event) {
	l.history = append(l.history, transaction{*c, slices.Clone(events)})
	for _, e := range events {
		switch e.Kind {
		case msg.AssetAdded:
			l.scales = append(l.scales, c.Scale)
		case msg.SymbolAdded:
			l.symbols = append(l.symbols, *c.Spec)
		case msg.SymbolChanged:
			l.symbols[c.Symbol-1] = *c.Spec
		case msg.AccountChanged:
			if c.Kind == msg.SetFees {
				l.rates[c.Account] = [2]msg.Rate{c.Maker, c.Taker}
			}
		case msg.Accepted:
			l.orders[e.Order] = &marketview.Order{
				ID: e.Order, Account: c.Account, Symbol: c.Symbol, Side: c.Side, Type: c.Type, TIF: c.TIF, STP: c.STP,
				Name: c.Name, Price: c.Price, Qty: max(c.Qty, e.Qty), Quote: c.Quote, Time: c.Time, Updated: c.Time, Working: c.Time,
			}
		case msg.Traded:
			l.traded(c, &e)
		case msg.Prevented:
			l.lower(c, e.Order, 0, e.Qty, 0)
			l.lower(c, e.Taker, 0, e.TakerQty, 0)
		case msg.Canceled:
			l.close(c, e.Order, marketview.StatusCanceled)
		case msg.Expired:
			l.orders[e.Order].Reason = e.Reason
			l.close(c, e.Order, marketview.StatusExpired)
		case msg.Amended:
			o := l.orders[e.Order]
			o.Qty, o.Updated = c.Qty, c.Time
			if !c.Name.IsZero() {
				o.Name = c.Name
			}
		default: // changes no row
		}
	}
}

func (l *ledger) traded(c *msg.Command, e *msg.Event) {
	spec := &l.symbols[c.Symbol-1]
	unit, _ := spec.Unit(l.scales[spec.Base-1])
	quote := msg.Amount(e.Price) * msg.Amount(e.Qty) * unit
	l.trades[c.Symbol] = append(l.trades[c.Symbol], marketview.Trade{
		ID: e.Trade, Price: e.Price, Qty: e.Qty, Quote: quote, Time: c.Time, BuyerMaker: l.orders[e.Order].Side == msg.Buy,
	})
	l.takers[c.Symbol] = append(l.takers[c.Symbol], taking{e.Taker, c.Seq})
	buyer, seller := l.orders[e.Order], l.orders[e.Taker]
	if buyer.Side == msg.Sell {
		buyer, seller = seller, buyer
	}
	for _, o := range []*marketview.Order{buyer, seller} {
		l.filled(c, e, o, quote)
	}
	l.lower(c, e.Order, e.Qty, 0, quote)
	l.lower(c, e.Taker, e.Qty, 0, quote)
}

// filled writes a trade down for one of its parties.
func (l *ledger) filled(c *msg.Command, e *msg.Event, o *marketview.Order, quote msg.Amount) {
	spec := &l.symbols[c.Symbol-1]
	f := marketview.OwnFill{
		Symbol: c.Symbol, Trade: e.Trade, Order: o.ID, Price: e.Price, Qty: e.Qty, Quote: quote,
		FeeAsset: spec.Quote, Time: c.Time, Buyer: o.Side == msg.Buy, Maker: o.ID == e.Order,
	}
	got, rates := quote, [2]msg.Rate{spec.Maker, spec.Taker}
	if f.Buyer {
		got, f.FeeAsset = msg.Amount(e.Qty)*spec.Lot, spec.Base
	}
	role := 0
	if !f.Maker {
		role = 1
	}
	if own, ok := l.rates[o.Account]; ok && own[role] != msg.NoRate {
		rates = own
	}
	if spec.Accounting == msg.Balances {
		f.Fee = msg.Fee(got, rates[role])
	}
	l.fills[o.Account] = append(l.fills[o.Account], f)
}

// lower takes traded and prevented lots off an order.
func (l *ledger) lower(c *msg.Command, id msg.OrderID, traded, prevented msg.Qty, quote msg.Amount) {
	if traded+prevented == 0 {
		return
	}
	o := l.orders[id]
	o.Executed += traded
	o.Prevented += prevented
	o.Updated = c.Time
	if o.Spent += quote; o.Spent < 0 {
		o.Spent = msg.MaxAmount
	}
	switch {
	case o.Open() == 0 && traded > 0:
		l.close(c, id, marketview.StatusFilled)
	case o.Open() == 0:
		l.close(c, id, marketview.StatusExpiredInMatch)
	case traded > 0:
		o.Status = marketview.StatusPartiallyFilled
	}
}

func (l *ledger) close(c *msg.Command, id msg.OrderID, s marketview.OrderStatus) {
	o := l.orders[id]
	o.Status, o.Updated = s, c.Time
	l.closed[o.Account] = append(l.closed[o.Account], id)
	list := l.closed[o.Account]
	if cut := len(list) - l.limits.ClosedOrders; cut > 0 {
		for _, old := range list[:cut] {
			delete(l.orders, old)
		}
		l.closed[o.Account] = list[cut:]
	}
}

// rows returns the orders kept of an account in a symbol, by id.
func (l *ledger) rows(a msg.AccountID, sym msg.SymbolID) []marketview.Order {
	var rows []marketview.Order
	for _, o := range l.orders {
		if o.Account == a && o.Symbol == sym {
			rows = append(rows, *o)
		}
	}
	slices.SortFunc(rows, func(a, b marketview.Order) int { return int(a.ID) - int(b.ID) })
	return rows
}

// named returns the orders of an account by the names under which they are
// found: closed ones first, so that later and open ones take their place.
func (l *ledger) named(a msg.AccountID) map[msg.Name]marketview.Order {
	names := make(map[msg.Name]marketview.Order)
	for _, id := range l.closed[a] {
		names[l.orders[id].Name] = *l.orders[id]
	}
	for _, o := range l.orders {
		if o.Account == a && o.IsOpen() {
			names[o.Name] = *o
		}
	}
	delete(names, msg.Name{})
	return names
}

// aggs returns the aggregate trades kept of a symbol.
func (l *ledger) aggs(sym msg.SymbolID) []marketview.AggTrade {
	var all []marketview.AggTrade
	takers := l.takers[sym]
	for i, t := range l.trades[sym] {
		if i > 0 && takers[i] == takers[i-1] && t.Price == all[len(all)-1].Price {
			a := &all[len(all)-1]
			a.Qty += t.Qty
			a.Last = t.ID
			continue
		}
		all = append(all, marketview.AggTrade{
			ID: uint64(len(all) + 1), Price: t.Price, Qty: t.Qty, First: t.ID, Last: t.ID, Time: t.Time, BuyerMaker: t.BuyerMaker,
		})
	}
	return all[max(len(all)-l.limits.AggTrades, 0):]
}

// own returns the fills kept of an account.
func (l *ledger) own(a msg.AccountID) []marketview.OwnFill {
	all := l.fills[a]
	return all[max(len(all)-l.limits.Fills, 0):]
}

// newest returns the trades kept of a symbol.
func (l *ledger) newest(sym msg.SymbolID) []marketview.Trade {
	all := l.trades[sym]
	return all[max(len(all)-l.limits.Trades, 0):]
}
