package memory

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// market is an engine, and views when they are what is measured.
type market struct {
	engine *engine.Engine
	views  *marketview.Views
	events []msg.Event // reused
}

func newMarket(room engine.Capacity, views bool) *market {
	m := &market{engine: engine.New(room)}
	if views {
		m.views = marketview.New(marketview.Limits{})
	}
	return m
}

// do executes a command, which must not be refused.
func (m *market) do(c *msg.Command) {
	c.Seq = m.engine.Seq() + 1
	m.events = m.engine.Execute(c, m.events[:0])
	if m.events[0].Kind == msg.Rejected {
		panic(fmt.Sprintf("memory: command %d, %v, was refused: %v", c.Seq, c.Kind, m.events[0].Reason))
	}
	if m.views != nil {
		m.views.Apply(c, m.events)
	}
}

// kinds are what there may be many of.
func kinds() []kind {
	const many, some = 1_000_000, 10_000
	orders := engine.Capacity{Orders: many}
	return []kind{
		{
			name: "resting order, 100 at a price", n: many, room: orders, first: oneSymbol,
			make:   func(m *market, n int) { m.rest(n, func(i int) msg.Price { return msg.Price(1 + i%(n/100)) }, false) },
			engine: 120, views: 140,
		},
		{
			name: "resting order, 10 at a price", n: many, room: orders, first: oneSymbol,
			make:   func(m *market, n int) { m.rest(n, func(i int) msg.Price { return msg.Price(1 + i%(n/10)) }, false) },
			engine: 120, views: 140,
		},
		{
			name: "resting order with a client order id", n: many, room: orders, first: oneSymbol,
			make:   func(m *market, n int) { m.rest(n, func(i int) msg.Price { return msg.Price(1 + i%(n/10)) }, true) },
			engine: 150, views: 200,
		},
		{
			name: "resting order alone at its price, 1,000 ticks from the next", n: many, room: orders, first: oneSymbol,
			make:   func(m *market, n int) { m.rest(n, func(i int) msg.Price { return msg.Price(1 + i*1000) }, false) },
			engine: 600, views: 160,
		},
		{name: "account", n: many, room: engine.Capacity{Accounts: many}, make: (*market).accounts, engine: 40, views: 140},
		{
			name: "account balance", n: many, room: engine.Capacity{Accounts: many / assets, Balances: many}, known: engine.Capacity{Accounts: many / assets},
			first: func(m *market, n int) {
				m.assets()
				m.accounts(n / assets)
			},
			make: (*market).balances, engine: 80, views: 80,
		},
		{name: "symbol", n: some, first: func(m *market, _ int) { m.assets() }, make: (*market).symbols, engine: 768, views: 512},
		{
			name: "symbol with a resting order", n: some,
			first: func(m *market, _ int) {
				m.assets()
				m.accounts(1)
				m.fund()
			},
			make: func(m *market, n int) {
				m.symbols(n)
				for i := range n {
					m.do(&msg.Command{Kind: msg.Place, Account: 1, Symbol: msg.SymbolID(i + 1), Price: msg.Price(1 + i*7), Qty: 1})
				}
			},
			engine: 1536, views: 1024,
		},
	}
}

// assets is how many an account has a balance in.
const assets = 10

func (m *market) assets() {
	for i := range assets {
		m.do(&msg.Command{Kind: msg.AddAsset, Name: name("A", i)})
	}
}

func (m *market) accounts(n int) {
	for range n {
		m.do(&msg.Command{Kind: msg.CreateAccount})
	}
}

// balances gives each account, of which there is one for so many, some of each asset.
func (m *market) balances(n int) {
	for i := range n {
		m.do(&msg.Command{
			Kind: msg.Credit, Account: msg.AccountID(1 + i/assets), Asset: msg.AssetID(1 + i%assets), Amount: 1000, Transfer: int64(1 + i%assets),
		})
	}
}

func (m *market) symbols(n int) {
	for i := range n {
		m.do(&msg.Command{Kind: msg.AddSymbol, Spec: &msg.Symbol{Name: name("S", i), Base: 1, Quote: 2, Tick: 1, Lot: 1}})
	}
}

// fund gives the first account all that there can be of the second asset.
func (m *market) fund() {
	m.do(&msg.Command{Kind: msg.Credit, Account: 1, Asset: 2, Amount: msg.MaxAmount, Transfer: 1})
}

// oneSymbol makes a market for an account that can pay for everything.
func oneSymbol(m *market, _ int) {
	m.assets()
	m.accounts(1)
	m.fund()
	m.symbols(1)
}

// rest has so many orders rest.
func (m *market) rest(n int, at func(i int) msg.Price, named bool) {
	for i := range n {
		c := msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Price: at(i), Qty: 1}
		if named {
			c.Name = name("client-order-", i)
		}
		m.do(&c)
	}
}

// name returns a name that ends with a number.
func name(begin string, i int) (n msg.Name) {
	copy(n[:], fmt.Sprintf("%s%d", begin, i))
	return n
}
