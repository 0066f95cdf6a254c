package enginetest

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// spoil makes one thing wrong in a command.
func (s *Stream) spoil(c *msg.Command) {
	if s.chance(0.2) {
		s.spoilCommon(c)
		return
	}
	switch c.Kind {
	case msg.Place, msg.CancelReplace:
		s.spoilOrder(c)
	case msg.Cancel, msg.CancelAll, msg.Amend:
		s.spoilCancel(c)
	case msg.AddSymbol, msg.AlterSymbol:
		s.spoilSymbol(c)
	default:
		s.spoilAdmin(c)
	}
}

// spoilCommon spoils what every kind has.
func (s *Stream) spoilCommon(c *msg.Command) {
	switch s.rng.IntN(4) {
	case 0:
		c.Kind = msg.Kind([...]uint8{0, 16, 31, 255}[s.rng.IntN(4)])
	case 1:
		c.Symbol = msg.SymbolID([...]uint32{0, 9, msg.MaxSymbols, 1<<32 - 1}[s.rng.IntN(4)])
	default:
		c.Account = msg.AccountID([...]uint32{0, 99, msg.MaxAccounts, 1<<32 - 1}[s.rng.IntN(4)])
	}
}

// spoilOrder spoils the form of a new order.
func (s *Stream) spoilOrder(c *msg.Command) {
	switch s.rng.IntN(13) {
	case 0:
		c.Side = 2
	case 1:
		c.Type = 3
	case 2:
		c.TIF = msg.TimeInForce(1 + s.rng.IntN(3))
	case 3:
		c.STP = 5
	case 4:
		c.Mode = 2
	case 5:
		c.Name = badName(s.rng.IntN(3))
	case 6:
		c.Price = [...]msg.Price{0, -1, 1, msg.MaxPrice + 1, 1<<63 - 1}[s.rng.IntN(5)]
	case 7:
		c.Qty = [...]msg.Qty{0, -1, 1, msg.MaxQty + 1, 1<<63 - 1}[s.rng.IntN(5)]
	case 8:
		c.Quote = [...]msg.Amount{0, -1, 1, msg.MaxAmount}[s.rng.IntN(4)]
	case 9:
		c.Type = msg.Market
	case 10:
		c.Price, c.Qty = msg.MaxPrice, msg.MaxQty
	case 11:
		c.Only = msg.Restriction([...]uint8{3, 255}[s.rng.IntN(2)])
	default:
		c.Type, c.TIF = msg.LimitMaker, msg.FOK
	}
}

// badName returns a name that is none: illegal characters, or something behind
// the end.
func badName(i int) msg.Name {
	var name msg.Name
	switch i {
	case 0:
		copy(name[:], "no blanks")
	case 1:
		name[0], name[5] = 'x', 'y'
	default:
		name[0] = 0xff
	}
	return name
}

// spoilCancel spoils which order is meant, or to what it is amended.
func (s *Stream) spoilCancel(c *msg.Command) {
	switch s.rng.IntN(7) {
	case 0:
		c.Order = 0
	case 1:
		c.Order = msg.OrderID([...]uint64{1, uint64(c.Seq) + 5, 1 << 40, 1<<64 - 1}[s.rng.IntN(4)])
	case 2:
		c.OrigName = badName(s.rng.IntN(3))
	case 3:
		c.Name = badName(s.rng.IntN(3))
	case 4:
		c.Qty = [...]msg.Qty{0, -1, -1 << 63, 1<<63 - 1}[s.rng.IntN(4)]
	case 5:
		c.Only = msg.Restriction([...]uint8{1, 2, 3, 255}[s.rng.IntN(4)])
	default:
		c.Account = s.trader()
	}
}

// spoilSymbol spoils a symbol's description.
func (s *Stream) spoilSymbol(c *msg.Command) {
	spec := *c.Spec
	c.Spec = &spec
	switch s.rng.IntN(12) {
	case 0:
		c.Spec = nil
	case 1:
		spec.Name = badName(s.rng.IntN(3))
	case 2:
		spec.Base = 99
	case 3:
		spec.Quote = spec.Base
	case 4:
		spec.Tick = [...]msg.Amount{0, -1, msg.MaxAmount, spec.Tick + 1}[s.rng.IntN(4)]
	case 5:
		spec.Lot = [...]msg.Amount{0, -1, msg.MaxAmount, spec.Lot + 1}[s.rng.IntN(4)]
	case 6:
		spec.Accounting = 2
	case 7:
		spec.Maker = [...]msg.Rate{msg.NoRate, msg.RateUnit + 1}[s.rng.IntN(2)]
	case 8:
		spec.Filters.MinQty, spec.Filters.MaxQty = 5, 4
		if s.chance(0.5) {
			s.spoilFilters(&spec.Filters)
		}
	case 9:
		spec.Filters.AvgMins = msg.MaxAvgMins + 1
	case 10:
		spec.Name = s.naive.markets[s.rng.IntN(len(s.naive.markets))].spec.Name
	default:
		spec.Accounting = 1 - spec.Accounting
	}
}

// spoilFilters spoils one of the filters.
func (s *Stream) spoilFilters(f *msg.Filters) {
	switch s.rng.IntN(4) {
	case 0:
		f.BidMultiplierUp, f.BidMultiplierDown = 1, 2
	case 1:
		f.AskMultiplierUp, f.AskMultiplierDown = msg.MultiplierUnit-1, msg.MultiplierUnit
	case 2:
		f.AskMultiplierUp = -1
	default:
		f.MaxPosition = -1
	}
}

// spoilAdmin spoils what is said of accounts, assets and phases.
func (s *Stream) spoilAdmin(c *msg.Command) {
	switch c.Kind {
	case msg.Credit, msg.Debit:
		switch s.rng.IntN(5) {
		case 0:
			c.Amount = [...]msg.Amount{0, -1, -1 << 63}[s.rng.IntN(3)]
		case 1:
			c.Asset = [...]msg.AssetID{0, 99, 1<<32 - 1}[s.rng.IntN(3)]
		case 2:
			c.Transfer = [...]int64{0, -1, -1 << 63}[s.rng.IntN(3)]
		default:
			c.Amount = msg.MaxAmount - msg.Amount(s.rng.IntN(2))
		}
	case msg.SetStatus:
		c.Status = msg.Status([...]uint8{3, 255}[s.rng.IntN(2)])
	case msg.SetPhase:
		c.Phase = msg.Phase([...]uint8{4, 255}[s.rng.IntN(2)])
	case msg.SetFees:
		c.Maker = [...]msg.Rate{-2, msg.RateUnit + 1, 1<<63 - 1}[s.rng.IntN(3)]
		if s.chance(0.5) {
			c.Maker, c.Taker = c.Taker, c.Maker
		}
	case msg.AddAsset:
		c.Scale = msg.MaxScale + 1
		if s.chance(0.3) {
			c.Scale = 0
			c.Name = badName(s.rng.IntN(3))
		} else if s.chance(0.5) {
			c.Scale = 0
			c.Name = s.naive.assets[0].name
		}
	default:
		c.Name = badName(s.rng.IntN(3))
	}
}
