package auth

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
)

const second = 1_000_000 // microseconds

func numbered(n int) *signature {
	s := &signature{n: 32}
	s.bytes[0], s.bytes[1], s.bytes[9] = byte(n), byte(n>>8), byte(n>>16)
	return s
}

func TestReplayRefused(t *testing.T) {
	start := int64(1_700_000_000 * 1e9)
	now := start
	a := newAuthenticator(t, &now)
	k, other := vectorKey(t, "testsecret"), vectorKey(t, "testsecret")
	other.ID, other.tag = "other", tagOf("other")
	v := vectors[1]
	w := Window{now / 1000, DefaultWindow}
	once := func(k *Key, signature string) error { return a.VerifyOnce(k, w, []byte(v.payload), []byte(signature)) }
	if err := once(k, v.signature); err != nil {
		t.Fatalf("the first time: %v", err)
	}
	upper := []byte(v.signature)
	for i, c := range upper {
		if c >= 'a' {
			upper[i] = c - 'a' + 'A'
		}
	}
	for _, after := range []int64{0, 1, second, 5 * second} {
		now = start + after*1000
		for _, signature := range []string{v.signature, string(upper)} {
			if err := once(k, signature); !errors.Is(err, ErrReplayed) {
				t.Errorf("%d µs later: got %v, want %v", after, err, ErrReplayed)
			}
		}
	}
	if err := once(other, v.signature); err != nil {
		t.Errorf("another key of this secret: %v", err)
	}
	if err := a.Verify(k, []byte(v.payload), []byte(v.signature)); err != nil {
		t.Errorf("a question may be asked again: %v", err)
	}
	if n := a.Remembered(); n != 2 {
		t.Errorf("%d are remembered, want 2", n)
	}
}

// TestReplaysForget lets an hour pass at a steady rate: what is remembered stays
// bounded, and nothing that is still valid is forgotten.
func TestReplaysForget(t *testing.T) {
	const perSecond = 40
	r := newReplays(DefaultSignatures)
	k := vectorKey(t, "s")
	most := 0
	for n := range 3600 * perSecond {
		now := int64(n) * second / perSecond
		if err := r.once(k, Window{now, DefaultWindow}, numbered(n), now); err != nil {
			t.Fatalf("signature %d: %v", n, err)
		}
		most = max(most, r.len())
	}
	if limit := (DefaultWindow+keptBeyond)/second*perSecond + 2*perSecond; most > limit {
		t.Errorf("up to %d are remembered, want at most %d", most, limit)
	}
	if len(r.spare) > spareMoments || len(r.seconds) > 8 {
		t.Errorf("%d moments in use, %d spare", len(r.seconds), len(r.spare))
	}
}

// TestReplaysNever gives every signature many times at random moments within its
// window, while the clock jumps both ways: none is taken twice.
func TestReplaysNever(t *testing.T) {
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	r := newReplays(2000)
	k := vectorKey(t, "s")
	type request struct {
		w     Window
		s     *signature
		taken int
	}
	var requests []*request
	now := int64(1_700_000_000 * second)
	taken := 0
	for n := range 200_000 {
		switch random.IntN(1000) {
		case 0:
			now += random.Int64N(200 * second)
		case 1:
			now -= random.Int64N(200 * second)
		default:
			now += random.Int64N(second / 10)
		}
		var q *request
		if len(requests) == 0 || random.IntN(2) == 0 {
			q = &request{s: numbered(n), w: Window{now + second - 1 - random.Int64N(2*second), random.Int64N(MaxWindow + 1)}}
			requests = append(requests, q)
		} else {
			q = requests[len(requests)-1-random.IntN(min(len(requests), 3000))]
		}
		if q.w.check(now) != nil {
			continue
		}
		if r.once(k, q.w, q.s, now) == nil {
			q.taken++
			taken++
		}
		if q.taken > 1 {
			t.Fatalf("seed %d, step %d: a signature is taken twice", seed, n)
		}
		if r.len() > r.limit {
			t.Fatalf("seed %d, step %d: %d are remembered", seed, n, r.len())
		}
	}
	if taken < 10_000 {
		t.Errorf("only %d were taken at all", taken)
	}
}

func TestReplaysBound(t *testing.T) {
	r := newReplays(6) // of which one key alone gets half
	k := vectorKey(t, "s")
	for n := range 3 {
		if err := r.once(k, Window{0, 0}, numbered(n), 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.once(k, Window{0, 0}, numbered(3), 0); !errors.Is(err, ErrCrowded) {
		t.Errorf("got %v, want %v", err, ErrCrowded)
	}
	if err := r.once(k, Window{0, 0}, numbered(1), 0); !errors.Is(err, ErrReplayed) {
		t.Errorf("got %v, want %v", err, ErrReplayed)
	}
	if err := r.once(k, Window{2 * second, 0}, numbered(3), 2*second); err != nil {
		t.Errorf("when the others are over: %v", err)
	}
	// A clock that goes back meets what it no longer remembers.
	if err := r.once(k, Window{0, 0}, numbered(4), 0); !errors.Is(err, ErrLate) {
		t.Errorf("got %v, want %v", err, ErrLate)
	}
}

// TestReplaysShares has some keys ask for all that they can get, one after the other:
// none gets more than it leaves free, none keeps out who comes next, and what has
// ended is theirs again.
func TestReplaysShares(t *testing.T) {
	const limit = 1000
	r := newReplays(limit)
	fresh := 0
	fill := func(tag uint64, now int64) (taken int) {
		k := &Key{tag: tag}
		for range limit {
			fresh++
			switch err := r.once(k, Window{now, DefaultWindow}, numbered(fresh), now); {
			case err == nil:
				taken++
			case !errors.Is(err, ErrCrowded):
				t.Fatal(err)
			}
		}
		return taken
	}
	for i, want := range []int{500, 250, 125, 63, 31, 16} {
		if got := fill(uint64(i), 0); got != want {
			t.Errorf("key %d gets %d, want %d", i, got, want)
		}
	}
	if got := fill(0, 0); got != 0 {
		t.Errorf("the first key gets %d more", got)
	}
	// Once all of that has ended each gets the share that two have of what there is
	// when both ask for one after the other in turn.
	later := int64(DefaultWindow + 2*keptBeyond + second)
	one, other := &Key{tag: 1}, &Key{tag: 2}
	taken := [2]int{}
	for n := range limit {
		for i, k := range []*Key{one, other} {
			if r.once(k, Window{later, DefaultWindow}, numbered(n), later) == nil {
				taken[i]++
			}
		}
	}
	if want := [2]int{334, 333}; taken != want {
		t.Errorf("two keys get %d, want %d", taken, want)
	}
	if got := fill(3, later); got != 167 {
		t.Errorf("a third one gets %d of the 333 that are left, want 167", got)
	}
	end := later + DefaultWindow + 2*keptBeyond + second
	r.mu.Lock()
	r.sweep(end / second)
	r.mu.Unlock()
	if r.len() != 0 || len(r.held) != 0 {
		t.Errorf("in the end %d are remembered of %d keys", r.len(), len(r.held))
	}
}

// TestReplaysTogether races for each of many signatures.
func TestReplaysTogether(t *testing.T) {
	const racers, signatures = 8, 500
	r := newReplays(DefaultSignatures)
	k := vectorKey(t, "s")
	won := make([][]int, racers)
	var wait sync.WaitGroup
	for i := range racers {
		wait.Go(func() {
			for n := range signatures {
				now := int64(n) * second / 100
				if r.once(k, Window{now, DefaultWindow}, numbered(n), now) == nil {
					won[i] = append(won[i], n)
				}
			}
		})
	}
	wait.Wait()
	winners := make(map[int]int)
	for _, list := range won {
		for _, n := range list {
			winners[n]++
		}
	}
	for n := range signatures {
		if winners[n] > 1 {
			t.Errorf("signature %d was taken %d times", n, winners[n])
		}
	}
	if len(winners) == 0 {
		t.Error("none was taken")
	}
}

func BenchmarkReplays(b *testing.B) {
	for _, rate := range []int64{1000, 50_000} {
		b.Run(fmt.Sprintf("%d a second", rate), func(b *testing.B) {
			r := newReplays(DefaultSignatures)
			k := &Key{}
			n := int64(0)
			b.ReportAllocs()
			for b.Loop() {
				now := n * second / rate
				s := numbered(int(n))
				if err := r.once(k, Window{now, DefaultWindow}, s, now); err != nil {
					b.Fatal(err)
				}
				n++
			}
		})
	}
}

// TestLogons sends one signature from several addresses: it is good for the first of
// them, as often as it comes, and for whatever changes something no more.
func TestLogons(t *testing.T) {
	now := int64(1_700_000_000_000 * 1e6)
	a := newAuthenticator(t, &now)
	now += 2e9
	k := vectorKey(t, "testsecret")
	payload, signature := []byte(vectors[1].payload), []byte(vectors[1].signature)
	w := Window{now / 1000, DefaultWindow}
	here, there := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("2001:db8::1")
	for i, c := range []struct {
		from netip.Addr
		want error
	}{{here, nil}, {there, ErrReplayed}, {here, nil}, {there, ErrReplayed}, {netip.Addr{}, ErrReplayed}, {here, nil}} {
		if err := a.VerifyFrom(k, w, payload, signature, c.from); !errors.Is(err, c.want) {
			t.Errorf("time %d, from %v: got %v, want %v", i, c.from, err, c.want)
		}
	}
	if err := a.VerifyOnce(k, w, payload, signature); !errors.Is(err, ErrReplayed) {
		t.Errorf("as something else: got %v, want %v", err, ErrReplayed)
	}
	if err := a.VerifyFrom(k, w, payload, bytes.Repeat([]byte("0"), len(signature)), here); !errors.Is(err, ErrSignature) {
		t.Errorf("another signature: got %v, want %v", err, ErrSignature)
	}
	if n := a.Remembered(); n != 2 {
		t.Errorf("%d are remembered, want the signature and from where it came", n)
	}
	now += 7e9
	if err := a.VerifyOnce(k, Window{now / 1000, DefaultWindow}, payload, signature); err != nil || a.Remembered() != 1 {
		t.Errorf("after the window: %v, %d are remembered", err, a.Remembered())
	}
}

// TestLogonsTogether sends one signature from two addresses at a time: it is taken
// from one of them, always.
func TestLogonsTogether(t *testing.T) {
	const rounds, each = 200, 3
	k := vectorKey(t, "testsecret")
	for round := range rounds {
		r := newReplays(1 << 10)
		w := Window{1e15, DefaultWindow}
		var taken [2][each]bool
		var all sync.WaitGroup
		for side := range taken {
			for i := range each {
				all.Go(func() {
					from := netip.AddrFrom4([4]byte{10, 0, 0, byte(side)})
					taken[side][i] = r.onceFrom(k, w, numbered(round), from, 1e15) == nil
				})
			}
		}
		all.Wait()
		one, other := [each]bool{true, true, true}, [each]bool{}
		if taken != [2][each]bool{one, other} && taken != [2][each]bool{other, one} {
			t.Fatalf("round %d: taken from both, or not always from one: %v", round, taken)
		}
	}
}
