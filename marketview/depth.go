package marketview

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Level is the aggregate of the orders at one price.
type Level struct {
	Price  msg.Price
	Qty    msg.Qty
	Orders int
}

// Depth is a book's levels, best first, as of its update id.
type Depth struct {
	UpdateID uint64
	Bids     []Level
	Asks     []Level
}

// Top is the best of both sides; an empty side is zero.
type Top struct {
	UpdateID uint64
	BidPrice msg.Price
	BidQty   msg.Qty
	AskPrice msg.Price
	AskQty   msg.Qty
}

// depth is the aggregate of the orders that rest, by symbol, with the update id
// of each: plus 1 for each change of a level.
type depth struct {
	books  []book // by symbol id
	levels pool[level]
	spare  [][]rung
}

type book struct {
	updateID uint64
	sides    [2]side
}

// side holds levels from the worst to the best price, in blocks, so that the
// best is at the end, where most changes are, and one far from it moves a block
// at most. Keys ascend; no block is empty.
//
// Most changes are of a level that is there, so it is looked for in near first: that
// holds one for each hash of a key, or none. If meanwhile its place went to another
// one, that tells.
type side struct {
	blocks [][]rung
	near   []slot // a power of two
	shift  uint8  // 64 - log2(len(near))
	levels int32
}

// rung says where the level of a key lies.
type rung struct {
	key  int64
	slot slot
}

// level has as key its price, or for asks the price below zero, so that both
// sides ascend to their best.
type level struct {
	key    int64
	qty    msg.Qty
	orders int32
	of     uint32 // whose it is: twice the symbol, plus the side
}

const (
	blockLen    = 64
	nearRungs   = 6 // searched one by one: most changes are at the best prices
	firstRungs  = 4 // of a block: most books of a quiet symbol need no more
	firstNear   = 1 << 3
	largestNear = 1 << 12
)

func sideKey(s msg.Side, p msg.Price) int64 {
	if s == msg.Buy {
		return int64(p)
	}
	return -int64(p)
}

func sidePrice(s msg.Side, key int64) msg.Price {
	if s == msg.Buy {
		return msg.Price(key)
	}
	return msg.Price(-key)
}

func sideOf(id msg.SymbolID, s msg.Side) uint32 { return uint32(id)<<1 | uint32(s) }

// change applies c, whose level is at s unless that is zero, and writes into it what
// its level has become. It returns where the level is, or was.
func (d *depth) change(c *Change, s slot) slot {
	b := d.book(c.Symbol)
	b.updateID++
	c.UpdateID = b.updateID
	of, key := sideOf(c.Symbol, c.Side), sideKey(c.Side, c.Price)
	if s == 0 {
		s = d.level(&b.sides[c.Side], of, key)
	}
	l := d.levels.at(s)
	l.qty += c.Delta
	l.orders += int32(c.Orders)
	if l.qty < 0 || (l.qty == 0) != (l.orders == 0) || l.key != key || l.of != of {
		panic(fmt.Sprintf("marketview: %d lots of %d orders at price key %d after %d lots at %d", l.qty, l.orders, l.key, c.Delta, key))
	}
	if c.Qty = l.qty; l.qty == 0 {
		d.remove(&b.sides[c.Side], s)
	}
	return s
}

// book returns the book of a symbol, which may be new.
func (d *depth) book(id msg.SymbolID) *book {
	for int(id) >= len(d.books) {
		d.books = append(d.books, book{})
	}
	return &d.books[id]
}

// level returns the level at key, made if there is none.
func (d *depth) level(s *side, of uint32, key int64) slot {
	if at := d.guess(s, of, key); at != 0 {
		return at
	}
	b, i, ok := s.find(key)
	if !ok {
		at := d.levels.take()
		*d.levels.at(at) = level{key: key, of: of}
		d.insert(s, b, i, rung{key, at})
		return at
	}
	at := s.blocks[b][i].slot
	*s.nearest(key) = at
	return at
}

// guess returns the level at key if it is near.
func (d *depth) guess(s *side, of uint32, key int64) slot {
	if len(s.near) == 0 {
		return 0
	}
	at := *s.nearest(key)
	if at == 0 {
		return 0
	}
	if l := d.levels.at(at); l.key == key && l.of == of && l.orders > 0 {
		return at
	}
	return 0
}

// nearest returns the place in near for the level at key.
func (s *side) nearest(key int64) *slot { return &s.near[uint64(key)*spread>>s.shift] }

// find returns the place of key, or where it would have to be.
func (s *side) find(key int64) (b, i int, ok bool) {
	b = len(s.blocks) - 1
	if b < 0 {
		return 0, 0, false
	}
	if b > 0 && s.blocks[b][0].key > key {
		b = s.block(key)
	}
	rungs := s.blocks[b]
	for n := len(rungs) - 1; n >= max(len(rungs)-nearRungs, 0); n-- {
		if k := rungs[n].key; k < key {
			return b, n + 1, false
		} else if k == key {
			return b, n, true
		}
	}
	// No branch depends on a key: where it lies is hard to predict.
	for n := len(rungs); n > 1; {
		half := n / 2
		i += half & -atMost(rungs[i+half].key, key)
		n -= half
	}
	if rungs[i].key < key {
		return b, i + 1, false
	}
	return b, i, rungs[i].key == key
}

// atMost returns 1 if a <= b, else 0, without a branch.
func atMost(a, b int64) int {
	if a <= b {
		return 1
	}
	return 0
}

// block returns the block that key belongs to: the last that starts at or below
// it, or the first.
func (s *side) block(key int64) int {
	lo, hi := 0, len(s.blocks)
	for lo+1 < hi {
		mid := int(uint(lo+hi) / 2)
		if s.blocks[mid][0].key <= key {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// insert puts r before place i of block b.
func (d *depth) insert(s *side, b, i int, r rung) {
	if len(s.blocks) == 0 {
		s.blocks = append(s.blocks, d.newBlock(firstRungs))
	}
	if len(s.blocks[b]) == blockLen {
		b, i = d.split(s, b, i)
	}
	s.blocks[b] = slices.Insert(s.blocks[b], i, r)
	s.levels++
	if n := len(s.near); int(s.levels) > n/2 && n < largestNear {
		n = max(2*n, firstNear)
		s.near, s.shift = make([]slot, n), uint8(64-bits.TrailingZeros(uint(n)))
	}
	*s.nearest(r.key) = r.slot
}

// split makes room in the full block b and returns the place that i became. A
// book that grows at its best end fills its blocks.
func (d *depth) split(s *side, b, i int) (int, int) {
	at := blockLen / 2
	if i == blockLen && b == len(s.blocks)-1 {
		at = blockLen
	}
	fresh := append(d.newBlock(blockLen), s.blocks[b][at:]...)
	s.blocks[b] = s.blocks[b][:at]
	s.blocks = append(s.blocks, nil)
	copy(s.blocks[b+2:], s.blocks[b+1:])
	s.blocks[b+1] = fresh
	if i < at || i == at && at < blockLen {
		return b, i
	}
	return b + 1, i - at
}

// remove takes out the level at a slot.
func (d *depth) remove(s *side, at slot) {
	b, i, ok := s.find(d.levels.at(at).key)
	if !ok || s.blocks[b][i].slot != at {
		panic(fmt.Sprintf("marketview: the level at price key %d is not in its place", d.levels.at(at).key))
	}
	d.levels.give(at)
	s.levels--
	rungs := s.blocks[b]
	copy(rungs[i:], rungs[i+1:])
	s.blocks[b] = rungs[:len(rungs)-1]
	if len(rungs) > 1 {
		return
	}
	d.spare = append(d.spare, rungs[:0])
	copy(s.blocks[b:], s.blocks[b+1:])
	s.blocks[len(s.blocks)-1] = nil
	s.blocks = s.blocks[:len(s.blocks)-1]
}

// newBlock returns an empty block, a spare one if there is any.
func (d *depth) newBlock(size int) []rung {
	if n := len(d.spare); n > 0 {
		b := d.spare[n-1]
		d.spare = d.spare[:n-1]
		return b
	}
	return make([]rung, 0, size)
}

// appendLevels appends the best limit levels to dst; a limit of zero or less
// means all.
func (d *depth) appendLevels(dst []Level, s *side, which msg.Side, limit int) []Level {
	if limit <= 0 {
		limit = math.MaxInt
	}
	for b := len(s.blocks) - 1; b >= 0 && limit > 0; b-- {
		rungs := s.blocks[b]
		for i := len(rungs) - 1; i >= 0 && limit > 0; i-- {
			l := d.levels.at(rungs[i].slot)
			dst = append(dst, Level{sidePrice(which, l.key), l.qty, int(l.orders)})
			limit--
		}
	}
	return dst
}

// best returns the price and quantity of the best level of a side, zero when it is
// empty.
func (d *depth) best(s *side, which msg.Side) (msg.Price, msg.Qty) {
	if len(s.blocks) == 0 {
		return 0, 0
	}
	last := s.blocks[len(s.blocks)-1]
	l := d.levels.at(last[len(last)-1].slot)
	return sidePrice(which, l.key), l.qty
}

func (d *depth) top(b *book) Top {
	t := Top{UpdateID: b.updateID}
	t.BidPrice, t.BidQty = d.best(&b.sides[msg.Buy], msg.Buy)
	t.AskPrice, t.AskQty = d.best(&b.sides[msg.Sell], msg.Sell)
	return t
}
