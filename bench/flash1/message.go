package main

// The layout of messages and reports is the benchmark's, to the byte.

// message is a new order, a cancel or a modify. A cancel has only order and
// sequence; what lies where the others have more is garbage.
type message struct {
	kind     messageKind
	_        [7]byte
	order    uint64 // the trader's id; free again when its order is closed
	sequence uint64
	price    int64 // ticks
	quantity uint32
	side     uint8 // as in msg
	ioc      uint8 // 1 for immediate-or-cancel; new orders only
	_        [2]byte
}

type messageKind uint8

const (
	newOrder messageKind = 0
	cancel   messageKind = 1
	modify   messageKind = 2
)

// report is one thing that happened because of a message. It fills a cache line.
type report struct {
	kind     reportKind
	side     uint8
	_        [6]byte
	sequence uint64 // of the message
	order    uint64 // of a trade the maker's
	price    int64  // of a trade the maker's
	quantity uint32
	_        uint32
	maker    uint64 // trades only
	taker    uint64 // trades only
	_        uint64
}

type reportKind uint8

const (
	accepted       reportKind = 0
	traded         reportKind = 1
	canceled       reportKind = 2 // also the rest of an immediate-or-cancel order
	modified       reportKind = 3
	cancelRejected reportKind = 4
	modifyRejected reportKind = 5
)
