package auth

import (
	"encoding/binary"
	"errors"
	"sync"
)

// DefaultSignatures bounds the signatures that are remembered, some 60 MB of them:
// enough for 170,000 requests a second with the default window.
const DefaultSignatures = 1 << 20

// The ways in which a signature that is right can be refused. Clients are told of
// one that was used before what they are told of a wrong one: which of the two it
// is would be of use only to who has heard it.
var (
	ErrReplayed = errors.New("auth: this signature was used before")
	ErrCrowded  = errors.New("auth: as many signatures are remembered as may")
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
type replays struct {
	mu      sync.Mutex
	limit   int
	count   int
	swept   int64 // the second of the last sweep
	horizon int64
	seconds map[int64]map[fingerprint]struct{}
	spare   []map[fingerprint]struct{} // swept, to be used again
}

func newReplays(limit int) *replays {
	return &replays{limit: limit, horizon: -1, seconds: make(map[int64]map[fingerprint]struct{})}
}

// spareSets bounds the empty sets kept. A set that is used again has room for as
// many as it once had.
const spareSets = 8

// once remembers a signature, or returns why it is not to be taken. Now is in
// microseconds.
func (r *replays) once(k *Key, w Window, s *signature, now int64) error {
	const second = 1_000_000
	f := fingerprint{
		high: binary.LittleEndian.Uint64(s.bytes[:]), low: binary.LittleEndian.Uint64(s.bytes[8:]),
		key: k.tag,
	}
	end := (w.Stamp + w.Length + keptBeyond) / second
	r.mu.Lock()
	defer r.mu.Unlock()
	if now/second != r.swept {
		r.sweep(now / second)
	}
	if end <= r.horizon {
		return ErrLate
	}
	set := r.seconds[end]
	if _, used := set[f]; used {
		return ErrReplayed
	}
	if r.count >= r.limit {
		return ErrCrowded
	}
	if set == nil {
		set = r.take()
		r.seconds[end] = set
	}
	set[f] = struct{}{}
	r.count++
	return nil
}

// sweep forgets what ended before this second.
func (r *replays) sweep(second int64) {
	r.swept = second
	for end, set := range r.seconds {
		if end >= second {
			continue
		}
		r.horizon = max(r.horizon, end)
		r.count -= len(set)
		delete(r.seconds, end)
		if len(r.spare) < spareSets {
			clear(set)
			r.spare = append(r.spare, set)
		}
	}
}

func (r *replays) take() map[fingerprint]struct{} {
	n := len(r.spare)
	if n == 0 {
		return make(map[fingerprint]struct{})
	}
	set := r.spare[n-1]
	r.spare = r.spare[:n-1]
	return set
}

func (r *replays) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}
