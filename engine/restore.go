package engine

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Restore returns the engine of an image, which must be whole. The image is
// foreign bytes: damage is an error and never a panic. The caller compares the
// digest with the one it expects.
func Restore(image []byte, c Capacity) (*Engine, error) {
	r := restoring{reader: reader{b: image}, e: New(c)}
	if v := r.uint(); r.err == nil && v != StateVersion {
		return nil, fmt.Errorf("%w: %d", ErrStateVersion, v)
	}
	e := r.e
	e.seq, e.time = msg.Seq(r.counter()), int64(r.upTo(math.MaxInt64))
	r.assets()
	r.accounts()
	r.balances()
	for n := r.count(msg.MaxSymbols); n > 0 && r.err == nil; n-- {
		r.symbol()
	}
	if len(r.b) > 0 {
		r.fail("bytes follow the end")
	}
	if r.err == nil {
		r.orders()
	}
	if r.err != nil {
		return nil, r.err
	}
	e.settleAll()
	e.digest = e.mixRest() + r.digest
	return e, nil
}

// restoring is an image on its way into an engine. All that Check would find is found
// here, or cannot be because of how the state is built, so that nothing has to be
// gone through a second time: most of what that takes is waiting for memory. Orders
// are read one after the other, as they lie in the image and will lie in memory; no
// step looks at another order, which may be anywhere.
type restoring struct {
	reader
	e      *Engine
	locked []msg.Amount // of balances, by slot: what the orders can cost
	hashes []nameEntry  // of the orders that are named
	digest uint64       // of the orders
}

func (r *restoring) assets() {
	e := r.e
	for n := r.count(msg.MaxAssets); n > 0 && r.err == nil; n-- {
		a := asset{name: r.name(), scale: uint8(r.upTo(msg.MaxScale)), total: msg.Amount(r.upTo(uint64(msg.MaxAmount)))}
		if e.assetNames[a.name] != 0 {
			r.fail("an asset appears twice")
		}
		e.assets = append(e.assets, a)
		e.assetNames[a.name] = msg.AssetID(len(e.assets))
	}
}

func (r *restoring) accounts() {
	e := r.e
	n := r.count(msg.MaxAccounts + 1)
	if n == 0 {
		r.fail("no fee account")
	}
	e.accounts = slices.Grow(e.accounts[:0], n) // New made the fee account; the image has its state
	for i := 0; i < n && r.err == nil; i++ {
		e.accounts = append(e.accounts, account{
			status: msg.Status(r.upTo(uint64(msg.Disabled))), maker: r.rate(), taker: r.rate(), transfer: int64(r.counter()),
		})
	}
}

func (r *restoring) balances() {
	e := r.e
	last := uint64(0)
	for n := r.count(1 << 40); n > 0 && r.err == nil; n-- {
		b := balance{account: msg.AccountID(r.upTo(1<<32 - 1)), asset: msg.AssetID(r.upTo(1<<32 - 1))}
		b.free, b.locked = msg.Amount(r.upTo(uint64(msg.MaxAmount))), msg.Amount(r.upTo(uint64(msg.MaxAmount)))
		key := uint64(b.account)<<32 | uint64(b.asset)
		if key <= last || !e.hasAsset(b.asset) || int64(b.account) >= int64(len(e.accounts)) || b.free == 0 && b.locked == 0 {
			r.fail("a balance is out of order or of nobody")
			return
		}
		last = key
		e.balances.pool[e.balances.of(b.account, b.asset)] = b
	}
}

func (r *restoring) symbol() {
	e := r.e
	spec, rest, err := msg.DecodeSymbol(r.b)
	r.b = rest
	if err != nil || e.addSymbolRule(&spec) != msg.NoReason {
		r.fail("a symbol makes no sense")
		return
	}
	e.addSymbol(&spec)
	s := e.symbols[len(e.symbols)-1]
	s.phase, s.last, s.trade = msg.Phase(r.upTo(uint64(msg.CancelOnly))), msg.Price(r.upTo(uint64(msg.MaxPrice))), msg.TradeID(r.counter())
	s.updates, s.reports, s.queue = r.counter(), r.counter(), r.counter()
	for i := range s.minutes {
		b := bucket{minute: int64(r.upTo(math.MaxInt64)), qty: r.upTo(bucketQty - 1), hi: r.uint(), lo: r.uint()}
		if b != (bucket{}) && !b.sound(i, len(s.minutes), msg.Minute(e.time)) {
			r.fail("a time bucket makes no sense")
			return
		}
		s.minutes[i] = b
	}
	if r.err != nil {
		return
	}
	r.symbolOrders(s)
	if s.phase == msg.Trading && s.crossed() {
		r.fail("a book is crossed in trading")
		return
	}
	e.end()
}

// sound reports whether a bucket that holds something can be the i-th of n now.
// Halving rounds the quantity by up to half a lot more than the sum, so the
// average may lie a little above MaxPrice.
func (b *bucket) sound(i, n int, now int64) bool {
	hi, lo := bits.Mul64(b.qty, uint64(msg.MaxPrice)+1)
	below := b.hi < hi || b.hi == hi && b.lo < lo
	return b.qty > 0 && below && b.minute <= now && b.minute%int64(n) == int64(i)
}
