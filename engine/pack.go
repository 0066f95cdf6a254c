package engine

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Packed is a state that is kept in little memory, to be stood in again soon: about 20
// bytes for an open order where the engine takes 150. Unlike an image it has the
// places in which things lie, so that nothing has to be linked and looked up again. It
// never leaves the process. What did not change is shared with the Packed before it;
// nothing in it is ever written.
type Packed struct {
	seq    msg.Seq
	time   int64
	digest uint64

	assets  []asset
	symbols []*symbol

	accounts, balances, positions, orders, levels, nodes, children rows
	names                                                          [][]byte // of a block of orders, those that are named

	free, freeLevel, freeNode uint32 // the ends of the free lists
	open                      int
	newest, oldest            msg.OrderID
	named                     int // open orders that are
}

// rows are packed rows of one kind.
type rows struct {
	blocks [][]byte
	n      int
}

// Seq returns the sequence of the last command.
func (p *Packed) Seq() msg.Seq { return p.seq }

// Time returns the time of the last command.
func (p *Packed) Time() int64 { return p.time }

// Digest returns the digest of the state.
func (p *Packed) Digest() uint64 { return p.digest }

// Pack packs the state between two commands. before is a state of the same past that
// was packed earlier and may be nil.
func (e *Engine) Pack(before *Packed) *Packed {
	if e.cmd != nil {
		panic(fmt.Sprintf("engine: command %d is half done and its state is packed", e.seq))
	}
	if before == nil {
		before = &Packed{}
	}
	p := &Packed{
		seq: e.seq, time: e.time, digest: e.Digest(), // with nothing out of it
		assets: before.assets, symbols: packSymbols(e.symbols, before.symbols),
		free: e.orders.free, freeLevel: e.pool.freeLevel, freeNode: e.pool.freeNode,
		open: e.orders.open, named: e.orders.named.used, newest: e.orders.newest, oldest: e.orders.oldest(),
	}
	if !slices.Equal(e.assets, before.assets) {
		p.assets = slices.Clone(e.assets)
	}
	p.accounts = rows{packRows(e.accounts, accountColumns, before.accounts.blocks, spreadAccounts), len(e.accounts)}
	p.balances = rows{packRows(e.balances.pool, balanceColumns, before.balances.blocks, spreadBalances), len(e.balances.pool)}
	p.positions = rows{packRows(e.positions.pool, positionColumns, before.positions.blocks, spreadPositions), len(e.positions.pool)}
	p.orders = rows{packRows(e.orders.pool, orderColumns, before.orders.blocks, spreadOrders), len(e.orders.pool)}
	p.names = e.orders.packNames(before.names)
	p.levels = rows{packRows(e.pool.levels, levelColumns, before.levels.blocks, spreadLevels), len(e.pool.levels)}
	p.nodes = rows{packRows(e.pool.nodes, nodeColumns, before.nodes.blocks, spreadNodes), len(e.pool.nodes)}
	e.scratch = e.pool.appendChildren(e.scratch[:0])
	p.children = rows{packRows(e.scratch, 1, before.children.blocks, spreadChildren), len(e.scratch)}
	return p
}

// Unpack makes e the state that was packed, whatever it was before, also when it
// panicked in the middle of a command. Its memory is used again. Ways to find things
// are made anew, so that they may lie elsewhere than they did in the engine that was
// packed.
func (e *Engine) Unpack(p *Packed) {
	e.seq, e.time, e.digest = p.seq, p.time, p.digest
	e.outOrders, e.outBalances, e.outSymbols = outs{}, outs{}, outs{}
	e.cmd, e.touched, e.events, e.emitted, e.arriving, e.tally = nil, nil, nil, 0, arriving{}, tally{}
	e.assets = append(e.assets[:0], p.assets...)
	clear(e.assetNames)
	for i := range e.assets {
		e.assetNames[e.assets[i].name] = msg.AssetID(i + 1)
	}
	e.symbols = copySymbols(e.symbols, p.symbols)
	clear(e.symbolNames)
	for _, s := range e.symbols {
		e.symbolNames[s.Name] = s.id
	}
	e.accounts = resize(e.accounts, p.accounts.n)
	unpackRows(e.accounts, accountColumns, p.accounts.blocks, gatherAccounts)
	e.balances.unpack(&p.balances)
	e.positions.unpack(&p.positions)
	e.pool.unpack(p)
	e.scratch = resize(e.scratch, p.children.n)
	unpackRows(e.scratch, 1, p.children.blocks, gatherChildren)
	e.pool.takeChildren(e.scratch)
	e.orders.unpack(p)
	for i := 1; e.orders.named.used < p.named; i++ {
		if o := &e.orders.pool[i]; o.id != 0 && o.named {
			e.orders.named.put(hashName(e.positions.pool[o.pos].account, &e.orders.names[i]), uint32(i))
		}
	}
}

// resize returns room for n rows, whatever is in them.
func resize[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// packSymbols copies those that are not what they were.
func packSymbols(symbols, before []*symbol) []*symbol {
	packed := make([]*symbol, len(symbols))
	for i, s := range symbols {
		if i < len(before) && s.equal(before[i]) {
			packed[i] = before[i]
			continue
		}
		packed[i] = new(symbol)
		*packed[i] = *s
		packed[i].minutes = slices.Clone(s.minutes)
	}
	return packed
}

// equal reports whether both are alike in every field.
func (s *symbol) equal(o *symbol) bool {
	return s.Symbol == o.Symbol && s.id == o.id && s.phase == o.phase && s.unit == o.unit && s.specMix == o.specMix && s.mix == o.mix &&
		s.sides == o.sides && s.feeBase == o.feeBase && s.feeQuote == o.feeQuote && s.last == o.last && s.trade == o.trade &&
		s.updates == o.updates && s.reports == o.reports && s.queue == o.queue && slices.Equal(s.minutes, o.minutes)
}

func (b *balances) unpack(p *rows) {
	b.pool = resize(b.pool, p.n)
	unpackRows(b.pool, balanceColumns, p.blocks, gatherBalances)
	b.slot.reset(p.n)
	for i := range b.pool[1:] {
		x := &b.pool[i+1]
		b.slot.put(uint64(x.account)<<32|uint64(x.asset), uint32(i+1))
	}
}

func (p *positions) unpack(from *rows) {
	p.pool = resize(p.pool, from.n)
	unpackRows(p.pool, positionColumns, from.blocks, gatherPositions)
	p.last, p.lastKey = 0, 0
	p.slot.reset(from.n)
	for i := range p.pool[1:] {
		x := &p.pool[i+1]
		p.slot.put(uint64(x.account)<<32|uint64(x.symbol), uint32(i+1))
	}
}

func (p *levelPool) unpack(from *Packed) {
	p.levels, p.nodes = resize(p.levels, from.levels.n), resize(p.nodes, from.nodes.n)
	p.freeLevel, p.freeNode = from.freeLevel, from.freeNode
	unpackRows(p.levels, levelColumns, from.levels.blocks, gatherLevels)
	unpackRows(p.nodes, nodeColumns, from.nodes.blocks, gatherNodes)
}

// appendChildren appends the children of all nodes.
func (p *levelPool) appendChildren(to []uint32) []uint32 {
	for i := range p.nodes {
		n := &p.nodes[i]
		for m := n.mask; m != 0; m &= m - 1 {
			to = append(to, n.child[bits.TrailingZeros64(m)])
		}
	}
	return to
}

// takeChildren is the inverse of appendChildren.
func (p *levelPool) takeChildren(from []uint32) {
	for i := range p.nodes {
		n := &p.nodes[i]
		for m := n.mask; m != 0; m &= m - 1 {
			n.child[bits.TrailingZeros64(m)] = from[0]
			from = from[1:]
		}
	}
}

func (o *orders) unpack(p *Packed) {
	o.pool = resize(o.pool, p.orders.n)
	unpackRows(o.pool, orderColumns, p.orders.blocks, gatherOrders)
	o.free, o.open, o.newest = p.free, p.open, p.newest
	o.names = resize(o.names, len(o.pool))
	o.named.reset(p.named)
	if p.named > 0 {
		o.unpackNames(p.names)
	}
	o.findable(p.oldest)
}

// findable makes each order findable by its id, the oldest of which is known. There are
// places for all recent ids from it on, but not many more than for the orders; those
// that then have one place are in the table of old ones, but for one.
func (o *orders) findable(oldest msg.OrderID) {
	places := minRecent
	for places < 2*o.open && msg.OrderID(places) <= o.newest-oldest {
		places *= 2
	}
	o.recent = resize(o.recent, places)
	clear(o.recent)
	mask, crowded := msg.OrderID(places-1), 0
	for i := range o.pool {
		if id := o.pool[i].id; id != 0 {
			if o.recent[id&mask] == 0 {
				o.recent[id&mask] = uint32(i)
			} else {
				crowded++
			}
		}
	}
	o.old.reset(crowded)
	for i := 1; o.old.used < crowded; i++ {
		if id := o.pool[i].id; id != 0 && o.recent[id&mask] != uint32(i) {
			o.old.put(uint64(id), uint32(i))
		}
	}
}

// oldest returns the lowest id of the open orders, or the newest one when none is open.
func (o *orders) oldest() msg.OrderID {
	oldest := o.newest
	for i := range o.pool {
		if id := o.pool[i].id; id != 0 {
			oldest = min(oldest, id)
		}
	}
	return oldest
}

// packNames packs, in blocks as those of the orders, the names that orders have, each
// behind its length.
func (o *orders) packNames(before [][]byte) [][]byte {
	blocks := make([][]byte, 0, (len(o.pool)+blockRows-1)/blockRows)
	var room [blockRows * (1 + len(msg.Name{}))]byte
	for at := 0; at < len(o.pool); at += blockRows {
		b := room[:0]
		for i := at; i < min(at+blockRows, len(o.pool)); i++ {
			if o.pool[i].id != 0 && o.pool[i].named {
				name := bytes.TrimRight(o.names[i][:], "\x00")
				b = append(append(b, byte(len(name))), name...)
			}
		}
		blocks = append(blocks, keepBlock(b, len(blocks), before))
	}
	return blocks
}

func (o *orders) unpackNames(blocks [][]byte) {
	var b []byte
	for i := range o.pool {
		if i%blockRows == 0 {
			b = blocks[i/blockRows]
		}
		if o.pool[i].named {
			n := 1 + int(b[0])
			o.names[i] = msg.Name{}
			copy(o.names[i][:], b[1:n])
			b = b[n:]
		}
	}
}

// reset makes t an empty table with room for n entries.
func (t *table) reset(n int) {
	size := tableSize(n)
	t.entries = resize(t.entries, size)
	clear(t.entries)
	t.used, t.shift = 0, tableShift(size)
}

func (t *nameTable) reset(n int) {
	t.entries = resize(t.entries, tableSize(n))
	clear(t.entries)
	t.used = 0
}
