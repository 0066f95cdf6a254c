package marketview

import (
	"fmt"
	"math"
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
	books []book // by symbol id
	spare [][]level
}

type book struct {
	updateID uint64
	sides    [2]side
}

// side holds levels from the worst to the best price, in blocks, so that the
// best is at the end, where most changes are, and one far from it moves a block
// at most. Keys ascend; no block is empty.
type side struct {
	blocks [][]level
}

// level has as key its price, or for asks the price below zero, so that both
// sides ascend to their best.
type level struct {
	key    int64
	qty    msg.Qty
	orders int32
}

const (
	blockLen    = 64
	nearLevels  = 6 // searched one by one: most changes are at the best prices
	firstLevels = 4 // of a block: most books of a quiet symbol need no more
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

// fold applies the changes of a transaction and writes into each what its level
// has become.
func (d *depth) fold(changes []Change) {
	for i := range changes {
		c := &changes[i]
		b := d.book(c.Symbol)
		b.updateID++
		c.UpdateID = b.updateID
		c.Qty = d.change(&b.sides[c.Side], sideKey(c.Side, c.Price), c.Delta, int32(c.Orders))
	}
}

// book returns the book of a symbol, which may be new.
func (d *depth) book(id msg.SymbolID) *book {
	for int(id) >= len(d.books) {
		d.books = append(d.books, book{})
	}
	return &d.books[id]
}

// change adds to the level at key and returns what is left there.
func (d *depth) change(s *side, key int64, delta msg.Qty, orders int32) msg.Qty {
	b, i, ok := s.find(key)
	if !ok {
		if delta <= 0 || orders != 1 {
			panic(fmt.Sprintf("marketview: %d lots at price key %d, where no order rests", delta, key))
		}
		d.insert(s, b, i, level{key, delta, orders})
		return delta
	}
	l := &s.blocks[b][i]
	l.qty += delta
	l.orders += orders
	if l.qty < 0 || (l.qty == 0) != (l.orders == 0) {
		panic(fmt.Sprintf("marketview: %d lots of %d orders at price key %d", l.qty, l.orders, key))
	}
	qty := l.qty
	if qty == 0 {
		d.remove(s, b, i)
	}
	return qty
}

// find returns the place of key, or where it would have to be.
func (s *side) find(key int64) (b, i int, ok bool) {
	b = len(s.blocks) - 1
	if b < 0 {
		return 0, 0, false
	}
	if b > 0 && s.blocks[b][0].key > key {
		b = s.block(key)
	}
	levels := s.blocks[b]
	for n := len(levels) - 1; n >= max(len(levels)-nearLevels, 0); n-- {
		if k := levels[n].key; k < key {
			return b, n + 1, false
		} else if k == key {
			return b, n, true
		}
	}
	// No branch depends on a key: where it lies is hard to predict.
	for n := len(levels); n > 1; {
		half := n / 2
		i += half & -atMost(levels[i+half].key, key)
		n -= half
	}
	if levels[i].key < key {
		return b, i + 1, false
	}
	return b, i, levels[i].key == key
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

// insert puts l before place i of block b.
func (d *depth) insert(s *side, b, i int, l level) {
	if len(s.blocks) == 0 {
		s.blocks = append(s.blocks, d.newBlock(firstLevels))
	}
	if len(s.blocks[b]) == blockLen {
		b, i = d.split(s, b, i)
	}
	s.blocks[b] = slices.Insert(s.blocks[b], i, l)
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

func (d *depth) remove(s *side, b, i int) {
	levels := s.blocks[b]
	copy(levels[i:], levels[i+1:])
	s.blocks[b] = levels[:len(levels)-1]
	if len(levels) > 1 {
		return
	}
	d.spare = append(d.spare, levels[:0])
	copy(s.blocks[b:], s.blocks[b+1:])
	s.blocks[len(s.blocks)-1] = nil
	s.blocks = s.blocks[:len(s.blocks)-1]
}

// newBlock returns an empty block, a spare one if there is any.
func (d *depth) newBlock(size int) []level {
	if n := len(d.spare); n > 0 {
		b := d.spare[n-1]
		d.spare = d.spare[:n-1]
		return b
	}
	return make([]level, 0, size)
}

// appendLevels appends the best limit levels to dst; a limit of zero or less
// means all.
func (s *side) appendLevels(dst []Level, which msg.Side, limit int) []Level {
	if limit <= 0 {
		limit = math.MaxInt
	}
	for b := len(s.blocks) - 1; b >= 0 && limit > 0; b-- {
		levels := s.blocks[b]
		for i := len(levels) - 1; i >= 0 && limit > 0; i-- {
			l := &levels[i]
			dst = append(dst, Level{sidePrice(which, l.key), l.qty, int(l.orders)})
			limit--
		}
	}
	return dst
}

// best returns the best level of a side; ok is false when it is empty.
func (s *side) best() (l level, ok bool) {
	if len(s.blocks) == 0 {
		return level{}, false
	}
	last := s.blocks[len(s.blocks)-1]
	return last[len(last)-1], true
}

func (b *book) top() Top {
	t := Top{UpdateID: b.updateID}
	if l, ok := b.sides[msg.Buy].best(); ok {
		t.BidPrice, t.BidQty = sidePrice(msg.Buy, l.key), l.qty
	}
	if l, ok := b.sides[msg.Sell].best(); ok {
		t.AskPrice, t.AskQty = sidePrice(msg.Sell, l.key), l.qty
	}
	return t
}
