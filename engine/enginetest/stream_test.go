package enginetest

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// TestStreamReachesEverything asserts that the streams are worth comparing:
// over the seeds every event, every reason of a refusal or an expiry and every
// kind of command comes up often, and the naive exchange's state stays sound.
func TestStreamReachesEverything(t *testing.T) {
	const seeds, length, least = 300, 2000, 5
	events, kinds, reasons := make(map[msg.EventKind]int), make(map[msg.Kind]int), make(map[msg.Reason]int)
	for seed := range uint64(seeds) {
		n := NewNaive()
		s := NewStream(seed, n)
		for i := range length {
			c := s.Next()
			kinds[c.Kind]++
			for _, v := range n.Execute(&c) {
				events[v.Kind]++
				reasons[v.Reason]++
			}
			if i%100 == 0 || i == length-1 {
				if err := n.Check(); err != nil {
					t.Fatalf("seed %d command %d: %v", seed, c.Seq, err)
				}
			}
		}
	}
	for k := msg.Accepted; k <= msg.Uncrossed; k++ {
		if events[k] < least {
			t.Errorf("%v: %d events", k, events[k])
		}
	}
	for k := msg.Place; k <= msg.Uncross; k++ {
		if kinds[k] < least {
			t.Errorf("%v: %d commands", k, kinds[k])
		}
	}
	for r := msg.UnknownKind; r <= msg.OutOfMakers; r++ {
		if unnamed := strings.HasPrefix(r.String(), "reason("); unnamed || r == msg.TooMany {
			continue // too many assets need a stream of their own
		}
		if reasons[r] < least {
			t.Errorf("%v: %d times", r, reasons[r])
		}
	}
	if trades, most := events[msg.Traded], seeds*length; trades*10 < most {
		t.Errorf("%d trades in %d commands: the markets are dead", trades, most)
	}
}

// TestStreamWithoutUntakable asserts that a stream goes on when the commands that
// no exchange takes are left out, even where one of them is of an unknown account
// and follows an order that lacked money.
func TestStreamWithoutUntakable(t *testing.T) {
	const seed, length = 11613460209629988354, 10_000
	n := NewNaive()
	s := NewStream(seed, n)
	unknown := 0
	for taken := 0; taken < length; {
		c := s.Next()
		if c.Check() == nil {
			n.Execute(&c)
			taken++
		} else if n.account(c.Account) == nil {
			unknown++
		}
	}
	if err := n.Check(); err != nil || unknown == 0 {
		t.Errorf("%d commands of unknown accounts left out, %v", unknown, err)
	}
}

// TestStreamRepeats asserts that a seed names a stream.
func TestStreamRepeats(t *testing.T) {
	for seed := range uint64(5) {
		a, b := NewNaive(), NewNaive()
		s, r := NewStream(seed, a), NewStream(seed, b)
		for range 1000 {
			c, d := s.Next(), r.Next()
			if !reflect.DeepEqual(c, d) {
				t.Fatalf("seed %d: %+v and %+v", seed, c, d)
			}
			a.Execute(&c)
			b.Execute(&d)
		}
	}
}

// TestIndicativeAtEveryTick finds the auction price by trying every tick.
func TestIndicativeAtEveryTick(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	decided := make([]int, 5) // by rule; 0: nothing can trade
	for range 20_000 {
		m := new(market)
		for _, s := range [...]msg.Side{msg.Buy, msg.Sell} {
			for range rng.IntN(5) {
				q := msg.Qty(1 + rng.IntN(4))
				m.rest(&order{Order: Order{Side: s, Price: msg.Price(3 + rng.IntN(8)), Qty: q, Open: q}})
			}
		}
		m.last = msg.Price(rng.IntN(14))
		price, volume := m.indicative()
		wantPrice, wantVolume, rule := bestTick(m)
		if price != wantPrice || volume != wantVolume {
			t.Fatalf("%d × %d, want %d × %d by rule %d: bids %v asks %v last %d", price, volume, wantPrice, wantVolume, rule, m.bids, m.asks, m.last)
		}
		decided[rule]++
	}
	for rule, times := range decided {
		if times < 50 {
			t.Errorf("rule %d decided %d times", rule, times)
		}
	}
}

// bestTick applies the rules to each tick, and says which rule decided.
func bestTick(m *market) (p msg.Price, volume msg.Qty, rule int) {
	if !m.crossed() {
		return 0, 0, 0
	}
	var ticks []span
	for p := m.asks[0].Price; p <= m.bids[0].Price; p++ {
		ticks = append(ticks, m.spanAt(p, p))
	}
	keep := func(worse func(a, b span) bool) {
		var kept []span
		for _, a := range ticks {
			beaten := false
			for _, b := range ticks {
				beaten = beaten || worse(a, b)
			}
			if !beaten {
				kept = append(kept, a)
			}
		}
		ticks = kept
	}
	keep(func(a, b span) bool { return a.volume < b.volume })
	if len(ticks) == 1 {
		return ticks[0].low, ticks[0].volume, 1
	}
	keep(func(a, b span) bool { return a.imbalance() > b.imbalance() })
	if len(ticks) == 1 {
		return ticks[0].low, ticks[0].volume, 2
	}
	bids, asks := true, true
	for _, a := range ticks {
		bids, asks = bids && a.surplus > 0, asks && a.surplus < 0
	}
	if bids {
		return ticks[len(ticks)-1].low, ticks[0].volume, 3
	}
	if asks {
		return ticks[0].low, ticks[0].volume, 3
	}
	reference := m.last
	if reference == 0 {
		reference = ticks[0].low
	}
	best := ticks[0]
	for _, a := range ticks {
		if max(a.low-reference, reference-a.low) < max(best.low-reference, reference-best.low) {
			best = a
		}
	}
	return best.low, best.volume, 4
}
