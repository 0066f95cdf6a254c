package flow

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// bookChecker compares recorded books with the depth after their rows.
type bookChecker struct {
	books      *Books
	depth      Depth
	price, qty grid
	next       int
	bids, asks []Level // reused by every book
}

func newBookChecker(p *Plan, b *Books, depth Depth) (*bookChecker, error) {
	if n := b.Len(); n > 0 && int(b.after[n-1]) > p.Len() {
		return nil, fmt.Errorf("books: line %d is after row %d of %d", n+1, b.after[n-1], p.Len())
	}
	k := &bookChecker{books: b, depth: depth}
	var err error
	if k.price, err = newGrid(b.PriceScale, p.Config.Tick); err != nil {
		return nil, fmt.Errorf("books: tick: %w", err)
	}
	if k.qty, err = newGrid(b.QtyScale, p.Config.Lot); err != nil {
		return nil, fmt.Errorf("books: lot: %w", err)
	}
	return k, nil
}

// book compares the book after a row, if one was recorded.
func (k *Checker) book(row int) {
	b := k.books
	if b.next == b.books.Len() || int(b.books.after[b.next]) != row+1 {
		return
	}
	expected := b.books.book(b.next)
	b.next++
	k.result.BooksChecked++
	n := b.books.Levels
	b.bids, b.asks = b.depth(k.plan.Symbol, n, b.bids[:0], b.asks[:0])
	if !k.levels(row, "bid", expected[:n], b.bids) || !k.levels(row, "ask", expected[n:], b.asks) {
		k.result.BookMismatches++
	}
}

// levels compares one side and reports whether it is as recorded. A level that is
// not there is recorded as zero.
func (k *Checker) levels(row int, side string, expected []cell, got []Level) bool {
	b := k.books
	for i, want := range expected {
		var level Level
		if i < len(got) {
			level = got[i]
		}
		price, onTick := b.price.count(want.price)
		qty, inLots := b.qty.count(want.quantity)
		if onTick && inLots && price == int64(level.Price) && qty == int64(level.Qty) {
			continue
		}
		if k.result.FirstBookMismatch == nil {
			what := fmt.Sprintf("%s %d", side, i+1)
			k.result.firstBook(&Mismatch{Row: row + 1, What: what, Expected: b.books.text(want), Got: k.plan.text(level)})
		}
		return false
	}
	return true
}

// text returns a recorded level as price:quantity.
func (b *Books) text(c cell) string {
	if c == (cell{}) {
		return none
	}
	return msg.FormatDecimal(c.price, b.PriceScale) + ":" + msg.FormatDecimal(c.quantity, b.QtyScale)
}

// text returns a level as price:quantity.
func (p *Plan) text(l Level) string {
	if l == (Level{}) {
		return none
	}
	return string(p.qty.append(append(p.price.append(nil, int64(l.Price)), ':'), int64(l.Qty)))
}
