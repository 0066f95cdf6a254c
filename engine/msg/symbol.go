package msg

import "math/bits"

// Symbol describes a market. Tick and lot are given in smallest units, so that
// a Price p stands for p×Tick quote units per whole base unit, and a Qty q for
// q×Lot base units. A filter's field of zero switches that part off.
type Symbol struct {
	Name       Name
	Base       AssetID
	Quote      AssetID
	Tick       Amount // quote units, per one whole base unit
	Lot        Amount // base units
	Accounting Accounting
	Maker      Rate // for accounts without a rate of their own
	Taker      Rate
	Filters    Filters
}

// Filters are the limits of a symbol's orders. The names are those of the wire
// format.
type Filters struct {
	MinPrice, MaxPrice                     Price  // PRICE_FILTER
	MinQty, MaxQty, StepQty                Qty    // LOT_SIZE
	MarketMinQty, MarketMaxQty, MarketStep Qty    // MARKET_LOT_SIZE
	MinNotional, MaxNotional               Amount // NOTIONAL
	MinToMarket, MaxToMarket               bool   // NOTIONAL: whether they bind market orders
	MaxOrders                              uint32 // MAX_NUM_ORDERS: open orders of an account
	MaxAmends                              uint16 // MAX_NUM_ORDER_AMENDS: amends of one order
	MaxPosition                            Amount // MAX_POSITION: base units that an account has or has on order

	// PERCENT_PRICE_BY_SIDE: the ends of a limit order's price, as multiples of the
	// reference price.
	BidMultiplierUp, BidMultiplierDown Multiplier
	AskMultiplierUp, AskMultiplierDown Multiplier

	// AvgMins is of how many minutes the average is that stands for the reference
	// price, of market orders in NOTIONAL and in PERCENT_PRICE_BY_SIDE; 0 = last
	// price. It is one number, so that one count of trades serves both.
	AvgMins uint8
}

// Unit returns what one lot at a price of one tick is worth, in quote units:
// tick × lot, where lot is in whole base units. ok is false when that is not a
// whole number from 1 to MaxAmount, and then the symbol must be refused:
// because it is whole, a notional never needs rounding.
func (s *Symbol) Unit(baseScale uint8) (unit Amount, ok bool) {
	if s.Tick <= 0 || s.Lot <= 0 || baseScale > MaxScale {
		return 0, false
	}
	hi, lo := bits.Mul64(uint64(s.Tick), uint64(s.Lot))
	whole := uint64(Pow10(baseScale))
	if hi >= whole {
		return 0, false
	}
	q, rest := bits.Div64(hi, lo, whole)
	return Amount(q), rest == 0 && q > 0 && q <= uint64(MaxAmount)
}

// Valid reports whether the parts of s make sense by themselves: rates, the
// accounting, and every filter with its minimum not above its maximum. Assets,
// name and unit are checked by the engine, which knows the assets.
func (s *Symbol) Valid() bool {
	f := &s.Filters
	return s.Maker >= 0 && s.Maker <= RateUnit && s.Taker >= 0 && s.Taker <= RateUnit &&
		s.Accounting <= maxAccounting && f.AvgMins <= MaxAvgMins &&
		span(int64(f.MinPrice), int64(f.MaxPrice)) && span(int64(f.MinQty), int64(f.MaxQty)) &&
		span(int64(f.MarketMinQty), int64(f.MarketMaxQty)) && span(int64(f.MinNotional), int64(f.MaxNotional)) &&
		span(int64(f.BidMultiplierDown), int64(f.BidMultiplierUp)) && span(int64(f.AskMultiplierDown), int64(f.AskMultiplierUp)) &&
		f.StepQty >= 0 && f.MarketStep >= 0 && f.MaxPosition >= 0
}

// span reports whether lo..hi is a range in which hi = 0 means no upper end.
func span(lo, hi int64) bool { return lo >= 0 && hi >= 0 && (hi == 0 || lo <= hi) }

// FixedEqual reports whether s and o agree in what an alter may not change.
func (s *Symbol) FixedEqual(o *Symbol) bool {
	return s.Name == o.Name && s.Base == o.Base && s.Quote == o.Quote && s.Tick == o.Tick &&
		s.Lot == o.Lot && s.Accounting == o.Accounting
}

// PriceOK applies PRICE_FILTER.
func (f *Filters) PriceOK(p Price) bool {
	return p >= f.MinPrice && (f.MaxPrice == 0 || p <= f.MaxPrice)
}

// Multipliers returns the ends that PERCENT_PRICE_BY_SIDE sets to prices of a
// side.
func (f *Filters) Multipliers(s Side) (up, down Multiplier) {
	if s == Buy {
		return f.BidMultiplierUp, f.BidMultiplierDown
	}
	return f.AskMultiplierUp, f.AskMultiplierDown
}

// PercentPriceOK applies PERCENT_PRICE_BY_SIDE, exactly: nothing is rounded but
// what the reference price was. A reference of zero is none, and none is asked.
func (f *Filters) PercentPriceOK(s Side, p, reference Price) bool {
	up, down := f.Multipliers(s)
	return reference == 0 ||
		(up == 0 || !exceeds(int64(p), int64(MultiplierUnit), int64(reference), int64(up))) &&
			!exceeds(int64(reference), int64(down), int64(p), int64(MultiplierUnit))
}

// exceeds reports whether a × b > c × d, of numbers that are not negative.
func exceeds(a, b, c, d int64) bool {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	limitHi, limitLo := bits.Mul64(uint64(c), uint64(d))
	return hi > limitHi || hi == limitHi && lo > limitLo
}

// QtyOK applies LOT_SIZE.
func (f *Filters) QtyOK(q Qty) bool { return qtyOK(q, f.MinQty, f.MaxQty, f.StepQty) }

// MarketQtyOK applies MARKET_LOT_SIZE.
func (f *Filters) MarketQtyOK(q Qty) bool {
	return qtyOK(q, f.MarketMinQty, f.MarketMaxQty, f.MarketStep)
}

func qtyOK(q, low, high, step Qty) bool {
	return q >= low && (high == 0 || q <= high) && (step <= 1 || q%step == 0)
}

// NotionalOK applies NOTIONAL to a limit order.
func (f *Filters) NotionalOK(n Amount) bool {
	return n >= f.MinNotional && (f.MaxNotional == 0 || n <= f.MaxNotional)
}

// MaxPositionOK applies MAX_POSITION to a buy: held is what its account has of
// the base asset, lots are those of its open bids and of the new one, lot is what
// one of them is. The lots may stand for more than there can be.
func (f *Filters) MaxPositionOK(held Amount, lots uint64, lot Amount) bool {
	hi, lo := bits.Mul64(lots, uint64(lot))
	lo, carry := bits.Add64(lo, uint64(held), 0)
	return f.MaxPosition == 0 || hi+carry == 0 && lo <= uint64(f.MaxPosition)
}

// MarketNotionalOK applies NOTIONAL to a market order.
func (f *Filters) MarketNotionalOK(n Amount) bool {
	return (!f.MinToMarket || n >= f.MinNotional) && (!f.MaxToMarket || f.MaxNotional == 0 || n <= f.MaxNotional)
}
