package stream

import (
	"sync"
	"sync/atomic"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// inbox is where the publisher writes down what happened for the hub to tell. What
// nobody listens to is not written down.
type inbox struct {
	on   atomic.Bool // somebody listens
	wake chan struct{}

	mu      sync.Mutex
	taken   *sync.Cond // the hub has taken what there was
	most    int        // records; more have the publisher wait
	stopped bool

	wants []want // by symbol id
	every want   // of each symbol
	tops  []marketview.Top
	batch batch
}

// batch is what the hub takes at once.
type batch struct {
	trades  []tradeRecord
	aggs    []aggRecord
	changes []marketview.Change
	tops    []topRecord
	marks   []want // by symbol id: that something happened
	marked  []msg.SymbolID
	added   bool // a symbol was added
}

func (b *batch) len() int { return len(b.trades) + len(b.aggs) + len(b.changes) + len(b.tops) }

func (b *batch) empty() bool { return b.len() == 0 && len(b.marked) == 0 && !b.added }

// keptRecords bounds the room of each kind that stays for later ones.
const keptRecords = 1 << 14

// reset forgets all.
func (b *batch) reset() {
	b.trades, b.aggs = emptied(b.trades), emptied(b.aggs)
	b.changes, b.tops = emptied(b.changes), emptied(b.tops)
	for _, id := range b.marked {
		b.marks[id] = 0
	}
	b.marked, b.added = b.marked[:0], false
}

func emptied[T any](s []T) []T {
	if cap(s) > keptRecords {
		return nil
	}
	return s[:0]
}

// mark writes down that something happened to a symbol.
func (b *batch) mark(id msg.SymbolID, w want) {
	for int(id) >= len(b.marks) {
		b.marks = append(b.marks, 0)
	}
	if b.marks[id] == 0 {
		b.marked = append(b.marked, id)
	}
	b.marks[id] |= w
}

func (in *inbox) init(most int) {
	in.most = most
	in.taken = sync.NewCond(&in.mu)
	in.wake = make(chan struct{}, 1)
}

// fold writes down what a transaction did that somebody listens to.
func (in *inbox) fold(v *marketview.Views, c *msg.Command, events []msg.Event) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.stopped {
		return
	}
	if c.Kind == msg.AddSymbol {
		in.batch.added = in.batch.added || events[0].Kind == msg.SymbolAdded
		return
	}
	w := in.every
	if int64(c.Symbol) < int64(len(in.wants)) {
		w |= in.wants[c.Symbol]
	}
	r := v.Resolved()
	if w == 0 || len(r.Changes) == 0 && len(r.Fills) == 0 {
		return
	}
	in.foldTape(c, w, r)
	if len(r.Changes) > 0 {
		in.foldBook(v, c.Symbol, w, r)
	}
}

func (in *inbox) foldTape(c *msg.Command, w want, r *marketview.Resolved) {
	b := &in.batch
	if w&wantTrades != 0 {
		for i := range r.Fills {
			f := &r.Fills[i]
			b.trades = append(b.trades, tradeRecord{
				symbol: c.Symbol, buyerMaker: f.MakerSide == msg.Buy, id: f.Trade, price: f.Price, qty: f.Qty, time: c.Time,
			})
		}
	}
	if w&wantAggs != 0 {
		for i := range r.Aggs {
			b.aggs = append(b.aggs, aggRecord{c.Symbol, r.Aggs[i]})
		}
	}
	if w&wantTraded != 0 && len(r.Fills) > 0 {
		b.mark(c.Symbol, wantTraded)
	}
}

func (in *inbox) foldBook(v *marketview.Views, id msg.SymbolID, w want, r *marketview.Resolved) {
	b := &in.batch
	if w&wantChanges != 0 {
		b.changes = append(b.changes, r.Changes...)
	}
	if w&wantTouched != 0 {
		b.mark(id, wantTouched)
	}
	if w&(wantTops|wantMoved) == 0 {
		return
	}
	top, _ := v.Best(id)
	last := in.top(id)
	if sameTop(&top, last) {
		return
	}
	*last = top
	if w&wantTops != 0 {
		b.tops = append(b.tops, topRecord{id, top})
	}
	if w&wantMoved != 0 {
		b.mark(id, wantMoved)
	}
}

// sameTop reports whether best prices and quantities are the same.
func sameTop(a, b *marketview.Top) bool {
	return a.BidPrice == b.BidPrice && a.BidQty == b.BidQty && a.AskPrice == b.AskPrice && a.AskQty == b.AskQty
}

func (in *inbox) top(id msg.SymbolID) *marketview.Top {
	for int(id) >= len(in.tops) {
		in.tops = append(in.tops, marketview.Top{})
	}
	return &in.tops[id]
}

// flush wakes the hub if there is something for it, and waits while it is too far
// behind.
func (in *inbox) flush() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.batch.empty() {
		return
	}
	in.call()
	for in.batch.len() >= in.most && !in.stopped {
		in.taken.Wait()
	}
}

// call wakes the hub.
func (in *inbox) call() {
	select {
	case in.wake <- struct{}{}:
	default: // it is about to wake up
	}
}

// crowded reports whether the hub should not wait any longer.
func (in *inbox) crowded() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.batch.len() >= in.most/4
}

// take swaps what was written down for an empty batch.
func (in *inbox) take(spare *batch) {
	in.mu.Lock()
	defer in.mu.Unlock()
	*spare, in.batch = in.batch, *spare
	in.taken.Broadcast()
}

// listen adds to what is written down of a symbol. The views must be held, so that
// nothing is folded between what is read of them and what is written down.
func (in *inbox) listen(v *marketview.Views, id msg.SymbolID, w want) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for int(id) >= len(in.wants) {
		in.wants = append(in.wants, 0)
	}
	if w&(wantTops|wantMoved) != 0 && (in.wants[id]|in.every)&(wantTops|wantMoved) == 0 {
		*in.top(id), _ = v.Best(id)
	}
	in.wants[id] |= w
}

// listenAll adds to what is written down of every symbol, as listen does.
func (in *inbox) listenAll(v *marketview.Views, w want) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if w&wantMoved != 0 && in.every&wantMoved == 0 {
		for id := range msg.SymbolID(v.SymbolCount()) {
			*in.top(id + 1), _ = v.Best(id + 1)
		}
	}
	in.every |= w
}

// forget sets what is still written down of a symbol, and whether anybody listens
// at all.
func (in *inbox) forget(id msg.SymbolID, left want) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.wants[id] = left
}

// forgetAll sets what is still written down of every symbol.
func (in *inbox) forgetAll(left want) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.every = left
}

// off stops writing down, since nobody listens.
func (in *inbox) off() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.on.Store(false)
	in.batch.reset()
	in.taken.Broadcast()
}

// stop has the publisher neither write down nor wait any more.
func (in *inbox) stop() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.stopped = true
	in.on.Store(false)
	in.taken.Broadcast()
}
