package engine

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// CopyFrom makes e a copy of src between two commands, whatever e was before, also
// when it panicked in the middle of one. It is the same state in the same places, so
// the two go on alike, and they share nothing that changes. The memory that e has is
// used again, so that copies into one engine allocate nothing once it was large
// enough: the pools are linked by index and not by pointer, and copying is copying
// slices.
func (e *Engine) CopyFrom(src *Engine) {
	if src.cmd != nil {
		panic(fmt.Sprintf("engine: a copy is made while command %d is half done", src.seq))
	}
	if e == src {
		return
	}
	e.seq, e.time, e.digest = src.seq, src.time, src.Digest() // with nothing out of it
	e.outOrders, e.outBalances, e.outSymbols = outs{}, outs{}, outs{}
	e.assets = append(e.assets[:0], src.assets...)
	e.symbols = copySymbols(e.symbols, src.symbols)
	e.nameAgain()
	e.accounts = append(e.accounts[:0], src.accounts...)
	e.balances.copyFrom(&src.balances)
	e.positions.copyFrom(&src.positions)
	e.orders.copyFrom(&src.orders)
	e.pool.copyFrom(&src.pool)
	e.cmd, e.touched, e.events, e.emitted, e.arriving, e.tally = nil, nil, nil, 0, arriving{}, tally{}
}

// nameAgain fills the maps of names from the lists of what has the names, so that
// nothing depends on the order in which a map is walked.
func (e *Engine) nameAgain() {
	if e.assetNames == nil {
		e.assetNames, e.symbolNames = map[msg.Name]msg.AssetID{}, map[msg.Name]msg.SymbolID{}
	}
	clear(e.assetNames)
	clear(e.symbolNames)
	for i := range e.assets {
		e.assetNames[e.assets[i].name] = msg.AssetID(i + 1)
	}
	for _, s := range e.symbols {
		e.symbolNames[s.Name] = s.id
	}
}

// copySymbols copies each symbol into one that dst has, or had and keeps behind its
// length, or into a new one.
func copySymbols(dst, src []*symbol) []*symbol {
	dst = dst[:cap(dst)]
	for len(dst) < len(src) {
		dst = append(dst, nil)
	}
	for i, s := range src {
		if dst[i] == nil {
			dst[i] = &symbol{}
		}
		own := dst[i].minutes[:0]
		*dst[i] = *s
		dst[i].minutes = own
		dst[i].minutes = append(dst[i].minutes, s.minutes...)
	}
	return dst[:len(src)]
}

func (b *balances) copyFrom(src *balances) {
	b.pool = append(b.pool[:0], src.pool...)
	b.slot.copyFrom(&src.slot)
}

func (p *positions) copyFrom(src *positions) {
	p.pool = append(p.pool[:0], src.pool...)
	p.slot.copyFrom(&src.slot)
	p.last, p.lastKey = src.last, src.lastKey
}

func (o *orders) copyFrom(src *orders) {
	o.pool = append(o.pool[:0], src.pool...)
	o.names = append(o.names[:0], src.names...)
	o.free, o.open = src.free, src.open
	o.recent = append(o.recent[:0], src.recent...)
	o.newest = src.newest
	o.old.copyFrom(&src.old)
	o.named.copyFrom(&src.named)
}

func (p *levelPool) copyFrom(src *levelPool) {
	p.levels = append(p.levels[:0], src.levels...)
	p.nodes = append(p.nodes[:0], src.nodes...)
	p.freeLevel, p.freeNode = src.freeLevel, src.freeNode
}

func (t *table) copyFrom(src *table) {
	t.entries = append(t.entries[:0], src.entries...)
	t.used, t.shift = src.used, src.shift
}

func (t *nameTable) copyFrom(src *nameTable) {
	t.entries = append(t.entries[:0], src.entries...)
	t.used = src.used
}
