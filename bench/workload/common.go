package workload

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The market of a common workload: fees are not rounded to nothing, and what the
// accounts have is never used up.
const (
	commonScale = 8
	commonTick  = msg.Amount(10_000)
	commonLot   = msg.Amount(100_000_000)
	commonMaker = msg.Rate(20_000) // 0.02 %
	commonTaker = msg.Rate(50_000)
)

// Load returns the flow as commands. Order k of the flow is with the engine the
// order of the sequence of the command that brings it.
func (f *Flow) Load(m Market) *Load {
	m = m.completed()
	if m.Bases == 0 {
		m.Bases = f.Params.Symbols
	}
	if m.Symbols == 0 {
		m.Symbols = f.Params.Symbols
	}
	traders := max(1, m.Accounts*m.Symbols/f.Params.Symbols) // of a symbol
	l := &Load{
		Name: f.Params.Name, Prefill: f.Prefill, market: m, rows: make([]row, len(f.Records)),
		Room: engine.Capacity{Orders: f.Params.Target + f.Params.Target/8, Accounts: m.Accounts},
	}
	if m.Accounting == msg.Balances {
		l.Room.Balances = m.Accounts * (m.Bases + 1)
		l.accounts = funding{accounts: m.Accounts, assets: m.Bases + 1}
	}
	l.listed = m.listing(f.Params.Symbols)
	brought := make([]uint32, f.MaxID+1) // the row, from 1, of an order
	for i := range f.Records {
		r := &f.Records[i]
		c := msg.Command{
			Seq: l.First() + msg.Seq(i), Kind: msg.Place, Side: r.Side, Account: m.account(r, traders), Symbol: msg.SymbolID(r.Symbol + 1),
			Price: msg.Price(r.Price), Qty: msg.Qty(r.Qty),
		}
		c.Time = int64(c.Seq) * microsecond
		target := uint32(0)
		switch r.Type {
		case Cancel:
			c.Kind, c.Side, c.Price, c.Qty = msg.Cancel, 0, 0, 0
			target = brought[r.ID]
		case IOC:
			c.TIF = msg.IOC
			brought[r.ID] = uint32(i) + 1
		case Add:
			brought[r.ID] = uint32(i) + 1
		}
		l.rows[i] = pack(&c, target)
	}
	return l
}

// microsecond, in nanoseconds, lies between any two commands of a drawn load.
const microsecond = 1000

// account returns whose order an order of the flow is: of one of the traders of its
// symbol, who are accounts in a row.
func (m *Market) account(r *Record, traders int) msg.AccountID {
	drawn := random(r.ID)
	return 1 + msg.AccountID((int(r.Symbol)*traders+drawn.n(traders))%m.Accounts)
}

// listing makes the market of a common workload.
func (m *Market) listing(symbols int) []msg.Command {
	const quote = 1
	commands := []msg.Command{{Kind: msg.AddAsset, Name: numbered("QUOTE", 0), Scale: commonScale}}
	for i := range m.Bases {
		commands = append(commands, msg.Command{Kind: msg.AddAsset, Name: numbered("BASE", i), Scale: commonScale})
	}
	for i := range symbols {
		commands = append(commands, msg.Command{Kind: msg.AddSymbol, Spec: &msg.Symbol{
			Name: numbered("SYMBOL", i), Base: msg.AssetID(quote + 1 + i%m.Bases), Quote: quote, Tick: commonTick, Lot: commonLot,
			Accounting: m.Accounting, Maker: commonMaker, Taker: commonTaker,
		}})
	}
	return commands
}

func numbered(kind string, i int) (n msg.Name) {
	copy(n[:], fmt.Sprint(kind, i))
	return n
}
