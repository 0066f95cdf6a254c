package enginetest

import (
	"math/big"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// What the language could answer itself, once more and plainly: the engine asks
// msg, and an error there would be the same on both sides.

// legal reports whether n is a name: letters, digits, - and _, then nothing.
func legal(n msg.Name) bool {
	text := strings.TrimRight(string(n[:]), "\x00")
	strange := func(r rune) bool {
		return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", r)
	}
	return text != "" && !strings.ContainsFunc(text, strange)
}

// given reports whether a command has this name, legal or not.
func given(n msg.Name) bool { return n[0] != 0 }

// inPrices applies PRICE_FILTER.
func inPrices(f *msg.Filters, p msg.Price) bool {
	if f.MaxPrice != 0 && p > f.MaxPrice {
		return false
	}
	return p >= f.MinPrice
}

// inPercent applies PERCENT_PRICE_BY_SIDE: price over reference, times a hundred
// million, lies between the multipliers of the side.
func inPercent(f *msg.Filters, side msg.Side, p, reference msg.Price) bool {
	high, low := f.AskMultiplierUp, f.AskMultiplierDown
	if side == msg.Buy {
		high, low = f.BidMultiplierUp, f.BidMultiplierDown
	}
	ratio := big.NewRat(int64(p), int64(reference))
	ratio.Mul(ratio, big.NewRat(100_000_000, 1))
	if high != 0 && ratio.Cmp(big.NewRat(int64(high), 1)) > 0 {
		return false
	}
	return ratio.Cmp(big.NewRat(int64(low), 1)) >= 0
}

// inLots applies LOT_SIZE and, of a market order, MARKET_LOT_SIZE.
func inLots(q, low, high, step msg.Qty) bool {
	if q < low || high != 0 && q > high {
		return false
	}
	return step == 0 || q%step == 0
}

// inNotional applies NOTIONAL with those of its ends that bind.
func inNotional(f *msg.Filters, worth *big.Int, lower, upper bool) bool {
	if lower && worth.Cmp(big.NewInt(int64(f.MinNotional))) < 0 {
		return false
	}
	return !upper || f.MaxNotional == 0 || worth.Cmp(big.NewInt(int64(f.MaxNotional))) <= 0
}

// sane reports whether a symbol's numbers make sense by themselves.
func sane(s *msg.Symbol) bool {
	f := &s.Filters
	for _, rate := range [...]msg.Rate{s.Maker, s.Taker} {
		if rate < 0 || rate > 100_000_000 {
			return false
		}
	}
	for _, ends := range [...][2]int64{
		{int64(f.MinPrice), int64(f.MaxPrice)},
		{int64(f.MinQty), int64(f.MaxQty)},
		{int64(f.MarketMinQty), int64(f.MarketMaxQty)},
		{int64(f.MinNotional), int64(f.MaxNotional)},
		{int64(f.BidMultiplierDown), int64(f.BidMultiplierUp)},
		{int64(f.AskMultiplierDown), int64(f.AskMultiplierUp)},
	} {
		if ends[0] < 0 || ends[1] < 0 || ends[1] > 0 && ends[0] > ends[1] {
			return false
		}
	}
	known := s.Accounting == msg.Balances || s.Accounting == msg.NoAccounting
	return known && f.StepQty >= 0 && f.MarketStep >= 0 && f.MaxPosition >= 0 && f.AvgMins <= 60
}

// unitOf is what one lot is worth at a price of one tick: tick × lot over a whole
// of the base asset, if that is a whole number that fits.
func unitOf(s *msg.Symbol, baseScale uint8) (unit msg.Amount, ok bool) {
	if s.Tick <= 0 || s.Lot <= 0 {
		return 0, false
	}
	whole := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(baseScale)), nil)
	value, rest := new(big.Int).QuoRem(product(int64(s.Tick), int64(s.Lot)), whole, new(big.Int))
	return msg.Amount(value.Int64()), rest.Sign() == 0 && value.Sign() > 0 && fits(value)
}

// fixed is what an alter may not change of a symbol.
func fixed(s *msg.Symbol) msg.Symbol {
	return msg.Symbol{Name: s.Name, Base: s.Base, Quote: s.Quote, Tick: s.Tick, Lot: s.Lot, Accounting: s.Accounting}
}

// clockMinute is the number of the minute that holds a time.
func clockMinute(t int64) int64 { return t / 1_000_000_000 / 60 }
