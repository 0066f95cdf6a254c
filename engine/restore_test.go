package engine

import (
	"errors"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

func name(s string) (n msg.Name) {
	copy(n[:], s)
	return n
}

// market returns an engine with one symbol with balances and one without, two
// accounts, trades and open orders, some of them named.
func market(t testing.TB) *Engine {
	t.Helper()
	e := New(Capacity{})
	spec := msg.Symbol{Name: name("BQ"), Base: 1, Quote: 2, Tick: 1, Lot: 1, Maker: 10, Taker: 20, Filters: msg.Filters{AvgMins: 5}}
	free := spec
	free.Name, free.Accounting = name("FREE"), msg.NoAccounting
	for _, c := range []msg.Command{
		{Kind: msg.AddAsset, Name: name("B")},
		{Kind: msg.AddAsset, Name: name("Q")},
		{Kind: msg.AddSymbol, Spec: &spec},
		{Kind: msg.AddSymbol, Spec: &free},
		{Kind: msg.CreateAccount},
		{Kind: msg.CreateAccount},
		{Kind: msg.Credit, Account: 1, Asset: 1, Amount: 1000, Transfer: 1},
		{Kind: msg.Credit, Account: 2, Asset: 2, Amount: 100_000, Transfer: 1},
		{Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Sell, Price: 100, Qty: 4, Name: name("a")},
		{Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Sell, Price: 101, Qty: 4, Name: name("b")},
		{Kind: msg.Place, Account: 2, Symbol: 1, Price: 100, Qty: 1},
		{Kind: msg.Place, Account: 2, Symbol: 1, Price: 99, Qty: 5},
		{Kind: msg.Place, Account: 2, Symbol: 1, Price: 99, Qty: 7},
		{Kind: msg.Place, Account: 3, Symbol: 2, Price: 99, Qty: 7, Name: name("a")},
	} {
		c.Seq, c.Time = e.Seq()+1, int64(e.Seq())*1e9+600e9
		if v := e.Execute(&c, nil); v[0].Kind == msg.Rejected {
			t.Fatalf("%v: %v", c.Kind, v[0].Reason)
		}
	}
	if err := e.Check(); err != nil {
		t.Fatal(err)
	}
	return e
}

// orderOf returns an open order by its command's number in market.
func (e *Engine) orderOf(id msg.OrderID) *order { return &e.orders.pool[e.orders.slot(id)] }

// balanceOf returns a balance that is there.
func (e *Engine) balanceOf(a msg.AccountID, s msg.AssetID) *balance {
	return &e.balances.pool[e.balances.of(a, s)]
}

// traded returns the time bucket that holds something.
func (e *Engine) traded() *bucket {
	for i := range e.symbols[0].minutes {
		if b := &e.symbols[0].minutes[i]; b.qty > 0 {
			return b
		}
	}
	panic("no bucket")
}

// An image of a state that cannot be is refused, and does not panic.
func TestRestoreRefuses(t *testing.T) {
	if _, err := Restore(market(t).AppendState(nil), Capacity{}); err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func(e *Engine){
		"negative time":            func(e *Engine) { e.time = -1 },
		"sequence at its end":      func(e *Engine) { e.seq = 1<<64 - 1 },
		"maker below none":         func(e *Engine) { e.accounts[1].maker = msg.NoRate - 1 },
		"maker above all":          func(e *Engine) { e.accounts[1].maker = msg.RateUnit + 1 },
		"taker below none":         func(e *Engine) { e.accounts[1].taker = msg.NoRate - 1 },
		"taker above all":          func(e *Engine) { e.accounts[2].taker = msg.RateUnit + 1 },
		"negative transfer":        func(e *Engine) { e.accounts[2].transfer = -1 },
		"unknown status":           func(e *Engine) { e.accounts[2].status = 3 },
		"bucket sum of nothing":    func(e *Engine) { e.traded().qty = 0 },
		"bucket minute of nothing": func(e *Engine) { b := e.traded(); *b = bucket{minute: b.minute} },
		"bucket low of nothing":    func(e *Engine) { b := e.traded(); *b = bucket{lo: 1} },
		"bucket hi is qty":         func(e *Engine) { b := e.traded(); b.hi = b.qty },
		"bucket above all prices":  func(e *Engine) { b := e.traded(); b.lo = b.qty << 53 },
		"bucket too much":          func(e *Engine) { e.traded().qty = bucketQty },
		"bucket of the future":     func(e *Engine) { e.traded().minute += 5 },
		"bucket in a wrong place":  func(e *Engine) { e.traded().minute -= 4 },
		"balances wrap": func(e *Engine) { // to 3, around all 64 bits
			c := e.balanceOf(2, 2)
			e.balanceOf(0, 2).free, e.balanceOf(1, 2).free, c.free = 5, msg.MaxAmount, msg.MaxAmount-c.locked
			e.assets[1].total = 3
		},
		"locks wrap": func(e *Engine) {
			o, x := e.orderOf(12), e.orderOf(13)
			o.qty, o.open = msg.MaxQty, msg.MaxQty
			x.qty, x.open = msg.MaxQty, msg.MaxQty
			e.symbols[0].unit = 10
			e.symbols[0].Tick = 10
		},
		"a balance is missing":       func(e *Engine) { *e.balanceOf(2, 1) = balance{} },
		"a lock is missing":          func(e *Engine) { b := e.balanceOf(2, 2); b.free, b.locked = b.free+b.locked, 0 },
		"a balance of no asset":      func(e *Engine) { e.balanceOf(2, 2).asset = 3 },
		"a balance of nobody":        func(e *Engine) { e.balanceOf(2, 2).account = 3 },
		"an order of no account":     func(e *Engine) { e.positions.pool[e.orderOf(12).pos].account = 3 },
		"an order of the fees":       func(e *Engine) { e.positions.pool[e.orderOf(12).pos].account = 0 },
		"an order of no number":      func(e *Engine) { e.positions.pool[e.orderOf(14).pos].account = msg.MaxAccounts + 1 },
		"an order not yet given":     func(e *Engine) { e.orderOf(12).id = 15 },
		"an order of id 0":           func(e *Engine) { e.orderOf(12).id = 0 },
		"an order twice":             func(e *Engine) { e.orderOf(12).id = 13 },
		"an order with too much":     func(e *Engine) { e.orderOf(12).qty = msg.MaxQty + 1 },
		"an order more open than is": func(e *Engine) { e.orderOf(12).open = 6 },
		"an order with none open":    func(e *Engine) { e.orderOf(12).open = 0 },
		"a queue number twice":       func(e *Engine) { e.orderOf(12).queue = e.orderOf(13).queue },
		"a queue number to come":     func(e *Engine) { e.orderOf(13).queue = 99 },
		"a price of 0":               func(e *Engine) { e.pool.levels[e.orderOf(12).level].price = 0 },
		"a price above all":          func(e *Engine) { e.pool.levels[e.orderOf(12).level].price = msg.MaxPrice + 1 },
		"a crossed book":             func(e *Engine) { e.pool.levels[e.orderOf(12).level].price += 64 },
		"a name twice":               func(e *Engine) { e.orders.names[e.orders.slot(9)] = name("b") },
		"a name of signs":            func(e *Engine) { e.orders.names[e.orders.slot(9)] = name("?") },
		"an asset twice":             func(e *Engine) { e.assets[1].name = name("B") },
		"an asset too fine":          func(e *Engine) { e.assets[1].scale = msg.MaxScale + 1 },
		"a symbol twice":             func(e *Engine) { e.symbols[1].Name = name("BQ") },
		"a symbol of no asset":       func(e *Engine) { e.symbols[1].Base = 9 },
		"a symbol in no phase":       func(e *Engine) { e.symbols[1].phase = 4 },
		"counters at their end":      func(e *Engine) { e.symbols[1].updates = 1<<64 - 1 },
		"no fee account":             func(e *Engine) { e.accounts = nil },
	} {
		e := market(t)
		spoil(e)
		if _, err := Restore(e.AppendState(nil), Capacity{}); !errors.Is(err, ErrState) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
