package gateway

import (
	"net/netip"
	"sync"
)

// LargeAnswer is from how many bytes on an answer counts against the Budget. What is
// smaller is bounded by the number of connections.
const LargeAnswer = 64 << 10

// Budget bounds the bytes of large answers that are being made or wait to be sent, of
// all connections together. No address may hold more of it than it leaves free, so
// that one that asks for much and reads slowly keeps nobody else from asking; only when
// nothing is held there is room for any one. It may be used by many goroutines at once;
// a nil Budget has no bound.
type Budget struct {
	limit int64

	mu      sync.Mutex
	held    int64
	by      map[netip.Addr]int64 // above zero
	refused uint64
}

// NewBudget returns a budget of so many bytes.
func NewBudget(limit int) *Budget {
	return &Budget{limit: int64(limit), by: make(map[netip.Addr]int64)}
}

// Take takes n bytes for an address, and reports whether there was room for them.
func (b *Budget) Take(who netip.Addr, n int) bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.held > 0 && b.by[who]+int64(n) > b.limit-b.held-int64(n) {
		b.refused++
		return false
	}
	b.add(who, int64(n))
	return true
}

// Force takes n bytes for an address, for what has to be sent whether there is room
// for it or not: others are refused the sooner.
func (b *Budget) Force(who netip.Addr, n int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.add(who, int64(n))
}

// Give gives n bytes of an address back.
func (b *Budget) Give(who netip.Addr, n int) {
	if b == nil || n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.add(who, -int64(n))
}

func (b *Budget) add(who netip.Addr, n int64) {
	b.held += n
	if b.by[who] += n; b.by[who] == 0 {
		delete(b.by, who)
	}
}

// Held returns how many bytes are held, and how often there was no room.
func (b *Budget) Held() (bytes int64, refused uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.held, b.refused
}
