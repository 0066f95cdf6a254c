package engine

import (
	"math/bits"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// level holds the orders at one price of one side, oldest first.
type level struct {
	price msg.Price
	qty   msg.Qty // sum of its orders' open quantities
	head  uint32  // oldest order
	tail  uint32
	count uint32
	leaf  uint32 // the node it hangs on
}

// node is a 64-way branch of a ladder. Its children are nodes or, in a leaf,
// levels; the mask says which are there, the others are garbage.
type node struct {
	mask   uint64
	parent uint32
	place  uint8 // in the parent
	child  [64]uint32
}

// levelPool holds the levels and nodes of all ladders. Free ones are chained
// through leaf and parent.
type levelPool struct {
	levels    []level
	nodes     []node
	freeLevel uint32
	freeNode  uint32
}

func (p *levelPool) init() {
	p.levels = make([]level, 1, 64)
	p.nodes = make([]node, 1, 16)
}

func (p *levelPool) newLevel(price msg.Price, leaf uint32) uint32 {
	i := p.freeLevel
	if i == 0 {
		i = uint32(len(p.levels))
		p.levels = append(p.levels, level{})
	} else {
		p.freeLevel = p.levels[i].leaf
	}
	p.levels[i] = level{price: price, leaf: leaf}
	return i
}

func (p *levelPool) newNode(parent uint32, place uint8) uint32 {
	i := p.freeNode
	if i == 0 {
		i = uint32(len(p.nodes))
		p.nodes = append(p.nodes, node{})
	} else {
		p.freeNode = p.nodes[i].parent
	}
	n := &p.nodes[i]
	n.mask, n.parent, n.place = 0, parent, place
	return i
}

func (p *levelPool) dropNode(i uint32) {
	p.nodes[i].parent = p.freeNode
	p.freeNode = i
}

// ladder is one side of a book: its levels by rank, in a tree of nodes in which six
// bits of the rank choose a child. Of two prices the one that trades first has the
// lower rank, so that the two sides, which commands hit at random, take the same
// steps. The root covers only the ranks that share the bits above it, and the tree
// is as high as the live prices are apart: a book within 64 ticks is one leaf or two,
// one within 262,144 has three stages. So a level is found, added and removed in a few
// steps, the next price is found by bit scans, and memory follows the number of levels
// and not the width of the price range.
type ladder struct {
	front  uint64 // the rank of the best level; noRank when the side is empty
	flip   uint64 // price bits that are turned over in a rank: none or, of bids, all
	root   uint32
	best   uint32  // level; 0 when the side is empty
	leaf   uint32  // the leaf used last, which is usually the one used next
	stages uint8   // above the leaves
	prefix uint64  // the rank bits above the root
	key    uint64  // rank bits of leaf
	levels int     // number of levels
	total  msg.Qty // sum of all open quantities
}

const (
	nodeBits = 6
	nodeMask = 1<<nodeBits - 1

	lastRank = uint64(msg.MaxPrice)
	noRank   = lastRank + 1
)

// newLadders returns the two sides of an empty book.
func newLadders() (sides [2]ladder) {
	sides[msg.Buy] = ladder{front: noRank, flip: lastRank}
	sides[msg.Sell] = ladder{front: noRank}
	return sides
}

// rank returns the rank of a price: lower ones trade first.
func (l *ladder) rank(p msg.Price) uint64 { return uint64(p) ^ l.flip }

// level returns the level of a price, made if it is not there.
func (l *ladder) level(p *levelPool, price msg.Price) uint32 {
	k := l.rank(price)
	leaf := l.leaf
	if leaf == 0 || l.key != k>>nodeBits {
		leaf = l.descend(p, k)
	}
	n := &p.nodes[leaf]
	i := k & nodeMask
	if n.mask>>i&1 != 0 {
		return n.child[i]
	}
	v := p.newLevel(price, leaf)
	n.mask |= 1 << i
	n.child[i] = v
	l.levels++
	if k < l.front {
		l.best, l.front = v, k
	}
	return v
}

// find returns the level of a price, or 0. It changes nothing.
func (l *ladder) find(p *levelPool, price msg.Price) uint32 {
	k := l.rank(price)
	if l.root == 0 || k>>(nodeBits*(l.stages+1)) != l.prefix {
		return 0
	}
	i := l.root
	for s := int(l.stages); s >= 0; s-- {
		bit := k >> (nodeBits * s) & nodeMask
		if p.nodes[i].mask>>bit&1 == 0 {
			return 0
		}
		i = p.nodes[i].child[bit]
	}
	return i
}

// descend returns the leaf of a rank, made with the nodes above it as needed.
func (l *ladder) descend(p *levelPool, k uint64) uint32 {
	if l.root == 0 {
		l.root, l.stages, l.prefix = p.newNode(0, 0), 0, k>>nodeBits
	}
	for k>>(nodeBits*(l.stages+1)) != l.prefix {
		l.raise(p)
	}
	i := l.root
	for s := int(l.stages); s > 0; s-- {
		bit := k >> (nodeBits * s) & nodeMask
		if p.nodes[i].mask>>bit&1 == 0 {
			c := p.newNode(i, uint8(bit))
			p.nodes[i].mask |= 1 << bit
			p.nodes[i].child[bit] = c
		}
		i = p.nodes[i].child[bit]
	}
	l.leaf, l.key = i, k>>nodeBits
	return i
}

// raise puts a new root above the root.
func (l *ladder) raise(p *levelPool) {
	place := l.prefix & nodeMask
	r := p.newNode(0, 0)
	p.nodes[r].mask = 1 << place
	p.nodes[r].child[place] = l.root
	p.nodes[l.root].parent, p.nodes[l.root].place = r, uint8(place)
	l.root = r
	l.stages++
	l.prefix >>= nodeBits
}

// remove takes an empty level out, with the nodes that held nothing else.
func (l *ladder) remove(p *levelPool, v uint32) {
	if l.best == v {
		l.best = l.worse(p, v)
		l.front = noRank
		if l.best != 0 {
			l.front = l.rank(p.levels[l.best].price)
		}
	}
	i := p.levels[v].leaf
	place := l.rank(p.levels[v].price) & nodeMask
	p.levels[v].leaf = p.freeLevel
	p.freeLevel = v
	l.levels--
	n := &p.nodes[i]
	n.mask &^= 1 << place
	for n.mask == 0 && i != l.root {
		if i == l.leaf {
			l.leaf = 0
		}
		up, at := n.parent, n.place
		p.dropNode(i)
		i = up
		n = &p.nodes[i]
		n.mask &^= 1 << at
	}
	if n.mask == 0 {
		p.dropNode(i)
		l.root, l.leaf = 0, 0
		return
	}
	if i == l.root {
		l.lower(p)
	}
}

// lower takes away roots that have one child.
func (l *ladder) lower(p *levelPool) {
	for l.stages > 0 {
		n := &p.nodes[l.root]
		if n.mask&(n.mask-1) != 0 {
			return
		}
		place := uint64(bits.TrailingZeros64(n.mask))
		old := l.root
		l.root = n.child[place]
		p.nodes[l.root].parent = 0
		p.dropNode(old)
		l.prefix = l.prefix<<nodeBits | place
		l.stages--
	}
}

// worse returns the next level away from the best, or 0.
func (l *ladder) worse(p *levelPool, v uint32) uint32 {
	i, place := p.levels[v].leaf, l.rank(p.levels[v].price)&nodeMask
	for s := 0; ; s++ {
		n := &p.nodes[i]
		// 2<<63 is 0, and the mask of all bits then leaves none.
		if m := n.mask &^ (2<<place - 1); m != 0 {
			c := n.child[bits.TrailingZeros64(m)]
			for ; s > 0; s-- {
				n = &p.nodes[c]
				c = n.child[bits.TrailingZeros64(n.mask)]
			}
			return c
		}
		if i == l.root {
			return 0
		}
		i, place = n.parent, uint64(n.place)
	}
}

// better returns the next level towards the best, or 0.
func (l *ladder) better(p *levelPool, v uint32) uint32 {
	i, place := p.levels[v].leaf, l.rank(p.levels[v].price)&nodeMask
	for s := 0; ; s++ {
		n := &p.nodes[i]
		if m := n.mask & (1<<place - 1); m != 0 {
			c := n.child[63-bits.LeadingZeros64(m)]
			for ; s > 0; s-- {
				n = &p.nodes[c]
				c = n.child[63-bits.LeadingZeros64(n.mask)]
			}
			return c
		}
		if i == l.root {
			return 0
		}
		i, place = n.parent, uint64(n.place)
	}
}
