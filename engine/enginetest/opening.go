package enginetest

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// open draws the commands that bring the stream's assets, symbols, accounts and
// their money into being.
func (s *Stream) open() {
	scales := []uint8{0, 8, 2, uint8(s.rng.IntN(msg.MaxScale + 1))}
	for _, scale := range scales {
		s.opening = append(s.opening, msg.Command{Kind: msg.AddAsset, Name: s.freshName("A"), Scale: scale})
	}
	for i := range s.mix.symbols {
		st := s.styleOf(msg.SymbolID(i + 1))
		spec := s.spec(scales, st)
		if s.mix.hoard {
			spec.Filters = msg.Filters{}
		}
		if s.mix.hoard || st.costly() && !s.mix.rich && s.chance(0.7) {
			spec.Accounting = msg.NoAccounting // or nobody could pay
		}
		s.opening = append(s.opening, msg.Command{Kind: msg.AddSymbol, Spec: &spec})
	}
	for range s.mix.traders {
		s.opening = append(s.opening, msg.Command{Kind: msg.CreateAccount, Name: s.name(0.5)})
	}
	for a := range s.mix.traders {
		for i := range scales {
			s.opening = append(s.opening, msg.Command{
				Kind: msg.Credit, Account: msg.AccountID(a + 1), Asset: msg.AssetID(i + 1), Amount: s.purse(), Transfer: int64(i + 1),
			})
		}
	}
}

// purse draws what an account has of an asset at first, enough for the market to
// live: of a rich mix all there can be.
func (s *Stream) purse() msg.Amount {
	if s.mix.rich {
		return msg.MaxAmount / msg.Amount(s.mix.traders+1)
	}
	return msg.Amount(1) << (36 + s.rng.IntN(16))
}

// styleOf returns how a symbol's orders look.
func (s *Stream) styleOf(id msg.SymbolID) *style {
	for len(s.styles) < int(id) {
		s.styles = append(s.styles, drawStyle(s.rng, &s.mix))
	}
	return s.styles[id-1]
}

// freshName returns the name of a new asset or symbol.
func (s *Stream) freshName(prefix string) msg.Name {
	s.named++
	var name msg.Name
	copy(name[:], fmt.Sprint(prefix, s.named))
	return name
}

// spec draws a symbol between two of the assets with these scales. Its tick and
// lot make a whole unit.
func (s *Stream) spec(scales []uint8, st *style) msg.Symbol {
	base := s.rng.IntN(len(scales))
	quote := (base + 1 + s.rng.IntN(len(scales)-1)) % len(scales)
	spec := msg.Symbol{
		Name: s.freshName("S"), Base: msg.AssetID(base + 1), Quote: msg.AssetID(quote + 1),
		Accounting: msg.Accounting(min(1, s.rng.IntN(4)/3)), Maker: drawRate(s.rng), Taker: drawRate(s.rng),
	}
	if s.rng.IntN(3) == 0 {
		spec.Maker, spec.Taker = 0, 0
	}
	zeros := uint8(s.rng.IntN(int(scales[base]) + 1)) // the lot has so many, the tick the others
	if st.qty == hugeQty {
		zeros = 0 // or no such quantity would fit
	}
	spec.Lot = msg.Amount(msg.Pow10(zeros)) * msg.Amount(1+s.rng.IntN(3))
	spec.Tick = msg.Amount(msg.Pow10(scales[base]-zeros)) * msg.Amount(1+s.rng.IntN(5))
	spec.Filters = s.filters(st)
	if s.chance(0.2) {
		spec.Filters.MaxPosition = s.maxPosition(&spec, s.purse())
	}
	return spec
}

// maxPosition draws what an account may have that has so much now: a little more,
// or about as much as it has.
func (s *Stream) maxPosition(spec *msg.Symbol, has msg.Amount) msg.Amount {
	room := min(spec.Lot, 1<<40) * msg.Amount(s.rng.Int64N(1<<(1+s.rng.IntN(20))))
	if s.chance(0.1) {
		return max(has-room, 1)
	}
	return has + min(room, msg.MaxAmount-has)
}

// filters draws filters, each of them more often off than on, and mostly such
// that orders of the style pass.
func (s *Stream) filters(st *style) msg.Filters {
	often := 1.0
	if st.costly() {
		often = 0.1
	}
	f := msg.Filters{}
	if s.chance(0.1) {
		f.MinPrice, f.MaxPrice = 3, msg.MaxPrice-3
	}
	if s.chance(0.2 * often) {
		f.MinQty, f.MaxQty = 2, msg.Qty(50+s.rng.IntN(1000))
	}
	if s.chance(0.2) {
		f.StepQty = msg.Qty(1 + s.rng.IntN(5))
	}
	if s.chance(0.3 * often) {
		f.MarketMinQty, f.MarketMaxQty, f.MarketStep = 1+msg.Qty(s.rng.IntN(3)), msg.Qty(s.rng.IntN(3)*100), msg.Qty(s.rng.IntN(4))
	}
	if s.chance(0.2) {
		f.MinNotional, f.MinToMarket = 2*msg.Amount(st.low), s.chance(0.7)
	}
	if s.chance(0.2 * often) {
		f.MaxNotional, f.MaxToMarket = msg.Amount(st.high)*msg.Amount(20+s.rng.IntN(1000)), s.chance(0.7)
	}
	if s.chance(0.4) {
		f.AvgMins = uint8(1 + s.rng.IntN(5))
		if s.chance(0.1) {
			f.AvgMins = msg.MaxAvgMins
		}
	}
	if s.chance(0.2) {
		f.MaxOrders = uint32(1 + s.rng.IntN(20))
	}
	if s.chance(0.2) {
		f.MaxAmends = uint16(1 + s.rng.IntN(3))
	}
	if s.chance(0.2) {
		f.BidMultiplierUp, f.BidMultiplierDown = s.multipliers(st)
	}
	if s.chance(0.2) {
		f.AskMultiplierUp, f.AskMultiplierDown = s.multipliers(st)
	}
	return f
}

// multipliers draws the ends of PERCENT_PRICE_BY_SIDE, about as far apart as the
// style's prices are, so that some of these are beyond. One end may be off.
func (s *Stream) multipliers(st *style) (up, down msg.Multiplier) {
	spread := 100 * int64(msg.MultiplierUnit)
	if !st.wild {
		spread = max(1, 2*int64(st.high-st.low)*int64(msg.MultiplierUnit)/int64(st.low))
	}
	up = msg.MultiplierUnit + msg.Multiplier(s.rng.Int64N(spread+1))
	down = msg.MultiplierUnit - msg.Multiplier(s.rng.Int64N(min(spread, int64(msg.MultiplierUnit))))
	switch s.rng.IntN(8) {
	case 0:
		up = 0
	case 1:
		down = 0
	case 2: // both below the reference, or both above it
		up = down + (msg.MultiplierUnit-down)/2
	case 3:
		down = msg.MultiplierUnit + (up-msg.MultiplierUnit)/2
	default:
	}
	return up, down
}

// addSymbol draws another symbol while there are few.
func (s *Stream) addSymbol() msg.Command {
	scales := make([]uint8, len(s.naive.assets))
	for i, a := range s.naive.assets {
		scales[i] = a.scale
	}
	spec := s.spec(scales, s.styleOf(msg.SymbolID(s.naive.Symbols()+1)))
	if s.naive.Symbols() >= 5 {
		spec.Name = s.naive.markets[0].spec.Name
	}
	return msg.Command{Kind: msg.AddSymbol, Spec: &spec}
}

// alter draws new filters and rates.
func (s *Stream) alter() msg.Command {
	m := s.naive.market(s.symbol())
	spec := m.spec
	if s.chance(0.5) {
		spec.Maker, spec.Taker = drawRate(s.rng), drawRate(s.rng)
	}
	if s.chance(0.8) {
		spec.Filters = s.filters(s.styleOf(m.id))
	}
	if a := s.trader(); s.chance(0.4) && s.naive.account(a) != nil {
		has := s.naive.position(m, a)
		if fits(has) {
			spec.Filters.MaxPosition = s.maxPosition(&spec, msg.Amount(has.Int64()))
		}
	}
	return msg.Command{Kind: msg.AlterSymbol, Symbol: m.id, Spec: &spec}
}
