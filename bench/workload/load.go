package workload

import (
	"fmt"
	"iter"
	"math"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Load is a flow as commands for an engine that holds nothing yet.
type Load struct {
	Name    string
	Prefill int             // commands after the setup that are not to be measured
	Room    engine.Capacity // what the load needs

	market   Market
	listed   []msg.Command // the first commands of the setup
	accounts funding       // the others
	rows     []row
	lap      int64 // what a lap adds to all times; 0: the load has one lap
}

// Market says who trades, and what is counted.
type Market struct {
	Accounting msg.Accounting
	Accounts   int  // over which orders are spread; 0: DefaultAccounts
	Names      bool // orders carry client ids

	// Of common workloads:
	Bases   int // base assets of all symbols; 0: each symbol has its own
	Symbols int // that an account trades; 0: all
}

// DefaultAccounts is over how many accounts the orders of a load are spread.
const DefaultAccounts = 1000

func (m Market) completed() Market {
	if m.Accounts == 0 {
		m.Accounts = DefaultAccounts
	}
	return m
}

// row is a command in 32 bytes.
type row struct {
	time    int64
	target  uint32 // the row, from 1, that brought the order meant; 0: there is none
	price   uint32
	qty     uint32
	account msg.AccountID
	symbol  uint32
	kind    msg.Kind
	side    msg.Side
	tif     msg.TimeInForce
	phase   msg.Phase
}

// First returns the sequence of the first command after the setup.
func (l *Load) First() msg.Seq { return msg.Seq(len(l.listed)+l.accounts.commands()) + 1 }

// Setup yields the commands that make the market and its accounts, which nothing
// refuses. Each is valid until the next.
func (l *Load) Setup() iter.Seq[*msg.Command] {
	return func(yield func(*msg.Command) bool) {
		seq := msg.Seq(0)
		one := func(c *msg.Command) bool {
			seq++
			c.Seq, c.Time = seq, 0
			return yield(c)
		}
		for i := range l.listed {
			c := l.listed[i]
			if !one(&c) {
				return
			}
		}
		l.accounts.each(one)
	}
}

// funding is accounts from 1 on, each with as much of every asset as there can be.
type funding struct{ accounts, assets int }

func (f funding) commands() int { return f.accounts * (1 + f.assets) }

func (f funding) each(yield func(*msg.Command) bool) {
	for a := 1; a <= f.accounts; a++ {
		if !yield(&msg.Command{Kind: msg.CreateAccount}) {
			return
		}
		for asset := 1; asset <= f.assets; asset++ {
			if !yield(&msg.Command{
				Kind: msg.Credit, Account: msg.AccountID(a), Asset: msg.AssetID(asset),
				Amount: msg.MaxAmount / msg.Amount(f.accounts), Transfer: int64(asset),
			}) {
				return
			}
		}
	}
}

// Len returns the number of commands after the setup: of a lap, if the load has
// more than one.
func (l *Load) Len() int { return len(l.rows) }

// Endless reports whether the load goes on in laps, each the same as the first.
func (l *Load) Endless() bool { return l.lap != 0 }

// Fill sets dst to the commands that follow the setup and from others.
func (l *Load) Fill(dst []msg.Command, from int) {
	for i := range dst {
		l.command(&dst[i], from+i)
	}
}

func (l *Load) command(c *msg.Command, n int) {
	lap := n / len(l.rows)
	if lap > 0 && l.lap == 0 {
		panic(fmt.Sprintf("workload: command %d of %s, which has %d", n, l.Name, len(l.rows)))
	}
	r := &l.rows[n-lap*len(l.rows)]
	*c = msg.Command{
		Seq: l.First() + msg.Seq(n), Time: r.time + int64(lap)*l.lap, Kind: r.kind, Side: r.side, TIF: r.tif, Phase: r.phase,
		Account: r.account, Symbol: msg.SymbolID(r.symbol), Price: msg.Price(r.price), Qty: msg.Qty(r.qty),
	}
	if r.target != 0 {
		c.Order = msg.OrderID(int(l.First()) + lap*len(l.rows) + int(r.target) - 1)
	}
	if l.market.Names && (r.kind == msg.Place || r.kind == msg.CancelReplace) {
		name(&c.Name, uint64(c.Seq))
	}
}

// letters are those of client ids that clients make up.
const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefghijklmnopqrstuvwxyz_"

// nameLen is how long client ids are that an exchange makes up for its clients.
const nameLen = 22

// name writes the client id of the order that a command brings: as good as drawn,
// and different for each.
func name(dst *msg.Name, seq uint64) {
	r := random(seq)
	high, low := r.next(), r.next()
	for i := range nameLen {
		dst[i] = letters[low&63]
		low = low>>6 | high<<58
		high >>= 6
	}
}

// pack makes a row of a command. A target is a row, from 1.
func pack(c *msg.Command, target uint32) row {
	for _, v := range []int64{int64(c.Price), int64(c.Qty)} {
		if v < 0 || v > math.MaxUint32 {
			panic(fmt.Sprintf("workload: %d of command %d does not fit into a row", v, c.Seq))
		}
	}
	return row{
		time: c.Time, target: target, price: uint32(c.Price), qty: uint32(c.Qty), account: c.Account, symbol: uint32(c.Symbol),
		kind: c.Kind, side: c.Side, tif: c.TIF, phase: c.Phase,
	}
}
