package msg

import (
	"math/bits"

	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// Seq numbers commands: gap-free, from 1. Zero means none.
type Seq uint64

// Price is a limit or trade price in ticks of its symbol, 1 to MaxPrice.
type Price int64

// Qty is a quantity in lots of its symbol, 1 to MaxQty for an order.
type Qty int64

// Amount is an amount of an asset in its smallest unit.
type Amount int64

// Rate is a fee rate in parts of RateUnit: 100,000 is 0.1 %.
type Rate int64

// Multiplier is a factor of a price in parts of MultiplierUnit: 150,000,000 is
// 1.5.
type Multiplier int64

// OrderID names an order. It is the Seq of the command that brought the order
// in: strictly increasing, never reused, and it finds the command again.
type OrderID uint64

// TradeID numbers the trades of one symbol, gap-free from 1.
type TradeID uint64

// AssetID names an asset. The engine gives it, gap-free from 1.
type AssetID uint32

// SymbolID names a symbol. The engine gives it, gap-free from 1.
type SymbolID uint32

// AccountID names an account. The engine gives it, gap-free from 1; 0 is the
// fee account.
type AccountID uint32

// FeeAccount receives all fees. It exists from the start, can be debited and
// credited like any account, and may not trade.
const FeeAccount AccountID = 0

// The limits of the language. They decide what the engine refuses, so they are
// part of the derivation version: changing one changes what a journal means.
const (
	MaxPrice       Price      = 1<<53 - 1 // exact in a JSON number
	MaxQty         Qty        = 1<<53 - 1 // exact in a JSON number
	MaxAmount      Amount     = 1<<63 - 1 // also bounds the total supply of an asset
	MaxAssets                 = 1 << 16
	MaxSymbols                = 1 << 20
	MaxAccounts               = 1 << 24
	MaxScale                  = 18  // decimals of an asset; 10^18 fits an int64
	MaxAvgMins                = 60  // minutes of an average price
	RateUnit       Rate       = 1e8 // a rate of RateUnit is 100 %
	MultiplierUnit Multiplier = 1e8 // a factor of MultiplierUnit is 1
	NoRate         Rate       = -1  // an account without a rate of its own
	minute                    = 60_000_000_000
)

// MaxOwnEvents bounds the events of a command beside one for each open order
// that it meets: the refusal of a cancel-replace's cancel, the acceptance, the
// expiry.
const MaxOwnEvents = 3

// MaxCancels bounds how many orders one cancel-all cancels, so that the commands
// that wait behind it wait for no longer: who wants more canceled asks again.
const MaxCancels = 1024

// Minute returns the number of the clock minute that holds t, a time in
// nanoseconds. Time buckets are counted in it.
func Minute(t int64) int64 { return t / minute }

// Fee returns the fee on a received amount at a rate: amount × rate, rounded
// half up to the asset's unit. This is the one rounding rule of the exchange.
// Amount must not be negative and rate must lie in 0..RateUnit, so a fee is
// never more than the amount.
func Fee(a Amount, r Rate) Amount {
	if r == 0 {
		return 0
	}
	if planted.Bug == planted.FloatFee {
		return Amount(planted.Share(int64(a), int64(r), int64(RateUnit)))
	}
	hi, lo := bits.Mul64(uint64(a), uint64(r))
	lo, carry := bits.Add64(lo, uint64(RateUnit)/2, 0)
	if hi+carry == 0 {
		return Amount(lo / uint64(RateUnit)) // a constant, by which is multiplied
	}
	q, _ := bits.Div64(hi+carry, lo, uint64(RateUnit))
	return Amount(q)
}

// Mul multiplies two numbers that are not negative; ok is false when the
// product does not fit into 63 bits.
func Mul(a, b int64) (product int64, ok bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	return int64(lo), hi == 0 && lo <= uint64(MaxAmount)
}
