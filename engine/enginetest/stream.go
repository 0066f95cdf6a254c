package enginetest

import (
	"math/rand/v2"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Stream is an endless random stream of commands. Each seed draws its own mix:
// which kinds of command and which features are in and how often, what the
// symbols are like, how prices, quantities and money are sized. Features that
// are left out matter as much as those that are in, because a feature can hide
// the errors of another.
type Stream struct {
	rng   *rand.Rand
	naive *Naive
	mix   mix

	time    int64
	opening []msg.Command // assets, symbols, accounts and money come first
	styles  []*style      // how orders look, by symbol
	closed  []msg.OrderID // orders of the past, to be meant by mistake
	named   int           // assets and symbols named so far
	last    msg.Command   // the one before
}

// NewStream returns the stream of a seed. It looks at the exchange to choose
// orders to cancel, so each command must be executed there before the next.
func NewStream(seed uint64, n *Naive) *Stream {
	s := &Stream{rng: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)), naive: n, time: 1_700_000_000_000_000_000}
	s.mix = drawMix(s.rng)
	s.open()
	return s
}

// Next returns the next command, with its sequence and time.
func (s *Stream) Next() msg.Command {
	var c msg.Command
	if len(s.opening) > 0 {
		c, s.opening = s.opening[0], s.opening[1:]
	} else {
		c = s.command()
		if s.chance(s.mix.spoil) {
			s.spoil(&c)
		}
	}
	s.time += s.step()
	c.Seq, c.Time = s.naive.seq+1, s.time
	s.last = c
	return c
}

// step is the time to the next command: most often none or little, sometimes
// into another minute.
func (s *Stream) step() int64 {
	const second = 1_000_000_000
	switch s.rng.IntN(8) {
	case 0:
		return s.rng.Int64N(2 * second)
	case 1:
		return s.rng.Int64N(1_000) * 1_000_000
	case 2:
		if s.rng.IntN(10) == 0 {
			return s.rng.Int64N(150 * second)
		}
		return s.rng.Int64N(1_000_000)
	default:
		return 0
	}
}

// command draws a command as it should be.
func (s *Stream) command() msg.Command {
	if c, ok := s.mend(); ok {
		return c
	}
	kind := s.draw()
	if s.meansOrder(kind) && s.thin() && s.chance(0.85) {
		kind = msg.Place // or the book would never fill
	}
	switch kind {
	case msg.Place:
		return s.place()
	case msg.Cancel:
		return s.cancel()
	case msg.CancelReplace:
		return s.replace()
	case msg.Amend:
		return s.amend()
	case msg.CancelAll:
		o := s.order()
		return msg.Command{Kind: kind, Account: o.Account, Symbol: o.market.id, CancelName: s.name(s.mix.names)}
	case msg.Credit, msg.Debit:
		return s.transfer(kind)
	case msg.CreateAccount:
		return msg.Command{Kind: kind, Name: s.name(0.5)}
	case msg.SetStatus:
		return msg.Command{Kind: kind, Account: s.trader(), Status: msg.Status(s.rng.IntN(3))}
	case msg.SetFees:
		return msg.Command{Kind: kind, Account: s.trader(), Maker: s.ownRate(), Taker: s.ownRate()}
	case msg.AddAsset:
		return msg.Command{Kind: kind, Name: s.freshName("A"), Scale: uint8(s.rng.IntN(msg.MaxScale + 1))}
	case msg.AddSymbol:
		return s.addSymbol()
	case msg.AlterSymbol:
		return s.alter()
	case msg.SetPhase:
		phase := msg.Phase(s.rng.IntN(4))
		if s.mix.calls {
			phase = msg.Auction
		}
		return msg.Command{Kind: kind, Symbol: s.symbol(), Phase: phase}
	default:
		return msg.Command{Kind: msg.Uncross, Symbol: s.symbol()}
	}
}

// mend now and then brings an account or a symbol back to life, and thins out a
// book that has grown beyond the mix's depth.
func (s *Stream) mend() (c msg.Command, ok bool) {
	if a := s.trader(); s.naive.account(a) != nil && s.naive.account(a).Status != msg.Normal && s.chance(0.2) {
		return msg.Command{Kind: msg.SetStatus, Account: a}, true
	}
	if c, ok := s.fund(); ok {
		return c, true
	}
	m := s.naive.market(s.symbol())
	switch {
	case m.phase == msg.Auction && s.chance(0.03):
		return msg.Command{Kind: msg.Uncross, Symbol: m.id}, true
	case m.phase > msg.Auction && s.chance(0.15) && m.crossed():
		return msg.Command{Kind: msg.SetPhase, Symbol: m.id, Phase: msg.Auction}, true
	case m.phase > msg.Auction && s.chance(0.15):
		return msg.Command{Kind: msg.SetPhase, Symbol: m.id}, true
	case len(m.bids)+len(m.asks) > s.styleOf(m.id).depth:
		side := msg.Side(s.rng.IntN(2))
		if book := *m.side(side); len(book) > 0 {
			o := book[s.rng.IntN(len(book))]
			s.forget(o)
			return msg.Command{Kind: msg.Cancel, Account: o.Account, Symbol: m.id, Order: o.ID}, true
		}
	}
	return msg.Command{}, false
}

// fund now and then gives an account what its last order lacked. The last command
// may be one that was left out, because nothing takes it: then it can be of an
// account that there is not.
func (s *Stream) fund() (c msg.Command, ok bool) {
	v := s.naive.events
	if len(v) == 0 || v[len(v)-1].Reason != msg.InsufficientBalance || s.naive.market(s.last.Symbol) == nil || s.chance(0.6) {
		return c, false
	}
	if s.naive.account(s.last.Account) == nil {
		return c, false
	}
	spec := &s.naive.market(s.last.Symbol).spec
	c = msg.Command{
		Kind: msg.Credit, Account: s.last.Account, Asset: spec.Base,
		Amount: s.mix.funds(s.rng), Transfer: s.naive.account(s.last.Account).Transfer + 1,
	}
	if s.last.Side == msg.Buy {
		c.Asset = spec.Quote
	}
	return c, true
}

// meansOrder reports whether a kind of command is about open orders.
func (s *Stream) meansOrder(k msg.Kind) bool {
	return k == msg.Cancel || k == msg.CancelReplace || k == msg.Amend || k == msg.CancelAll
}

// thin reports whether few orders are open in all.
func (s *Stream) thin() bool {
	count, depth := 0, 0
	for _, m := range s.naive.markets {
		count += len(m.bids) + len(m.asks)
		depth += min(s.styleOf(m.id).depth, 200)
	}
	return count < depth/4
}

// transfer draws a credit or a debit. One in ten repeats an old transfer.
func (s *Stream) transfer(kind msg.Kind) msg.Command {
	a := s.trader()
	if s.chance(0.1) {
		a = msg.FeeAccount
	}
	c := msg.Command{Kind: kind, Account: a, Asset: msg.AssetID(1 + s.rng.IntN(s.naive.Assets())), Amount: s.mix.funds(s.rng)}
	if free, _ := s.naive.Balance(a, c.Asset); kind == msg.Debit && free > 0 && s.chance(0.8) {
		c.Amount = 1 + msg.Amount(s.rng.Int64N(int64(free)))
	}
	if have := s.naive.account(a); have != nil {
		c.Transfer = have.Transfer + 1 + s.rng.Int64N(3)
		if s.chance(0.1) {
			c.Transfer = have.Transfer - s.rng.Int64N(3)
		}
	}
	return c
}

func (s *Stream) ownRate() msg.Rate {
	if s.chance(0.4) {
		return msg.NoRate
	}
	return drawRate(s.rng)
}

func (s *Stream) chance(p float64) bool { return s.rng.Float64() < p }

// symbol draws one of the symbols that have a style.
func (s *Stream) symbol() msg.SymbolID { return msg.SymbolID(1 + s.rng.IntN(s.naive.Symbols())) }

// trader draws an account that may exist. Few accounts make own orders meet.
func (s *Stream) trader() msg.AccountID { return msg.AccountID(1 + s.rng.IntN(s.mix.traders)) }
