package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// StateVersion is the version of what AppendState writes.
const StateVersion = 1

// The ways in which an image can be refused.
var (
	ErrStateVersion = errors.New("engine: state image of an unknown version")
	ErrState        = errors.New("engine: damaged state image")
)

// AppendState appends an image of the whole state. Equal states give equal
// bytes, whatever commands led to them.
func (e *Engine) AppendState(dst []byte) []byte {
	dst = putUints(dst, StateVersion, uint64(e.seq), uint64(e.time), uint64(len(e.assets)))
	for i := range e.assets {
		a := &e.assets[i]
		dst = append(dst, a.name[:]...)
		dst = putUints(dst, uint64(a.scale), uint64(a.total))
	}
	dst = putUints(dst, uint64(len(e.accounts)))
	for i := range e.accounts {
		a := &e.accounts[i]
		dst = putUints(dst, uint64(a.status), uint64(a.maker), uint64(a.taker), uint64(a.transfer))
	}
	dst = e.appendBalances(dst)
	dst = putUints(dst, uint64(len(e.symbols)))
	for _, s := range e.symbols {
		dst = e.appendSymbol(dst, s)
	}
	return dst
}

func (e *Engine) appendBalances(dst []byte) []byte {
	e.scratch = e.scratch[:0]
	for i := 1; i < len(e.balances.pool); i++ {
		if b := &e.balances.pool[i]; b.free != 0 || b.locked != 0 {
			e.scratch = append(e.scratch, uint32(i))
		}
	}
	key := func(i uint32) uint64 {
		b := &e.balances.pool[i]
		return uint64(b.account)<<32 | uint64(b.asset)
	}
	slices.SortFunc(e.scratch, func(a, b uint32) int {
		if key(a) < key(b) {
			return -1
		}
		return 1
	})
	dst = putUints(dst, uint64(len(e.scratch)))
	for _, i := range e.scratch {
		b := &e.balances.pool[i]
		dst = putUints(dst, uint64(b.account), uint64(b.asset), uint64(b.free), uint64(b.locked))
	}
	return dst
}

func (e *Engine) appendSymbol(dst []byte, s *symbol) []byte {
	dst = msg.AppendSymbol(dst, &s.Symbol)
	dst = putUints(dst, uint64(s.phase), uint64(s.last), uint64(s.trade), s.updates, s.reports, s.queue)
	for i := range s.minutes {
		b := &s.minutes[i]
		dst = putUints(dst, uint64(b.minute), b.qty, b.hi, b.lo)
	}
	return e.appendOrders(dst, s)
}

// appendOrders appends the symbol's orders by queue number: in this order they
// fall into their places in queues and lists again.
func (e *Engine) appendOrders(dst []byte, s *symbol) []byte {
	e.scratch = e.scratch[:0]
	for i := range s.sides {
		l := &s.sides[i]
		for v := l.best; v != 0; v = l.worse(&e.pool, v) {
			for j := e.pool.levels[v].head; j != 0; j = e.orders.pool[j].next {
				e.scratch = append(e.scratch, j)
			}
		}
	}
	slices.SortFunc(e.scratch, func(a, b uint32) int {
		if e.orders.pool[a].queue < e.orders.pool[b].queue {
			return -1
		}
		return 1
	})
	dst = putUints(dst, uint64(len(e.scratch)))
	for _, i := range e.scratch {
		o := &e.orders.pool[i]
		dst = putUints(dst, uint64(o.id), uint64(e.positions.pool[o.pos].account), uint64(o.side),
			uint64(e.pool.levels[o.level].price), uint64(o.qty), uint64(o.open), o.queue, uint64(o.amends))
		flags := o.traded * orderTraded
		if !o.named || planted.Bug == planted.NamesForgotten {
			dst = append(dst, flags)
			continue
		}
		dst = append(dst, flags|orderNamed)
		dst = append(dst, e.orders.names[i][:]...)
	}
	return dst
}

// The flags of an order in an image.
const (
	orderNamed  = 1 // its name follows
	orderTraded = 2
	orderFlags  = orderNamed | orderTraded
)

// putUints appends numbers as varints.
func putUints(dst []byte, vs ...uint64) []byte {
	for _, v := range vs {
		dst = binary.AppendUvarint(dst, v)
	}
	return dst
}

// Restore returns the engine of an image, which must be whole. The image is
// foreign bytes: damage is an error and never a panic. The caller compares the
// digest with the one it expects.
func Restore(image []byte, c Capacity) (*Engine, error) {
	r := reader{b: image}
	if v := r.uint(); r.err == nil && v != StateVersion {
		return nil, fmt.Errorf("%w: %d", ErrStateVersion, v)
	}
	e := New(c)
	e.seq, e.time = msg.Seq(r.counter()), int64(r.upTo(math.MaxInt64))
	e.restoreAssets(&r)
	e.restoreAccounts(&r)
	e.restoreBalances(&r)
	for n := r.count(msg.MaxSymbols); n > 0 && r.err == nil; n-- {
		e.restoreSymbol(&r)
	}
	if len(r.b) > 0 {
		r.fail("bytes follow the end")
	}
	if r.err != nil {
		return nil, r.err
	}
	e.indexOrders()
	digest, err := e.sweep()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	e.settleAll()
	e.digest = digest
	return e, nil
}

func (e *Engine) restoreAssets(r *reader) {
	for n := r.count(msg.MaxAssets); n > 0 && r.err == nil; n-- {
		a := asset{name: r.name(), scale: uint8(r.upTo(msg.MaxScale)), total: msg.Amount(r.upTo(uint64(msg.MaxAmount)))}
		if e.assetNames[a.name] != 0 {
			r.fail("an asset appears twice")
		}
		e.assets = append(e.assets, a)
		e.assetNames[a.name] = msg.AssetID(len(e.assets))
	}
}

func (e *Engine) restoreAccounts(r *reader) {
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

func (e *Engine) restoreBalances(r *reader) {
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

func (e *Engine) restoreSymbol(r *reader) {
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
	queue, n := uint64(0), r.count(1<<32)
	e.orders.grow(min(n, len(r.b)/orderImageBytes))
	for ; n > 0 && r.err == nil; n-- {
		queue = e.restoreOrder(r, s, queue)
	}
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

// orderImageBytes is the least that an order takes in an image.
const orderImageBytes = 9

// restoreOrder reads an order and puts it into its places in queues and lists. It
// returns its queue number.
func (e *Engine) restoreOrder(r *reader, s *symbol, queue uint64) uint64 {
	id, a := msg.OrderID(r.uint()), msg.AccountID(r.upTo(1<<32-1))
	o := order{id: id, side: msg.Side(r.upTo(1))}
	price := msg.Price(r.upTo(uint64(msg.MaxPrice)))
	o.qty, o.open, o.queue = msg.Qty(r.upTo(uint64(msg.MaxQty))), msg.Qty(r.upTo(uint64(msg.MaxQty))), r.uint()
	o.amends = uint16(r.upTo(1<<16 - 1))
	flags := r.upTo(orderFlags)
	o.named = flags&orderNamed != 0
	o.traded = uint8(flags / orderTraded)
	var name msg.Name
	if o.named {
		name = r.name()
	}
	if why := e.restoreOrderRule(s, &o, a, price, queue); why != "" {
		r.fail(why)
	}
	if r.err != nil {
		return queue
	}
	o.pos = e.position(a, s)
	slot := e.orders.append(name)
	e.orders.pool[slot] = o
	e.link(slot, s, price)
	return o.queue
}

// indexOrders makes the orders of an image findable, by id and by name. Two of one id,
// or of one name of an account, are found by the sweep: one of them is found where the
// other is looked for.
func (e *Engine) indexOrders() {
	o := &e.orders
	places := len(o.recent)
	for places < 2*o.open { // so that as many may come before they take places of those that are there
		places *= 2
	}
	o.recent = make([]uint32, places)
	named := 0
	for i := 1; i < len(o.pool); i++ {
		x := &o.pool[i]
		if place := &o.recent[x.id&msg.OrderID(places-1)]; *place == 0 {
			*place = uint32(i)
		} else {
			o.old.put(uint64(x.id), uint32(i))
		}
		o.newest = max(o.newest, x.id)
		if x.named {
			named++
		}
	}
	o.named.entries = make([]nameEntry, tableSize(named))
	for i := 1; i < len(o.pool); i++ {
		if o.pool[i].named {
			o.named.put(e.nameMix(uint32(i)), uint32(i))
		}
	}
}

// restoreOrderRule says why an order cannot be the next of a symbol, or nothing.
// queue is the number of the one before it.
func (e *Engine) restoreOrderRule(s *symbol, o *order, a msg.AccountID, price msg.Price, queue uint64) string {
	_, fits := s.notional(price, o.qty)
	_, fitsBase := msg.Mul(int64(o.qty), int64(s.Lot))
	switch {
	case o.id == 0 || uint64(o.id) > uint64(e.seq):
		return "an order's id was never given"
	case o.queue <= queue || o.queue > s.queue:
		return "an order is out of its queue"
	case price < 1 || o.open < 1 || o.open > o.qty:
		return "an order is at no price or has nothing open"
	case o.traded == 1 && o.open == o.qty:
		return "an order has traded nothing"
	case !fits || !fitsBase || o.open > msg.Qty(msg.MaxAmount)-s.sides[o.side].total:
		return "an order is too large"
	case s.Accounting == msg.Balances && !e.trader(a) || a > msg.MaxAccounts:
		return "an order is of nobody"
	}
	return ""
}

// reader reads an image with a sticky error.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(why string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrState, why)
	}
	r.b = nil
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail("it ends early")
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) upTo(limit uint64) uint64 {
	v := r.uint()
	if v > limit {
		r.fail("a number is out of range")
		return 0
	}
	return v
}

// counter reads a number that goes on from here.
func (r *reader) counter() uint64 { return r.upTo(math.MaxInt64) }

// count reads how many records follow; each has at least one byte.
func (r *reader) count(limit uint64) int {
	n := r.upTo(limit)
	if n > uint64(len(r.b)) {
		r.fail("it ends early")
		return 0
	}
	return int(n)
}

func (r *reader) rate() msg.Rate {
	v := msg.Rate(r.uint())
	if v < msg.NoRate || v > msg.RateUnit {
		r.fail("a rate is out of range")
	}
	return v
}

func (r *reader) name() (n msg.Name) {
	if len(r.b) < len(n) {
		r.fail("it ends early")
		return n
	}
	r.b = r.b[copy(n[:], r.b):]
	if !n.Valid() {
		r.fail("a name has illegal characters")
	}
	return n
}
