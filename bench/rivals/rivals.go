// Package rivals puts other stores under the faults that the exchange is put under:
// bare tidwall/wal, and bbolt. Each is used as its documentation says, with the
// syncs that it makes by default, and nothing is repaired for it. Appending and
// reading happen behind one interface, and in a process of its own when the fault
// would end it.
package rivals

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// Store is a store of records that are appended.
type Store interface {
	// Append appends records, which are durable when it has returned.
	Append(records [][]byte) error
	// Records calls visit with each record in order. It does not retain what it is
	// given, and neither may visit.
	Records(visit func(record []byte) error) error
	Close() error
}

// Kinds returns the kinds of stores, by the names that promise has for them.
func Kinds() []string { return []string{promise.WAL, promise.Bbolt} }

// Unsynced is tidwall/wal told not to sync. It is there to show that a fault that
// takes what was not synced is noticed.
const Unsynced = promise.WAL + " unsynced"

// Open opens the store of a kind in a directory, or makes it.
func Open(kind, dir string) (Store, error) {
	switch kind {
	case promise.WAL:
		return openWAL(dir, false)
	case Unsynced:
		return openWAL(dir, true)
	case promise.Bbolt:
		return openBbolt(dir)
	}
	return nil, fmt.Errorf("rivals: no store is called %q", kind)
}
