package marketview_test

import (
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"

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
	amended map[msg.AccountID][]marketview.Amendment
	kept    map[msg.AccountID][]marketview.Prevention
	reports map[msg.SymbolID]uint64       // execution ids given
	rates   map[msg.AccountID][2]msg.Rate // maker and taker, of those that ever had their own
	moved   map[msg.AccountID]int64       // when a balance moved last
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
		amended: make(map[msg.AccountID][]marketview.Amendment), kept: make(map[msg.AccountID][]marketview.Prevention),
		reports: make(map[msg.SymbolID]uint64), rates: make(map[msg.AccountID][2]msg.Rate),
		moved: make(map[msg.AccountID]int64),
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
	for i := range events {
		l.event(c, events[:i+1])
	}
}

// event applies the last of a transaction's events up to now.
func (l *ledger) event(c *msg.Command, events []msg.Event) {
	i := len(events) - 1
	e := events[i]
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
		l.reports[c.Symbol]++
		l.orders[e.Order] = &marketview.Order{
			ID: e.Order, Account: c.Account, Symbol: c.Symbol, Side: c.Side, Type: c.Type, TIF: c.TIF, STP: c.STP,
			Name: c.Name, Price: c.Price, Qty: max(c.Qty, e.Qty), Quote: c.Quote, Time: c.Time, Updated: c.Time, Working: c.Time,
			Strategy: c.Strategy,
		}
		l.locks(c, e.Order)
	case msg.Traded:
		l.traded(c, &e)
	case msg.Prevented:
		l.prevented(c, &e)
		for id, q := range map[msg.OrderID]msg.Qty{e.Order: e.Qty, e.Taker: e.TakerQty} {
			if q > 0 {
				l.locks(c, id)
			}
		}
		l.lower(c, e.Order, 0, e.Qty, 0)
		l.lower(c, e.Taker, 0, e.TakerQty, 0)
	case msg.Canceled:
		l.reports[c.Symbol]++
		l.locks(c, e.Order)
		l.close(c, e.Order, marketview.StatusCanceled)
	case msg.Expired:
		l.reports[c.Symbol]++
		l.orders[e.Order].Reason = e.Reason
		l.locks(c, e.Order)
		l.close(c, e.Order, marketview.StatusExpired)
	case msg.Amended:
		l.reports[c.Symbol]++
		l.locks(c, e.Order)
		o := l.orders[e.Order]
		was := *o
		o.Qty, o.Updated = c.Qty, c.Time
		if !c.Name.IsZero() {
			o.Name = c.Name
		}
		l.amended[o.Account] = append(l.amended[o.Account], marketview.Amendment{
			Symbol: o.Symbol, Order: o.ID, ExecutionID: l.reports[c.Symbol], OrigName: was.Name, NewName: o.Name,
			OrigQty: was.Qty, NewQty: o.Qty, Time: c.Time,
		})
	case msg.Adjusted:
		l.moved[c.Account] = c.Time
	case msg.Rejected:
		if i > 0 && events[i-1].Kind == msg.Canceled {
			l.reports[c.Symbol]++
		}
	default: // changes no row
	}
}

// locks notes that an order locks something, or frees it.
func (l *ledger) locks(c *msg.Command, id msg.OrderID) {
	o := l.orders[id]
	if l.symbols[c.Symbol-1].Accounting == msg.Balances && (o.Type != msg.Market || o.Side == msg.Sell) {
		l.moved[o.Account] = c.Time
	}
}

// prevented writes down a trade that did not take place.
func (l *ledger) prevented(c *msg.Command, e *msg.Event) {
	taker := l.orders[e.Taker]
	l.kept[taker.Account] = append(l.kept[taker.Account], marketview.Prevention{
		Symbol: c.Symbol, ID: l.reports[c.Symbol] + 1, Taker: e.Taker, Maker: e.Order, Mode: taker.STP,
		Price: e.Price, TakerQty: e.TakerQty, MakerQty: e.Qty, Time: c.Time,
	})
	for _, q := range []msg.Qty{e.Qty, e.TakerQty} {
		if q != 0 {
			l.reports[c.Symbol]++
		}
	}
}

func (l *ledger) traded(c *msg.Command, e *msg.Event) {
	l.reports[c.Symbol] += 2
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
		l.moved[o.Account] = c.Time
		if f.Fee > 0 {
			l.moved[msg.FeeAccount] = c.Time
		}
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

// histories compares the amendments and preventions kept of an account.
func (l *ledger) histories(v *marketview.Views, a msg.AccountID) error {
	amended, prevented := l.amended[a], l.kept[a]
	amended = amended[max(len(amended)-l.limits.Amendments, 0):]
	prevented = prevented[max(len(prevented)-l.limits.Preventions, 0):]
	for i := range l.symbols {
		sym := msg.SymbolID(i + 1)
		mine := slices.DeleteFunc(slices.Clone(prevented), func(p marketview.Prevention) bool { return p.Symbol != sym })
		if got := v.Preventions(a, marketview.PreventionQuery{Symbol: sym, Limit: 100}, nil); !slices.Equal(got, mine) {
			return fmt.Errorf("preventions of account %d in symbol %d (-got +want):\n%s", a, sym, cmp.Diff(got, mine))
		}
	}
	orders := make(map[msg.OrderID][]marketview.Amendment)
	for _, r := range amended {
		orders[r.Order] = append(orders[r.Order], r)
	}
	for id, want := range orders {
		if got := v.Amendments(a, marketview.AmendmentQuery{Symbol: want[0].Symbol, Order: id, Limit: 100}, nil); !slices.Equal(got, want) {
			return fmt.Errorf("amendments of order %d of account %d (-got +want):\n%s", id, a, cmp.Diff(got, want))
		}
	}
	return nil
}

// newest returns the trades kept of a symbol.
func (l *ledger) newest(sym msg.SymbolID) []marketview.Trade {
	all := l.trades[sym]
	return all[max(len(all)-l.limits.Trades, 0):]
}
