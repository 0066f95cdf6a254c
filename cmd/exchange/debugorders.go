package main

import (
	"fmt"
	"strconv"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// restingJSON is an open order with what stands in front of it.
type restingJSON struct {
	queuedJSON
	Symbol string `json:"symbol"`
	Side   string `json:"side"`
	Price  string `json:"price"`

	// Of print order only:
	Place  int    `json:"place,omitempty"`  // in the queue of its price, from 1
	Ahead  string `json:"ahead,omitempty"`  // the quantity in front of it there
	Better string `json:"better,omitempty"` // the quantity at better prices
}

// printOrder tells an open order.
func (d *debugger) printOrder(rest string) (finding, error) {
	id, err := strconv.ParseUint(rest, 10, 64)
	if err != nil {
		return finding{}, fmt.Errorf("%q is not the number of an order", rest)
	}
	e := d.line.Engine()
	o, ok := e.Order(msg.OrderID(id))
	if x, arrives := e.Arriving(); arrives && x.ID == msg.OrderID(id) {
		m, _ := marketOf(e, x.Symbol)
		text := fmt.Sprintf("order %d arrives: %v %s %s, open %s; it does not rest yet\n", id, x.Side, m.qty.text(int64(x.Qty)), m.Spec.Name, m.qty.text(int64(x.Open)))
		return finding{text, map[string]any{"order": id, "arrives": true, "open": m.qty.text(int64(x.Open))}}, nil
	}
	if !ok {
		return finding{fmt.Sprintf("order %d is not open here\n", id), map[string]any{"order": id, "rests": false}}, nil
	}
	m, _ := marketOf(e, o.Symbol)
	r := restingJSON{
		queuedJSON: d.queued(&m, &o), Symbol: m.Spec.Name.String(), Side: o.Side.String(), Price: m.price.text(int64(o.Price)), Place: 1,
	}
	ahead, better := msg.Qty(0), msg.Qty(0)
	e.EachOrder(o.Symbol, o.Side, func(x engine.Order) bool {
		switch {
		case x.ID == o.ID:
			return false
		case x.Price == o.Price:
			ahead += x.Open
			r.Place++
		default:
			better += x.Open
		}
		return true
	})
	r.Ahead, r.Better = m.qty.text(int64(ahead)), m.qty.text(int64(better))
	text := fmt.Sprintf("order %d of account %d: %s %s of %s at %s, %s open, %s old\nplace %d in its queue, %s ahead of it there, %s at better prices\n",
		o.ID, o.Account, r.Side, r.Quantity, r.Symbol, r.Price, r.Open, ageText(r.Age), r.Place, r.Ahead, r.Better)
	return finding{text, r}, nil
}

// orderRows returns the open orders of a market that are wanted, as rows and as JSON.
func (d *debugger) orderRows(m *market, wanted func(*engine.Order) bool) (rows []string, list []restingJSON) {
	for _, side := range []msg.Side{msg.Buy, msg.Sell} {
		d.line.Engine().EachOrder(m.id, side, func(o engine.Order) bool {
			if !wanted(&o) {
				return true
			}
			r := restingJSON{queuedJSON: d.queued(m, &o), Symbol: m.Spec.Name.String(), Side: o.Side.String(), Price: m.price.text(int64(o.Price))}
			list = append(list, r)
			rows = append(rows, fmt.Sprintf("%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s", r.Order, r.Account, r.Symbol, r.Side, r.Price, r.Quantity, r.Open, ageText(r.Age), r.Name))
			return true
		})
	}
	return rows, list
}

const orderHead = "ORDER\tACCOUNT\tSYMBOL\tSIDE\tPRICE\tQUANTITY\tOPEN\tAGE\tNAME"

func (d *debugger) printOrders(rest string) (finding, error) {
	if err := nothingMore(rest); err != nil {
		return finding{}, err
	}
	m, err := d.market()
	if err != nil {
		return finding{}, err
	}
	rows, list := d.orderRows(&m, func(*engine.Order) bool { return true })
	if len(rows) == 0 {
		return finding{fmt.Sprintf("no open orders in %v\n", m.Spec.Name), []restingJSON{}}, nil
	}
	return finding{columns(append([]string{orderHead}, rows...)), list}, nil
}

// accountJSON is an account with what it has.
type accountJSON struct {
	Account  msg.AccountID          `json:"account"`
	Status   string                 `json:"status"`
	Maker    string                 `json:"maker,omitempty"`
	Taker    string                 `json:"taker,omitempty"`
	Balances map[string]balanceJSON `json:"balances"`
	Orders   []restingJSON          `json:"orders"`
}

func (d *debugger) printAccount(rest string) (finding, error) {
	n, err := strconv.ParseUint(rest, 10, 32)
	if err != nil {
		return finding{}, fmt.Errorf("%q is not the number of an account", rest)
	}
	e, id := d.line.Engine(), msg.AccountID(n)
	x, ok := e.Account(id)
	if !ok {
		return finding{}, fmt.Errorf("there is no account %d after command %d", n, e.Seq())
	}
	a := accountJSON{Account: id, Status: x.Status.String(), Maker: rateText(x.Maker), Taker: rateText(x.Taker), Balances: map[string]balanceJSON{}, Orders: []restingJSON{}}
	s := state{Engine: e}
	rows := []string{"ASSET\tFREE\tLOCKED"}
	s.eachBalance(func(of msg.AccountID, asset, free, locked string) {
		if of == id {
			a.Balances[asset] = balanceJSON{free, locked}
			rows = append(rows, fmt.Sprintf("%s\t%s\t%s", asset, free, locked))
		}
	})
	text := fmt.Sprintf("account %s, %s", accountName(id), a.Status)
	if a.Maker != "" || a.Taker != "" {
		text += fmt.Sprintf(", maker rate %s, taker rate %s", a.Maker, a.Taker)
	}
	text += "\n" + columns(rows)
	orders := []string{orderHead}
	for symbol := msg.SymbolID(1); int(symbol) <= e.Symbols(); symbol++ {
		m, _ := marketOf(e, symbol)
		more, list := d.orderRows(&m, func(o *engine.Order) bool { return o.Account == id })
		orders, a.Orders = append(orders, more...), append(a.Orders, list...)
	}
	if len(orders) > 1 {
		text += columns(orders)
	}
	return finding{text, a}, nil
}

// rateText writes a rate of an account's own, or nothing.
func rateText(r msg.Rate) string {
	const rateScale = 8
	if r == msg.NoRate {
		return ""
	}
	return msg.FormatDecimal(int64(r), rateScale)
}

func (d *debugger) printBalances(rest string) (finding, error) {
	if err := nothingMore(rest); err != nil {
		return finding{}, err
	}
	s := state{Engine: d.line.Engine()}
	all, rows := map[string]map[string]balanceJSON{}, []string{"ACCOUNT\tASSET\tFREE\tLOCKED"}
	s.eachBalance(func(account msg.AccountID, asset, free, locked string) {
		key := fmt.Sprint(account)
		if all[key] == nil {
			all[key] = map[string]balanceJSON{}
		}
		all[key][asset] = balanceJSON{free, locked}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s", accountName(account), asset, free, locked))
	})
	if len(rows) == 1 {
		return finding{"no balances\n", all}, nil
	}
	return finding{columns(rows), all}, nil
}
