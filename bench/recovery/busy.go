package recovery

import (
	"fmt"
	"math/rand/v2"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The market of a busy exchange.
const (
	busyAccounts = 1000
	busyMiddle   = 1_000_000 // ticks
	busyBand     = 10_000    // ticks that resting orders are away from the middle, at most
	busyFee      = msg.RateUnit / 1000
	busyMinutes  = 5
)

// Busy is a day of a busy exchange: orders that rest over many prices, then a flow in
// which four of ten commands cancel one of them, at random over all that rest, five
// place one more, and one takes the best of the book. Each order has a name, as each
// has that comes over the edge.
type Busy struct {
	rng     *rand.Rand
	resting []busyOrder
	seq     msg.Seq // of the last command
	steps   int
}

// busyOrder is a resting order.
type busyOrder struct {
	account msg.AccountID
	id      msg.OrderID
}

// NewBusy returns the day before its first command, which is number 1.
func NewBusy() *Busy { return &Busy{rng: rand.New(rand.NewPCG(17, 17))} }

// Setup returns the commands that make the market, without a bound on open orders, and
// the accounts that can pay for all of them.
func (b *Busy) Setup() []msg.Command {
	commands := []msg.Command{
		{Kind: msg.AddAsset, Name: msg.Name{'B', 'T', 'C'}, Scale: 8},
		{Kind: msg.AddAsset, Name: msg.Name{'U', 'S', 'D', 'T'}, Scale: 8},
		{Kind: msg.AddSymbol, Spec: &msg.Symbol{
			Name: msg.Name{'B', 'U', 'S', 'Y'}, Base: 1, Quote: 2, Tick: 1_000_000, Lot: 1_000, Maker: busyFee, Taker: busyFee,
			Filters: msg.Filters{MinPrice: 1, MaxPrice: 100_000_000, MinQty: 1, MaxQty: 900_000_000, StepQty: 1, AvgMins: busyMinutes},
		}},
	}
	for i := range msg.AccountID(busyAccounts) {
		commands = append(commands, msg.Command{Kind: msg.CreateAccount})
		for asset := range msg.AssetID(2) {
			commands = append(commands, msg.Command{Kind: msg.Credit, Account: i + 1, Asset: asset + 1, Amount: 1e15, Transfer: int64(asset + 1)})
		}
	}
	b.seq = msg.Seq(len(commands))
	return commands
}

// Rest writes a command that places an order which rests: away from the middle, where
// nobody takes.
func (b *Busy) Rest(c *msg.Command) {
	side := msg.Side(b.rng.IntN(2))
	away := msg.Price(1 + b.rng.IntN(busyBand))
	if side == msg.Buy {
		away = -away
	}
	b.order(c, side, busyMiddle+away, msg.GTC)
	b.resting = append(b.resting, busyOrder{c.Account, msg.OrderID(b.seq)})
}

// Step writes the next command of the flow.
func (b *Busy) Step(c *msg.Command) {
	b.steps++
	switch b.steps % 10 {
	case 1:
		b.order(c, msg.Buy, busyMiddle+busyBand, msg.IOC)
	case 2, 4, 6, 8:
		last := len(b.resting) - 1
		n := b.rng.IntN(last + 1)
		o := b.resting[n]
		b.resting[n] = b.resting[last]
		b.resting = b.resting[:last]
		b.seq++
		*c = msg.Command{Kind: msg.Cancel, Account: o.account, Symbol: 1, Order: o.id}
	default:
		b.Rest(c)
	}
}

// order writes an order of any account.
func (b *Busy) order(c *msg.Command, side msg.Side, price msg.Price, tif msg.TimeInForce) {
	b.seq++
	*c = msg.Command{
		Kind: msg.Place, Account: 1 + msg.AccountID(b.rng.IntN(busyAccounts)), Symbol: 1, Side: side, TIF: tif, STP: msg.ExpireMaker,
		Price: price, Qty: msg.Qty(1000 + b.rng.IntN(1000)),
	}
	copy(c.Name[:], fmt.Sprintf("web_%016x", b.rng.Uint64()))
}
