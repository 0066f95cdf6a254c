package timeline

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

const (
	// nearBack is how many commands before the place that was stepped back to the state
	// is kept as well: so many steps back start from there, and fold no more than that.
	nearBack = 1 << 9
	// nearShare is the part of the memory that the marks leave to it, at least.
	nearShare = 4
)

// near is the state a little before a place that was stepped back to. Whoever steps
// back does so again, and copying an engine is faster than unpacking one and folding
// on from there. It takes more memory, so that with very many open orders there is
// none.
type near struct {
	engine *engine.Engine // nil: none is kept
	room   int64          // that the engine takes
	births births
}

// at reports whether it is there and on the way from a mark to a command.
func (n *near) at(m *mark, seq msg.Seq) bool {
	return n.engine != nil && n.engine.Seq() >= m.seq && n.engine.Seq() <= seq
}

func (n *near) bytes() int64 {
	if n.engine == nil {
		return 0
	}
	return n.room + int64(cap(n.births.since))*birthBytes
}

// keep takes the state of a cursor, if it fits into so many bytes.
func (n *near) keep(c *cursor, limit int64) {
	e := c.past.Engine
	size := e.Bytes()
	if size+int64(len(c.births.since))*birthBytes > limit {
		n.drop()
		return
	}
	if n.engine == nil || n.room < size { // a new one takes no more than it must
		n.engine, n.room = engine.New(engine.Capacity{}), size
	}
	n.engine.CopyFrom(e)
	n.births = births{sealed: c.births.sealed, count: c.births.count, since: slices.Clone(c.births.since)}
}

func (n *near) drop() { *n = near{} }

// stand makes the cursor stand there, after a command that is not known.
func (n *near) stand(c *cursor) error {
	c.leave()
	c.past.Engine.CopyFrom(n.engine)
	own := slices.Clone(n.births.since)
	return c.arrive(births{sealed: n.births.sealed, count: n.births.count, since: own})
}
