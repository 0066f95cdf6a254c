package auth

import (
	"encoding/binary"
	"errors"
	"sync"
)

// DefaultSignatures bounds the signatures that are remembered, some 60 MB of them:
// enough for 170,000 requests a second with the default window, and for half of that
// from one key.
const DefaultSignatures = 1 << 20

// The ways in which a signature that is right can be refused. Clients are told of
// one that was used before what they are told of a wrong one: which of the two it
// is would be of use only to who has heard it.
var (
	ErrReplayed = errors.New("auth: this signature was used before")
	ErrCrowded  = errors.New("auth: as many signatures of this key are remembered as may")
)

// keptBeyond is for how long a signature is kept after its window has ended.
const keptBeyond = 1_000_000 // microseconds

// fingerprint stands for a signature. It begins with 128 bits of the signature:
// who can make two that agree in them has the key, and refuses only himself.
type fingerprint struct {
	high, low uint64
	key       uint64 // two keys may have one secret
}

// replays remembers signatures until their windows have ended, by the second in
// which that is. A signature that comes again has the same end, so it is looked
// for in that second only.
//
// No signature is taken twice, whatever the clock does: what is forgotten ended no
// later than horizon, and what ends no later than horizon is refused.
//
// No key may hold more of the room than it leaves free. So one key alone gets half of
// it, two that ask for all they can get a third each, n of them one part in n+1: there
// is always as much left for whoever comes next as each of these has.
type replays struct {
	mu      sync.Mutex
	limit   int
	count   int
	held    map[uint64]int // by tag of the key: its part of count, above zero
	swept   int64          // the second of the last sweep
	horizon int64
	seconds map[int64]*moment
	spare   []*moment // swept, to be used again
}

// moment is what is remembered of the signatures that end in one second.
type moment struct {
	used map[fingerprint]struct{}
	held map[uint64]int // of them, by tag of the key
}

func newReplays(limit int) *replays {
	return &replays{limit: limit, horizon: -1, held: make(map[uint64]int), seconds: make(map[int64]*moment)}
}

// spareMoments bounds the empty moments kept. One that is used again has room for as
// many as it once had.
const spareMoments = 8

// endUnit is the unit in which ends of windows are told apart.
const endUnit = 1_000_000 // microseconds

func (s *signature) fingerprint(k *Key) fingerprint {
	return fingerprint{
		high: binary.LittleEndian.Uint64(s.bytes[:]), low: binary.LittleEndian.Uint64(s.bytes[8:]),
		key: k.tag,
	}
}

// kept returns the second in which a signature of w is forgotten.
func (w Window) kept() int64 { return (w.Stamp + w.Length + keptBeyond) / endUnit }

// once remembers a signature, or returns why it is not to be taken. Now is in
// microseconds.
func (r *replays) once(k *Key, w Window, s *signature, now int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.remember(s.fingerprint(k), w, now)
}

func (r *replays) remember(f fingerprint, w Window, now int64) error {
	end := w.kept()
	if now/endUnit != r.swept {
		r.sweep(now / endUnit)
	}
	if end <= r.horizon {
		return ErrLate
	}
	m := r.seconds[end]
	if r.held[f.key] >= r.limit-r.count {
		if m != nil {
			if _, used := m.used[f]; used {
				return ErrReplayed
			}
		}
		return ErrCrowded
	}
	if m == nil {
		m = r.take()
		r.seconds[end] = m
	}
	before := len(m.used)
	m.used[f] = struct{}{}
	if len(m.used) == before {
		return ErrReplayed
	}
	m.held[f.key]++
	r.held[f.key]++
	r.count++
	return nil
}

// sweep forgets what ended before this second.
func (r *replays) sweep(second int64) {
	r.swept = second
	for end, m := range r.seconds {
		if end >= second {
			continue
		}
		r.horizon = max(r.horizon, end)
		r.count -= len(m.used)
		for key, n := range m.held {
			if r.held[key] -= n; r.held[key] == 0 {
				delete(r.held, key)
			}
		}
		delete(r.seconds, end)
		if len(r.spare) < spareMoments {
			clear(m.used)
			clear(m.held)
			r.spare = append(r.spare, m)
		}
	}
}

func (r *replays) take() *moment {
	n := len(r.spare)
	if n == 0 {
		return &moment{used: make(map[fingerprint]struct{}), held: make(map[uint64]int)}
	}
	m := r.spare[n-1]
	r.spare = r.spare[:n-1]
	return m
}

func (r *replays) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}
