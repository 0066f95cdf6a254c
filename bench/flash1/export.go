//go:build cgo

package main

// #cgo CFLAGS: -O3 -std=c11
// #include "transport.h"
import "C"

import (
	"math"
	"runtime/debug"
	"sync/atomic"
	"unsafe"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// memoryLimit bounds what may be left to the collector, which is off otherwise:
// nothing is allocated once a session stands.
const memoryLimit = 4 << 30

// current is the session that the functions below speak of: the benchmark loads a
// library for one engine and gives it no handle.
var current *session

// engine_init begins a session whose reports go into sink, a ring that the
// transport of this library has created.
//
//export engine_init
func engine_init(_ C.uint64_t, transport, sink unsafe.Pointer) {
	if transport != unsafe.Pointer(C.engine_get_transport()) {
		panic("flash1: the reports of this library go through its own transport")
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(memoryLimit)
	r := (*C.flash1_ring)(sink)
	current = newSession(sized, newRing(
		unsafe.Slice((*report)(unsafe.Pointer(r.slots)), int(r.size)),
		(*atomic.Uint64)(unsafe.Pointer(&r.published)),
		(*atomic.Uint64)(unsafe.Pointer(&r.read)),
	))
}

// engine_shutdown ends the session.
//
//export engine_shutdown
func engine_shutdown() { current = nil }

// engine_on_batch handles n messages.
//
//export engine_on_batch
func engine_on_batch(messages unsafe.Pointer, n C.uint32_t) {
	current.batch(unsafe.Slice((*message)(messages), int(n)))
}

// engine_on_new_order handles one message that comes without its kind.
//
//export engine_on_new_order
func engine_on_new_order(order unsafe.Pointer) { one(newOrder, order, whole) }

// engine_on_cancel is engine_on_new_order for a cancel.
//
//export engine_on_cancel
func engine_on_cancel(order unsafe.Pointer) { one(cancel, order, whole-cancelLacks) }

// engine_on_modify is engine_on_new_order for a modify.
//
//export engine_on_modify
func engine_on_modify(order unsafe.Pointer) { one(modify, order, whole) }

// The bytes of a message behind its kind.
const (
	whole       = int(unsafe.Sizeof(message{}) - unsafe.Offsetof(message{}.order))
	cancelLacks = whole - int(unsafe.Offsetof(message{}.price)-unsafe.Offsetof(message{}.order))
)

// one handles a message of which so many bytes are there, without its kind.
func one(kind messageKind, from unsafe.Pointer, bytes int) {
	m := [1]message{{kind: kind}}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&m[0].order)), whole), unsafe.Slice((*byte)(from), bytes))
	current.batch(m[:])
}

// engine_flush has nothing to wait for: what was asked is done and reported when a
// call returns.
//
//export engine_flush
func engine_flush() {}

// engine_query_best_bid returns the highest bid, or the least number.
//
//export engine_query_best_bid
func engine_query_best_bid() C.int64_t { return C.int64_t(current.best(msg.Buy, math.MinInt64)) }

// engine_query_best_ask returns the lowest ask, or the greatest number.
//
//export engine_query_best_ask
func engine_query_best_ask() C.int64_t { return C.int64_t(current.best(msg.Sell, math.MaxInt64)) }

// engine_query_depth_at returns what rests at a price.
//
//export engine_query_depth_at
func engine_query_depth_at(price C.int64_t, side C.uint8_t) C.uint64_t {
	return C.uint64_t(current.engine.Level(market, msg.Side(side), msg.Price(price)))
}
