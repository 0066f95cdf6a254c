package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
)

// TestAcceptSeen asks right after an answer, on another connection and often over
// the other carrier, whether what was answered can be seen: in the order, the open
// orders, the book, the trades and the balances. Meanwhile others trade.
func TestAcceptSeen(t *testing.T) {
	const skeptics = 8
	tries := int64(scaled(4_000, 800, 100_000))
	v := openVenue(t, t.TempDir())
	c := startCrowd(v, "BTCUSDT", 4, 4*time.Millisecond)
	var done atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for i := range skeptics {
		s := newSkeptic(v, i)
		all.Go(func() {
			for s.err == nil && done.Load() < tries {
				s.cycle()
				done.Add(s.tries)
				s.tries = 0
			}
			if s.err != nil {
				t.Error(s.err)
			}
		})
	}
	all.Wait()
	c.stop()
	took := time.Since(began)
	if done.Load() < tries || c.placed.Load() == 0 {
		t.Errorf("%d tries of %d, beside %d orders of others", done.Load(), tries, c.placed.Load())
	}
	t.Logf("%d answers were followed by a look at what they said, in %v, beside %d orders of others",
		done.Load(), took.Round(time.Millisecond), c.placed.Load())
	v.end()
}

// method names a method as both carriers know it.
func method(verb, path, name string) *client.Method {
	return &client.Method{Verb: verb, Path: "/api/v3" + path, Name: name}
}

// skeptic gives orders with two accounts, and believes no answer. In the busy symbol
// the accounts have a price for themselves; in a symbol of their own they trade with
// each other, without fees.
type skeptic struct {
	t           *testing.T
	rng         *rand.Rand
	own         string // symbol
	busyPrice   int64  // where nobody else has orders
	write, read [2]client.Carrier
	a, b        party

	seenIDs map[string]int64 // newest update id seen, by symbol
	tries   int64            // since they were counted
	err     error            // the first thing that was not seen
	last    string           // what was answered last
}

// party is an account with what it has to have.
type party struct {
	key       client.Key
	btc, usdt funds
}

// funds are what an account has of an asset.
type funds struct{ free, locked int64 }

// lock moves an amount from free to locked, or back.
func (f *funds) lock(n int64) { f.free, f.locked = f.free-n, f.locked+n }

// ownPrice is the price in the symbols of skeptics.
const ownPrice = 1_000_00000000

// The amounts that the accounts of skeptics begin with.
const manyBTC, manyUSDT = 1_000_00000000, 1_000_000_00000000

func newSkeptic(v *venue, i int) *skeptic {
	v.t.Helper()
	s := &skeptic{
		t: v.t, rng: rand.New(rand.NewPCG(11, uint64(i))), own: fmt.Sprintf("SKEPTIC%d", i),
		busyPrice: 500_00000000 - int64(i)*1_000000, seenIDs: make(map[string]int64),
	}
	v.must("POST", "/x/v1/symbols", fmt.Sprintf(
		`{"symbol":%q,"base":"BTC","quote":"USDT","tick":"0.01","lot":"0.00001","maker":"0","taker":"0"}`, s.own))
	for _, p := range []*party{&s.a, &s.b} {
		_, p.key = v.customer(holding{"BTC", decimal(manyBTC)}, holding{"USDT", decimal(manyUSDT)})
		p.btc.free, p.usdt.free = manyBTC, manyUSDT
	}
	writer, reader := v.visitor(), v.visitor()
	s.write = [2]client.Carrier{writer, v.connect(writer)}
	s.read = [2]client.Carrier{reader, v.connect(reader)}
	return s
}

// writing returns the account over one of the carriers that give orders.
func (s *skeptic) writing(p *party) *client.Account {
	return &client.Account{Via: s.write[s.rng.IntN(2)], Key: p.key}
}

// cycle gives some orders that leave nothing open in the end.
func (s *skeptic) cycle() {
	s.beside()
	s.together(&s.a, &s.b)
	s.together(&s.b, &s.a) // so that both have again what they began with
}

// beside places an order in the busy symbol, changes it, and cancels it.
func (s *skeptic) beside() {
	const symbol = "BTCUSDT"
	p := &s.a
	qty := (10 + s.rng.Int64N(90)) * 1e6
	o := s.place(p, &client.NewOrder{
		Symbol: symbol, Side: "BUY", Type: "LIMIT_MAKER", Price: decimal(s.busyPrice), Quantity: decimal(qty),
		ClientID: fmt.Sprintf("beside-%d", s.rng.Uint64()),
	})
	p.usdt.lock(worth(s.busyPrice, qty))
	s.look(p, &o, "NEW", qty, 0, levelAt{symbol, true, s.busyPrice, qty})

	less := qty / 2
	s.do("amend", func(ctx context.Context) error {
		amendment := client.Params{{Name: "symbol", Value: symbol}, client.Int("orderId", o.ID), {Name: "newQty", Value: decimal(less)}}
		_, err := s.writing(p).Via.Call(ctx, method("PUT", "/order/amend/keepPriority", "order.amend.keepPriority"), &p.key, amendment)
		return err
	})
	p.usdt.lock(worth(s.busyPrice, less) - worth(s.busyPrice, qty))
	s.look(p, &o, "NEW", less, 0, levelAt{symbol, true, s.busyPrice, less})

	var other client.Order
	s.do("replace", func(ctx context.Context) (err error) {
		other, err = s.writing(p).Replace(ctx, o.ID, &client.NewOrder{
			Symbol: symbol, Side: "BUY", Type: "LIMIT", TimeInForce: "GTC", Price: decimal(s.busyPrice), Quantity: decimal(qty),
		})
		return err
	})
	p.usdt.lock(worth(s.busyPrice, qty) - worth(s.busyPrice, less))
	if s.rng.IntN(2) == 0 {
		s.look(p, &other, "NEW", qty, 0, levelAt{symbol, true, s.busyPrice, qty})
	} else {
		s.look(p, &o, "CANCELED", less, 0, levelAt{symbol, true, s.busyPrice, qty})
	}
	s.cancel(p, symbol, other.ID)
	p.usdt.lock(-worth(s.busyPrice, qty))
	s.look(p, &other, "CANCELED", qty, 0, levelAt{symbol, true, s.busyPrice, 0})
}

// together has one account sell to the other: a part, then the rest with more asked
// for than there is, which is cancelled.
func (s *skeptic) together(seller, buyer *party) {
	half := (1 + s.rng.Int64N(90)) * 1e6
	value := worth(ownPrice, half)
	sold := s.place(seller, &client.NewOrder{
		Symbol: s.own, Side: "SELL", Type: "LIMIT", TimeInForce: "GTC", Price: decimal(ownPrice), Quantity: decimal(2 * half),
	})
	seller.btc.lock(2 * half)
	s.look(seller, &sold, "NEW", 2*half, 0, levelAt{s.own, false, ownPrice, 2 * half})

	trade := func() {
		seller.btc.locked -= half
		seller.usdt.free += value
		buyer.btc.free += half
		buyer.usdt.free -= value
	}
	bought := s.place(buyer, &client.NewOrder{
		Symbol: s.own, Side: "BUY", Type: "LIMIT", TimeInForce: "IOC", Price: decimal(ownPrice), Quantity: decimal(half),
	})
	trade()
	at := levelAt{s.own, false, ownPrice, half}
	if s.rng.IntN(2) == 0 {
		s.look(buyer, &bought, "FILLED", half, half, at)
	} else {
		s.look(seller, &sold, "PARTIALLY_FILLED", 2*half, half, at)
	}

	bought = s.place(buyer, &client.NewOrder{
		Symbol: s.own, Side: "BUY", Type: "LIMIT", TimeInForce: "GTC", Price: decimal(ownPrice), Quantity: decimal(2 * half),
	})
	trade()
	buyer.usdt.lock(value)
	switch s.rng.IntN(3) {
	case 0:
		s.look(buyer, &bought, "PARTIALLY_FILLED", 2*half, half, levelAt{s.own, true, ownPrice, half})
	case 1:
		s.look(seller, &sold, "FILLED", 2*half, 2*half, levelAt{s.own, false, ownPrice, 0})
	default:
		s.lookForTrade(seller, buyer, &bought)
	}
	s.cancel(buyer, s.own, bought.ID)
	buyer.usdt.lock(-value)
	s.look(buyer, &bought, "CANCELED", 2*half, half, levelAt{s.own, true, ownPrice, 0})
}

// worth returns what a quantity costs.
func worth(price, qty int64) int64 { return price / 1e6 * qty / 1e2 }

// do sends a request that has to succeed.
func (s *skeptic) do(what string, f func(ctx context.Context) error) {
	if s.err != nil {
		return
	}
	s.last = what
	if err := f(s.t.Context()); err != nil {
		s.err = fmt.Errorf("%s: %w", what, err)
	}
}

func (s *skeptic) place(p *party, o *client.NewOrder) (placed client.Order) {
	s.do(fmt.Sprintf("place %+v", *o), func(ctx context.Context) (err error) {
		placed, err = s.writing(p).Place(ctx, o)
		return err
	})
	return placed
}

func (s *skeptic) cancel(p *party, symbol string, id int64) {
	s.do(fmt.Sprintf("cancel order %d", id), func(ctx context.Context) error {
		_, err := s.writing(p).Cancel(ctx, symbol, id)
		return err
	})
}

// levelAt is a level of a book with the quantity that has to wait there.
type levelAt struct {
	symbol     string
	bid        bool
	price, qty int64
}

// look looks once, at one of the places where an answer has to show.
func (s *skeptic) look(p *party, o *client.Order, status string, qty, executed int64, at levelAt) {
	if s.err != nil {
		return
	}
	s.tries++
	a := &client.Account{Via: s.read[s.rng.IntN(2)], Key: p.key}
	var err error
	var where string
	switch s.rng.IntN(5) {
	case 0:
		where, err = "the order", s.order(a, o, status, qty, executed)
	case 1:
		where, err = "the order by its client id", s.orderByClientID(a, o, status, qty, executed)
	case 2:
		where, err = "the open orders", s.openOrders(a, o, status, qty, executed)
	case 3:
		where, err = "the book", s.level(a, at)
	default:
		where, err = "the balances", s.balances(a, p)
	}
	if err != nil {
		s.err = fmt.Errorf("after the answer to %s, order %d: %s, asked over %T: %w", s.last, o.ID, where, a.Via, err)
	}
}

// same compares an order as it was told.
func same(t *testing.T, got *client.Order, id int64, status string, qty, executed int64) error {
	t.Helper()
	if got.ID != id || got.Status != status || units(t, got.Quantity) != qty || units(t, got.Executed) != executed {
		return fmt.Errorf("%+v, want order %d %s with %s of %s executed", *got, id, status, decimal(executed), decimal(qty))
	}
	return nil
}

func (s *skeptic) order(a *client.Account, o *client.Order, status string, qty, executed int64) error {
	got, err := a.Order(s.t.Context(), o.Symbol, o.ID)
	if err != nil {
		return err
	}
	return same(s.t, &got, o.ID, status, qty, executed)
}

func (s *skeptic) orderByClientID(a *client.Account, o *client.Order, status string, qty, executed int64) error {
	first, err := a.Order(s.t.Context(), o.Symbol, o.ID) // an amendment has given it another client id
	if err != nil {
		return err
	}
	got, err := a.OrderByClientID(s.t.Context(), o.Symbol, first.ClientID)
	if err != nil {
		return err
	}
	return same(s.t, &got, o.ID, status, qty, executed)
}

func (s *skeptic) openOrders(a *client.Account, o *client.Order, status string, qty, executed int64) error {
	all, err := a.OpenOrders(s.t.Context(), o.Symbol)
	isOpen := status == "NEW" || status == "PARTIALLY_FILLED"
	for i := range all {
		if all[i].ID != o.ID {
			continue
		}
		if !isOpen {
			return fmt.Errorf("order %d is open and has to be %s", o.ID, status)
		}
		return same(s.t, &all[i], o.ID, status, qty, executed)
	}
	if isOpen && err == nil {
		err = fmt.Errorf("order %d is not among %+v", o.ID, all)
	}
	return err
}

// level looks into the book, whose update id has to be above any seen before, as the
// level has changed since.
func (s *skeptic) level(a *client.Account, at levelAt) error {
	var d client.Depth
	if err := ask(s.t.Context(), a.Via, method("GET", "/depth", "depth"), &a.Key, client.Params{{Name: "symbol", Value: at.symbol}, client.Int("limit", 5000)}, &d); err != nil {
		return err
	}
	if before := s.seenIDs[at.symbol]; d.UpdateID <= before {
		return fmt.Errorf("update id %d, which was %d before", d.UpdateID, before)
	}
	s.seenIDs[at.symbol] = d.UpdateID
	side, waits := d.Asks, int64(0)
	if at.bid {
		side = d.Bids
	}
	for _, l := range side {
		if l.Price == decimal(at.price) {
			waits = units(s.t, l.Quantity)
		}
	}
	if waits != at.qty {
		return fmt.Errorf("%s wait at %s as of update id %d, want %s", decimal(waits), decimal(at.price), d.UpdateID, decimal(at.qty))
	}
	return nil
}

func (s *skeptic) balances(a *client.Account, p *party) error {
	var v struct {
		Balances []client.Balance `json:"balances"`
	}
	if err := ask(s.t.Context(), a.Via, method("GET", "/account", "account.status"), &a.Key, nil, &v); err != nil {
		return err
	}
	want := map[string]funds{"BTC": p.btc, "USDT": p.usdt}
	for _, b := range v.Balances {
		got := funds{units(s.t, b.Free), units(s.t, b.Locked)}
		if w, ok := want[b.Asset]; ok && got != w {
			return fmt.Errorf("%s: %+v, want %+v", b.Asset, got, w)
		}
		delete(want, b.Asset)
	}
	if len(want) > 0 {
		return fmt.Errorf("nothing is said of %+v", want)
	}
	return nil
}

// lookForTrade looks for the trade of an answer, on the tape or among the trades of
// either side.
func (s *skeptic) lookForTrade(seller, buyer *party, o *client.Order) {
	if s.err != nil {
		return
	}
	s.tries++
	if len(o.Fills) != 1 {
		s.err = fmt.Errorf("the answer to %s has fills %+v, want one", s.last, o.Fills)
		return
	}
	m, p := method("GET", "/myTrades", "myTrades"), seller
	switch s.rng.IntN(3) {
	case 0:
		m = method("GET", "/trades", "trades.recent")
	case 1:
		p = buyer
	}
	a := &client.Account{Via: s.read[s.rng.IntN(2)], Key: p.key}
	var rows []client.Trade
	err := ask(s.t.Context(), a.Via, m, &a.Key, client.Params{{Name: "symbol", Value: s.own}, client.Int("limit", 1)}, &rows)
	if err == nil && (len(rows) != 1 || rows[0].ID != o.Fills[0].TradeID || rows[0].Quantity != o.Fills[0].Quantity) {
		err = fmt.Errorf("the newest is %+v, want %+v", rows, o.Fills)
	}
	if err != nil {
		s.err = fmt.Errorf("after the answer to %s: %s, asked over %T: %w", s.last, m.Name, a.Via, err)
	}
}
