package flow

import (
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Flow is a whole file of recorded flow, in 40 bytes a row.
type Flow struct {
	Rows      []Row
	HasExpect bool // the file says which fills it expects

	// The most decimals of an order's price and quantity.
	PriceDecimals, QtyDecimals uint8

	// The unit of all prices and quantities is 10 to the minus these. They are
	// larger than the decimals only if an expected value has more of them.
	PriceScale, QtyScale uint8

	fills []Fill
	ids   names
}

// Row is one command of a flow file. What the command does not use is zero.
type Row struct {
	Time     int64
	Price    int64  // uncross: the expected one
	Quantity int64  // reduce: what to take off
	ID       uint32 // a number for the id; see Flow.ID
	fills    uint32 // the first expected fill; they end where those of the next row start
	Op       Op
	Side     msg.Side
	TIF      msg.TimeInForce
	Phase    msg.Phase
}

// Op is what a row asks for, the column command of the file.
type Op uint8

// The commands of a flow file.
const (
	OpLimit Op = iota + 1
	OpCancel
	OpReduce
	OpReplace
	OpPhase
	OpUncross
)

// String returns the command's name in the file.
func (o Op) String() string {
	switch o {
	case OpLimit:
		return "limit"
	case OpCancel:
		return "cancel"
	case OpReduce:
		return "reduce"
	case OpReplace:
		return "replace"
	case OpPhase:
		return "phase"
	case OpUncross:
		return "uncross"
	default:
		return "?"
	}
}

// parseOp returns the command with this name, or 0.
func parseOp(name []byte) Op {
	switch string(name) {
	case "limit":
		return OpLimit
	case "cancel":
		return OpCancel
	case "reduce":
		return OpReduce
	case "replace":
		return OpReplace
	case "phase":
		return OpPhase
	case "uncross":
		return OpUncross
	default:
		return 0
	}
}

// Fill is a trade that a row must cause.
type Fill struct {
	Order           uint32 // number of the maker's id, in an uncross of the bid's
	Ask             uint32 // in an uncross the number of the ask's id, else 0
	Price, Quantity int64
}

// Expected returns the fills that a row, counted from 0, must cause.
func (f *Flow) Expected(row int) []Fill {
	end := uint32(len(f.fills))
	if row+1 < len(f.Rows) {
		end = f.Rows[row+1].fills
	}
	return f.fills[f.Rows[row].fills:end]
}

// ID returns the id that a Row or Fill has by number.
func (f *Flow) ID(number uint32) string { return string(f.ids.text(number)) }
