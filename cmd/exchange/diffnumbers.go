package main

import (
	"sort"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// numbers translates between the sequences of a journal and those of a re-execution
// in which commands were left out or put in. Orders have the number of their command,
// so they are translated alike: what a recorded command says about order 12 means the
// order that recorded command 12 brought, whatever its number is now.
type numbers struct {
	bends []bend // by both from and to, ascending
	put   []msg.Seq
	out   []msg.Seq
}

// bend is where recorded sequences from on begin to be other by a shift.
type bend struct {
	from  msg.Seq // recorded
	to    msg.Seq // in the re-execution
	shift int64
}

// The numbers that stand for orders without a counterpart: in a re-execution for those
// whose command was left out, in the journal's numbering for those that were put in.
// No journal gets that long.
const (
	leftOut msg.OrderID = 1 << 40
	putIn   msg.OrderID = 1 << 41
)

// same reports whether all numbers are those of the journal.
func (n *numbers) same() bool { return len(n.bends) == 0 }

// insert says that the command that gets sequence now is put in before the recorded
// command before.
func (n *numbers) insert(before, now msg.Seq) {
	n.put = append(n.put, now)
	n.bend(before, int64(now)+1-int64(before))
}

// drop says that a recorded command is left out. The next one gets sequence now.
func (n *numbers) drop(recorded, now msg.Seq) {
	n.out = append(n.out, recorded)
	n.bend(recorded+1, int64(now)-int64(recorded)-1)
}

func (n *numbers) bend(from msg.Seq, shift int64) {
	n.bends = append(n.bends, bend{from, msg.Seq(int64(from) + shift), shift})
}

// forward returns the number that a recorded order has in the re-execution.
func (n *numbers) forward(id msg.OrderID) msg.OrderID {
	if n.same() || id == 0 {
		return id
	}
	for i, seq := range n.put {
		if id == putIn+msg.OrderID(i) {
			return msg.OrderID(seq)
		}
	}
	for _, seq := range n.out {
		if msg.OrderID(seq) == id {
			return leftOut + id
		}
	}
	i := sort.Search(len(n.bends), func(i int) bool { return n.bends[i].from > msg.Seq(id) })
	if i == 0 {
		return id
	}
	return msg.OrderID(int64(id) + n.bends[i-1].shift)
}

// back returns the recorded number of an order of the re-execution.
func (n *numbers) back(id msg.OrderID) msg.OrderID {
	if n.same() || id == 0 {
		return id
	}
	if id >= leftOut {
		return id - leftOut
	}
	for i, seq := range n.put {
		if msg.OrderID(seq) == id {
			return putIn + msg.OrderID(i)
		}
	}
	i := sort.Search(len(n.bends), func(i int) bool { return n.bends[i].to > msg.Seq(id) })
	if i == 0 {
		return id
	}
	return msg.OrderID(int64(id) - n.bends[i-1].shift)
}
