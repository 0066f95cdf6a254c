package engine_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Whatever passes Check is told again by the journal: the command and its
// events come back as they were, and folding them gives the same state. All
// fields are drawn, those that the kind does not use included.
func TestCheckedCommandsAreTold(t *testing.T) {
	const commands = 400
	passed, accepted := map[msg.Kind]int{}, map[msg.Kind]int{}
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 3))
		e := stateAfter(t, seed, 150)
		folded, err := engine.Restore(e.AppendState(nil), engine.Capacity{})
		if err != nil {
			t.Fatal(err)
		}
		var enc msg.Encoder
		var dec msg.Decoder
		var events []msg.Event
		for range commands {
			c := anyCommand(r, e)
			if c.Check() != nil {
				continue
			}
			passed[c.Kind]++
			events = e.Execute(&c, events[:0])
			if events[0].Kind != msg.Rejected {
				accepted[c.Kind]++
			}
			enc.Reset(c.Seq, 0)
			dec.Reset(enc.Append(nil, &c, events), c.Seq, 0)
			var back msg.Command
			backEvents, err := dec.Next(&back, nil)
			if err != nil || dec.More() {
				t.Fatalf("seed %d: %+v: %v", seed, c, err)
			}
			if diff := cmp.Diff(c, back) + cmp.Diff(events, backEvents); diff != "" {
				t.Fatalf("seed %d: %+v: %s", seed, c, diff)
			}
			folded.Apply(&back, backEvents)
			if folded.Digest() != e.Digest() {
				t.Fatalf("seed %d: %+v: digest %x after folding, %x executed", seed, c, folded.Digest(), e.Digest())
			}
		}
		if err := folded.Check(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	for k := msg.Place; k <= msg.Uncross; k++ {
		if passed[k] < 50 || accepted[k] < 3 {
			t.Errorf("%v: %d passed, %d of them accepted", k, passed[k], accepted[k])
		}
	}
}

// anyCommand draws every field of the next command. In most of the commands
// fields that a command of this kind has no use for are rare, or few would pass.
func anyCommand(r *rand.Rand, e *engine.Engine) msg.Command {
	few := func(n uint64) uint64 { // small, or rarely anything
		if r.IntN(30) == 0 {
			return r.Uint64() >> r.IntN(64)
		}
		return r.Uint64N(n)
	}
	name := func() (n msg.Name) {
		switch r.IntN(20) {
		case 0:
			n[r.IntN(3)] = 'z'
		case 1:
			n[0], n[1+r.IntN(35)] = 'a', byte(r.Uint32())
		default:
			n[0] = "abcdef"[r.IntN(6)]
		}
		return n
	}
	spec := &msg.Symbol{
		Name: name(), Base: msg.AssetID(few(5)), Quote: msg.AssetID(few(5)), Tick: msg.Amount(few(3)), Lot: msg.Amount(few(3)),
		Accounting: msg.Accounting(few(3)), Maker: msg.Rate(few(1000)), Taker: msg.Rate(few(1000)),
	}
	if s, ok := e.Symbol(1); ok && r.IntN(2) == 0 {
		*spec = s.Spec
	}
	spec.Filters.AvgMins, spec.Filters.MaxAmends = uint8(few(9)), uint16(few(9))
	spec.Filters.BidMultiplierDown, spec.Filters.MaxPosition = msg.Multiplier(few(2))*msg.MultiplierUnit/2, msg.Amount(few(2))<<39
	c := msg.Command{
		Kind: msg.Kind(few(16)), Side: msg.Side(few(2)), Type: msg.OrderType(few(3)), TIF: msg.TimeInForce(few(3)), STP: msg.Prevention(few(5)),
		Mode: msg.ReplaceMode(few(2)), Only: msg.Restriction(few(3)), Status: msg.Status(few(3)), Phase: msg.Phase(few(4)), Scale: uint8(few(19)),
		Account: msg.AccountID(few(4)), Symbol: msg.SymbolID(few(3)), Asset: msg.AssetID(few(5)),
		Price: msg.Price(few(100)), Qty: msg.Qty(few(50)), Quote: msg.Amount(few(5000)), Order: msg.OrderID(few(uint64(e.Seq()) + 1)),
		Amount: msg.Amount(few(1 << 40)), Transfer: int64(few(1 << 20)), Maker: msg.Rate(few(1000)), Taker: msg.Rate(few(1000)),
		Name: name(), OrigName: name(), CancelName: name(), Spec: spec,
		Strategy: msg.Strategy{ID: int64(few(9)), Type: int32(few(2) * msg.MinStrategyType), HasID: r.IntN(20) > 0},
	}
	e.EachOrder(c.Symbol, c.Side&1, func(o engine.Order) bool {
		c.Account, c.Order, c.OrigName = o.Account, o.ID, o.Name
		return r.IntN(3) > 0
	})
	if r.IntN(20) > 0 {
		c = plain(&c, r.IntN(30) == 0)
	}
	c.Seq, c.Time = e.Seq()+1, e.Time()+r.Int64N(1<<30)
	return c
}

// plain returns c with what its kind uses, and perhaps an order id in addition.
func plain(c *msg.Command, order bool) msg.Command {
	p := msg.Command{Kind: c.Kind}
	if order {
		p.Order = c.Order
	}
	switch c.Kind {
	case msg.Place, msg.CancelReplace:
		p.Side, p.Type, p.TIF, p.STP, p.Account, p.Symbol = c.Side, c.Type, c.TIF, c.STP, c.Account, c.Symbol
		p.Price, p.Qty, p.Name, p.Strategy = c.Price, c.Qty, c.Name, c.Strategy
		if c.Type == msg.Market && c.Amount%2 == 0 {
			p.Price, p.Qty, p.Quote, p.TIF = 0, 0, c.Quote, 0
		}
		if c.Kind == msg.CancelReplace {
			p.Mode, p.Only, p.Order, p.CancelName = c.Mode, c.Only, c.Order, c.CancelName
		}
	case msg.Cancel:
		p.Account, p.Symbol, p.Order, p.CancelName, p.Only = c.Account, c.Symbol, c.Order, c.CancelName, c.Only
		if c.Amount%2 == 0 {
			p.OrigName = c.OrigName
		}
	case msg.Amend:
		p.Account, p.Symbol, p.Order, p.Name, p.Qty = c.Account, c.Symbol, c.Order, c.Name, c.Qty
	case msg.CancelAll:
		p.Account, p.Symbol, p.CancelName = c.Account, c.Symbol, c.CancelName
	case msg.Credit, msg.Debit:
		p.Account, p.Asset, p.Amount, p.Transfer = c.Account, c.Asset, c.Amount, c.Transfer
	case msg.CreateAccount, msg.AddAsset:
		p.Name = c.Name
		if c.Kind == msg.AddAsset {
			p.Scale = c.Scale
		}
	case msg.SetStatus:
		p.Account, p.Status = c.Account, c.Status
	case msg.SetFees:
		p.Account, p.Maker, p.Taker = c.Account, c.Maker, c.Taker
	case msg.AddSymbol, msg.AlterSymbol:
		p.Spec = c.Spec
		if c.Kind == msg.AlterSymbol {
			p.Symbol = c.Symbol
		}
	case msg.SetPhase, msg.Uncross:
		p.Symbol = c.Symbol
		if c.Kind == msg.SetPhase {
			p.Phase = c.Phase
		}
	default:
	}
	return p
}
