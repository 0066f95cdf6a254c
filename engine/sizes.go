package engine

// The memory that one of each takes, in bytes, on machines of 64 bits; on others it is
// no more.
const (
	packedBytes    = 368
	symbolBytes    = 488
	bucketBytes    = 32
	assetBytes     = 48
	accountBytes   = 32
	balanceBytes   = 32
	positionBytes  = 40
	orderBytes     = 64
	nameBytes      = 36
	levelBytes     = 32
	nodeBytes      = 272
	entryBytes     = 16
	nameEntryBytes = 8
	indexBytes     = 4
	outsBytes      = 4100
	sliceBytes     = 24 // beside what it leads to
	pointerBytes   = 8
)

// Bytes returns the memory that a copy of the state takes.
func (e *Engine) Bytes() int64 {
	n := 3*outsBytes + len(e.assets)*assetBytes + len(e.accounts)*accountBytes
	for _, s := range e.symbols {
		n += pointerBytes + symbolBytes + len(s.minutes)*bucketBytes
	}
	n += len(e.balances.pool)*balanceBytes + len(e.balances.slot.entries)*entryBytes
	n += len(e.positions.pool)*positionBytes + len(e.positions.slot.entries)*entryBytes
	o := &e.orders
	n += len(o.pool)*orderBytes + len(o.names)*nameBytes + len(o.recent)*indexBytes
	n += len(o.old.entries)*entryBytes + len(o.named.entries)*nameEntryBytes
	n += len(e.pool.levels)*levelBytes + len(e.pool.nodes)*nodeBytes
	return int64(n)
}

// Bytes returns the memory that p takes beside what it shares with before, which may
// be nil.
func (p *Packed) Bytes(before *Packed) int64 {
	if before == nil {
		before = &Packed{}
	}
	n := packedBytes + len(p.symbols)*pointerBytes
	if len(p.assets) > 0 && (len(before.assets) == 0 || &p.assets[0] != &before.assets[0]) {
		n += len(p.assets) * assetBytes
	}
	for i, s := range p.symbols {
		if i >= len(before.symbols) || s != before.symbols[i] {
			n += symbolBytes + len(s.minutes)*bucketBytes
		}
	}
	its := before.blocks()
	for i, blocks := range p.blocks() {
		n += blockBytes(blocks, its[i])
	}
	return int64(n)
}

// blocks returns all blocks.
func (p *Packed) blocks() [8][][]byte {
	return [...][][]byte{
		p.accounts.blocks, p.balances.blocks, p.positions.blocks, p.orders.blocks, p.levels.blocks, p.nodes.blocks, p.children.blocks, p.names,
	}
}

// blockBytes returns the memory that blocks take beside those that are the same ones
// before.
func blockBytes(blocks, before [][]byte) (n int) {
	n = len(blocks) * sliceBytes
	for i, b := range blocks {
		if len(b) > 0 && (i >= len(before) || len(before[i]) == 0 || &b[0] != &before[i][0]) {
			n += len(b)
		}
	}
	return n
}
