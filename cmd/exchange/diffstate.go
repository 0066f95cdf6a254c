package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// stateChange is one field in which two states differ.
type stateChange struct {
	Of    string `json:"of"` // order 12, balance of account 3 in USDT, symbol BTCUSDT
	Field string `json:"field"`
	A     string `json:"a"`
	B     string `json:"b"`
}

// absent stands for what one side does not have.
const absent = "none"

// changesTold is how many fields of two states are told; the rest is counted.
const changesTold = 100

// stateDiff gathers the fields in which two states differ.
type stateDiff struct {
	a, b    *side
	changes []stateChange
	more    int
}

// state compares the two states field by field. What cannot be read is told as such
// when nothing that can be read differs.
func (k *comparison) state() (changes []stateChange, more int) {
	d := &stateDiff{a: k.a, b: k.b}
	d.accounts()
	for id := msg.SymbolID(1); int(id) <= max(d.a.engine.Symbols(), d.b.engine.Symbols()); id++ {
		d.symbol(id)
	}
	if len(d.changes) == 0 && k.digests && k.a.engine.Digest() != k.b.engine.Digest() {
		d.add("what cannot be read", "digest", hexDigest(k.a.engine.Digest()), hexDigest(k.b.engine.Digest()))
	}
	return d.changes, d.more
}

func (d *stateDiff) add(of, field, a, b string) {
	switch {
	case a == b:
	case len(d.changes) == changesTold:
		d.more++
	default:
		d.changes = append(d.changes, stateChange{of, field, a, b})
	}
}

// values adds what has a text of its own.
func (d *stateDiff) values(of, field string, a, b any) {
	if a != b {
		d.add(of, field, fmt.Sprint(a), fmt.Sprint(b))
	}
}

// accounts compares standings and balances.
func (d *stateDiff) accounts() {
	for a := range msg.AccountID(max(d.a.engine.Accounts(), d.b.engine.Accounts())) {
		of := "account " + accountName(a)
		x, okX := d.a.engine.Account(a)
		y, okY := d.b.engine.Account(a)
		if okX != okY {
			d.values(of, "there", okX, okY)
			continue
		}
		d.add(of, "status", x.Status.String(), y.Status.String())
		d.add(of, "maker", ownRate(x.Maker), ownRate(y.Maker))
		d.add(of, "taker", ownRate(x.Taker), ownRate(y.Taker))
		d.values(of, "transfer", x.Transfer, y.Transfer)
		for id := msg.AssetID(1); int(id) <= min(d.a.engine.Assets(), d.b.engine.Assets()); id++ {
			d.balance(of, a, id)
		}
	}
}

func (d *stateDiff) balance(of string, a msg.AccountID, id msg.AssetID) {
	freeA, lockedA := d.a.engine.Balance(a, id)
	freeB, lockedB := d.b.engine.Balance(a, id)
	if freeA == freeB && lockedA == lockedB {
		return
	}
	name, scale, _ := d.a.engine.Asset(id)
	d.add(of, name.String()+" free", msg.FormatDecimal(int64(freeA), scale), msg.FormatDecimal(int64(freeB), scale))
	d.add(of, name.String()+" locked", msg.FormatDecimal(int64(lockedA), scale), msg.FormatDecimal(int64(lockedB), scale))
}

// ownRate writes the rate of an account.
func ownRate(r msg.Rate) string {
	if r == msg.NoRate {
		return absent
	}
	return msg.FormatDecimal(int64(r), 8)
}

// symbol compares what stands about a symbol, its levels and its orders.
func (d *stateDiff) symbol(id msg.SymbolID) {
	a, okA := marketOf(d.a.engine, id)
	b, okB := marketOf(d.b.engine, id)
	of := fmt.Sprintf("symbol %v", a.Spec.Name)
	if okA != okB {
		d.values(fmt.Sprintf("symbol %d", id), "there", okA, okB)
		return
	}
	d.add(of, "phase", a.Phase.String(), b.Phase.String())
	d.add(of, "last price", a.price.text(int64(a.Last)), b.price.text(int64(b.Last)))
	d.values(of, "trades", a.Trade, b.Trade)
	d.values(of, "book update", a.Updates, b.Updates)
	d.values(of, "reports", a.Reports, b.Reports)
	d.description(of, &a, &b)
	for _, side := range []msg.Side{msg.Buy, msg.Sell} {
		d.levels(&a, &b, side)
		d.orders(&a, &b, side)
	}
}

// description compares what a symbol is like.
func (d *stateDiff) description(of string, a, b *market) {
	x, y := descriptionOf(a), descriptionOf(b)
	for _, f := range x {
		d.add(of, f.name, f.value, valueOf(y, f.name))
	}
	for _, f := range y {
		if valueOf(x, f.name) == absent {
			d.add(of, f.name, absent, f.value)
		}
	}
}

// descriptionOf returns the fields of a symbol's description, those with a zero left out.
func descriptionOf(m *market) (all fieldList) {
	var line transactionLine
	line.spec(&m.Spec)
	for word := range strings.FieldsSeq(string(line.buf)) {
		name, value, _ := strings.Cut(word, "=")
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			value = descriptionText(m, name, n)
		}
		all = append(all, field{name, value})
	}
	return all
}

// descriptionText writes a number of a description as a decimal where it is one.
func descriptionText(m *market, name string, n int64) string {
	switch name {
	case "maker", "taker", "bid_multiplier_up", "bid_multiplier_down", "ask_multiplier_up", "ask_multiplier_down":
		return msg.FormatDecimal(n, 8)
	case "tick", "min_notional", "max_notional":
		return msg.FormatDecimal(n, m.price.scale)
	case "lot", "max_position":
		return msg.FormatDecimal(n, m.qty.scale)
	case "min_price", "max_price":
		return m.price.text(n)
	case "min_qty", "max_qty", "step_qty", "market_min_qty", "market_max_qty", "market_step":
		return m.qty.text(n)
	}
	return strconv.FormatInt(n, 10)
}

func valueOf(l fieldList, name string) string {
	for _, f := range l {
		if f.name == name {
			return f.value
		}
	}
	return absent
}

// levels compares the prices of a side.
func (d *stateDiff) levels(a, b *market, side msg.Side) {
	of := func(price string) string { return fmt.Sprintf("level %s of %v %v", price, a.Spec.Name, side) }
	x, prices := levelsOf(d.a.engine, a, side)
	y, others := levelsOf(d.b.engine, b, side)
	for _, p := range others {
		if x[p] == (levelText{}) {
			prices = append(prices, p)
		}
	}
	for _, p := range prices {
		l, m := x[p], y[p]
		if l == m {
			continue
		}
		if l == (levelText{}) {
			l = levelText{absent, absent}
		}
		if m == (levelText{}) {
			m = levelText{absent, absent}
		}
		d.add(of(p), "quantity", l.qty, m.qty)
		d.add(of(p), "orders", l.orders, m.orders)
	}
}

type levelText struct{ qty, orders string }

func levelsOf(e *engine.Engine, m *market, side msg.Side) (all map[string]levelText, prices []string) {
	all = make(map[string]levelText)
	e.EachLevel(m.id, side, func(p msg.Price, qty msg.Qty, orders int) bool {
		price := m.price.text(int64(p))
		all[price] = levelText{m.qty.text(int64(qty)), strconv.Itoa(orders)}
		prices = append(prices, price)
		return true
	})
	return all, prices
}

// queuedOrder is an order with its place in the queue of its price, from 1.
type queuedOrder struct {
	engine.Order
	place int
}

// ordersOf returns the orders of a side by their recorded numbers.
func ordersOf(s *side, id msg.SymbolID, side msg.Side) map[msg.OrderID]queuedOrder {
	all := make(map[msg.OrderID]queuedOrder)
	price, place := msg.Price(0), 0
	s.engine.EachOrder(id, side, func(o engine.Order) bool {
		if place++; o.Price != price {
			price, place = o.Price, 1
		}
		all[s.back(o.ID)] = queuedOrder{o, place}
		return true
	})
	return all
}

// orders compares the open orders of a side.
func (d *stateDiff) orders(a, b *market, side msg.Side) {
	x, y := ordersOf(d.a, a.id, side), ordersOf(d.b, b.id, side)
	ids := slices.Collect(maps.Keys(x))
	for id := range y {
		if _, both := x[id]; !both {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		of := fmt.Sprintf("order %s of %v", orderNumber(id), a.Spec.Name)
		o, okA := x[id]
		p, okB := y[id]
		switch {
		case !okA:
			d.add(of, "there", absent, orderText(b, &p.Order))
		case !okB:
			d.add(of, "there", orderText(a, &o.Order), absent)
		default:
			d.order(of, a, b, &o, &p)
		}
	}
}

func (d *stateDiff) order(of string, a, b *market, o, p *queuedOrder) {
	d.values(of, "account", o.Account, p.Account)
	d.add(of, "price", a.price.text(int64(o.Price)), b.price.text(int64(p.Price)))
	d.add(of, "quantity", a.qty.text(int64(o.Qty)), b.qty.text(int64(p.Qty)))
	d.add(of, "open", a.qty.text(int64(o.Open)), b.qty.text(int64(p.Open)))
	d.values(of, "place in its queue", o.place, p.place)
	d.values(of, "amends", o.Amends, p.Amends)
	d.values(of, "traded", o.Traded, p.Traded)
	d.add(of, "name", cmp.Or(o.Name.String(), absent), cmp.Or(p.Name.String(), absent))
}

func orderText(m *market, o *engine.Order) string {
	return fmt.Sprintf("%v %s at %s for account %d", o.Side, m.qty.text(int64(o.Open)), m.price.text(int64(o.Price)), o.Account)
}

// orderNumber writes the recorded number of an order, or +N for the Nth that was put in.
func orderNumber(id msg.OrderID) string {
	if id >= putIn {
		return fmt.Sprintf("+%d", id-putIn+1)
	}
	return strconv.FormatUint(uint64(id), 10)
}
