package pipeline

import (
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
)

// passageCommands is how many commands a passage has, at most. One takes about a hundred
// kilobytes: a larger one leaves the cache before it is folded, a smaller one is handed
// over too often.
const passageCommands = 256

// passage holds transactions of the journal that follow each other.
type passage struct {
	commands []msg.Command
	events   []msg.Event
	ends     []int // of each command's events
	frames   []passageFrame
}

// passageFrame says that from a command of a passage on they are those of a frame.
type passageFrame struct {
	from  int
	whole bool          // the frame ends in this passage, at the last of its commands there
	frame journal.Frame // without its bytes
}

func (x *passage) reset() {
	x.commands, x.events, x.ends, x.frames = x.commands[:0], x.events[:0], x.ends[:0], x.frames[:0]
}

// cut forgets all transactions but the first n.
func (x *passage) cut(n int) {
	if n < len(x.commands) {
		x.commands, x.ends = x.commands[:n], x.ends[:n]
	}
}

// transaction returns the i-th one.
func (x *passage) transaction(i int) (*msg.Command, []msg.Event) {
	from := 0
	if i > 0 {
		from = x.ends[i-1]
	}
	return &x.commands[i], x.events[from:x.ends[i]:x.ends[i]]
}

// frameOf returns the frame of the i-th transaction.
func (x *passage) frameOf(i int) *journal.Frame {
	next := slices.IndexFunc(x.frames, func(f passageFrame) bool { return f.from > i })
	if next < 0 {
		next = len(x.frames)
	}
	return &x.frames[next-1].frame
}

// read fills an empty passage with the transactions that come next, through sequence to if that
// is not 0. It returns false behind the last one, and for what cannot be read; all that
// came before is in the passage then.
func (p *Past) read(x *passage, to msg.Seq) (more bool, err error) {
	for len(x.commands) < passageCommands {
		n := len(x.commands)
		x.commands = slices.Grow(x.commands, 1)[:n+1]
		c := &x.commands[n]
		x.events, more, err = p.nextInto(c, x.events)
		if !more {
			x.commands = x.commands[:n]
			return false, err
		}
		x.ends = append(x.ends, len(x.events))
		if k := len(x.frames); k == 0 || x.frames[k-1].frame.Index != p.frame.Index {
			x.frames = append(x.frames, passageFrame{from: n, frame: p.frame})
			x.frames[k].frame.Raw = nil
		}
		x.frames[len(x.frames)-1].whole = p.left == 0
		if c.Seq == to {
			return false, nil
		}
	}
	return true, nil
}
