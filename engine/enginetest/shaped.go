package enginetest

import (
	"math"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Shaped is an endless order flow with the shape of the public matching-engine
// benchmark's "normal" workload, drawn from a seed: about half of the commands
// place, 15 % of the orders are immediate or cancel, a fifth of the others are
// replaced one lot larger and mostly a tick away, 19 of 20 are canceled soon
// after they came, and a few cancels and replaces come too late. Prices lie a
// few ticks off a mid that wanders, so a few thousand orders rest and one
// command in 25 or so trades.
//
// It is for measuring: commands follow from the seed alone, not from answers.
type Shaped struct {
	rng      splitmix
	accounts int
	seq      msg.Seq
	mid      msg.Price
	near     []uint32       // cumulative weights of the distance from mid
	pending  [5]msg.Command // the order under way and what becomes of it
	next, n  int
}

// The market of a Shaped flow.
const (
	shapedMid   = 33_504
	shapedSwing = 670 // 2 %
	shapedFar   = 800
)

// NewShaped returns the flow of a seed over accounts 1 to n, whose first command
// after Setup is number 1 + the length of Setup.
func NewShaped(seed uint64, n int) *Shaped {
	s := &Shaped{rng: splitmix(seed), accounts: n, mid: shapedMid}
	sum := uint32(0)
	for k := range shapedFar {
		x := float64(k)
		w := math.Pow(x+1, -2.23) + 5*math.Exp(-(x-8)*(x-8)/2)
		sum += 1 + uint32(w*1e6)
		s.near = append(s.near, sum)
	}
	s.seq = msg.Seq(len(s.Setup(msg.Balances)))
	return s
}

// Setup returns the commands that make the market: two assets, one symbol with
// fees, and the accounts with plenty of both assets.
func (s *Shaped) Setup(a msg.Accounting) []msg.Command {
	spec := &msg.Symbol{
		Name: msg.Name{'S', 'H', 'A', 'P', 'E', 'D'}, Base: 1, Quote: 2, Tick: 500_000, Lot: 100_000_000,
		Accounting: a, Maker: 20_000, Taker: 50_000,
	}
	commands := []msg.Command{
		{Kind: msg.AddAsset, Name: msg.Name{'B', 'A', 'S', 'E'}, Scale: 8},
		{Kind: msg.AddAsset, Name: msg.Name{'Q', 'U', 'O', 'T', 'E'}, Scale: 8},
		{Kind: msg.AddSymbol, Spec: spec},
	}
	each := msg.MaxAmount / msg.Amount(s.accounts)
	for i := 1; i <= s.accounts; i++ {
		commands = append(commands, msg.Command{Kind: msg.CreateAccount},
			msg.Command{Kind: msg.Credit, Account: msg.AccountID(i), Asset: 1, Amount: each, Transfer: 1},
			msg.Command{Kind: msg.Credit, Account: msg.AccountID(i), Asset: 2, Amount: each, Transfer: 2})
	}
	for i := range commands {
		commands[i].Seq = msg.Seq(i + 1)
	}
	return commands
}

// Next writes the next command. Its time is its sequence in microseconds.
func (s *Shaped) Next(c *msg.Command) {
	if s.next == s.n {
		s.next, s.n = 0, 0
		s.order()
	}
	s.seq++
	*c = s.pending[s.next]
	s.next++
	c.Seq, c.Time = s.seq, int64(s.seq)*1000
}

// order draws one order and what becomes of it.
func (s *Shaped) order() {
	r := &s.rng
	if r.n(8) == 0 {
		s.mid = max(shapedMid-shapedSwing, min(shapedMid+shapedSwing, s.mid+msg.Price(r.n(3))-1))
	}
	place := msg.Command{
		Kind: msg.Place, Side: msg.Side(r.n(2)), Account: 1 + msg.AccountID(r.n(uint64(s.accounts))), Symbol: 1,
		Qty: 1 + msg.Qty(r.n(100)),
	}
	place.Price = s.mid - s.distance()
	if place.Side == msg.Sell {
		place.Price = s.mid + s.distance()
	}
	if r.n(100) < 15 {
		place.TIF = msg.IOC
		place.Price += msg.Price(1-2*int(place.Side)) * 12
	}
	s.add(&place)
	id := s.seq + 1 // of this order
	if place.TIF == msg.IOC {
		return
	}
	cancel := msg.Command{Kind: msg.Cancel, Account: place.Account, Symbol: 1, Order: msg.OrderID(id)}
	replace := place
	replace.Kind, replace.Order = msg.CancelReplace, msg.OrderID(id)
	if r.n(100) < 20 {
		replace.Qty++
		if r.n(100) < 80 {
			replace.Price += msg.Price(2*r.n(2)) - 1
		}
		s.add(&replace)
		id++
		cancel.Order, replace.Order = msg.OrderID(id), msg.OrderID(id)
	}
	if r.n(100) < 95 {
		s.add(&cancel)
		if r.n(100) < 2 {
			s.add(&cancel)
		}
		if r.n(100) < 2 {
			s.add(&replace)
		}
	}
}

func (s *Shaped) add(c *msg.Command) {
	s.pending[s.n] = *c
	s.n++
}

// distance draws how far from mid an order stands, from 1 up.
func (s *Shaped) distance() msg.Price {
	x := uint32(s.rng.n(uint64(s.near[len(s.near)-1])))
	low, high := 0, len(s.near)-1
	for low < high {
		if m := (low + high) / 2; s.near[m] <= x {
			low = m + 1
		} else {
			high = m
		}
	}
	return msg.Price(low + 1)
}

// splitmix is the generator splitmix64.
type splitmix uint64

func (r *splitmix) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// n draws from 0 to k-1.
func (r *splitmix) n(k uint64) uint64 { return (r.next() >> 32) * k >> 32 }
