package latency

import (
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// A percentile is the smallest latency that so many of all do not exceed.
func TestPercentiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 3, 99, 100, 101, 999, 1000, 1001, 5000} {
		all := make([]time.Duration, n)
		for i := range all {
			all[i] = time.Duration(rng.IntN(n))
		}
		got := percentilesOf(slices.Clone(all))
		for i, q := range quantiles {
			within := func(d time.Duration) bool { // enough of them do not exceed d
				count := 0
				for _, l := range all {
					if l <= d {
						count++
					}
				}
				return count*1_000_000 >= q.perMillion*n
			}
			want := slices.Max(all)
			for _, l := range all {
				if within(l) {
					want = min(want, l)
				}
			}
			if got[i] != want {
				t.Errorf("%s of %d: %d, want %d", q.name, n, got[i], want)
			}
		}
	}
}

// Exactly those are due whose time has come.
func TestDue(t *testing.T) {
	for _, rate := range []int{1, 3, 1000, 999_983, 1_000_000, 3_000_000} {
		s := schedule{rate, 5000}
		for i := range s.n {
			if got := s.due(s.at(i)); got <= i || got < s.n && s.at(got) == s.at(i) {
				t.Fatalf("%d/s: %d are due when command %d comes", rate, got, i)
			}
			if got := s.due(s.at(i) - 1); got > i {
				t.Fatalf("%d/s: %d are due before command %d comes", rate, got, i)
			}
		}
	}
	if got := (schedule{0, 7}).due(0); got != 7 {
		t.Errorf("%d of 7 are due at once", got)
	}
}

// The driver offers each command in its turn until it is taken, and none before its time.
func TestDrive(t *testing.T) {
	s := schedule{100_000, 500}
	clock := stopwatch()
	next, refused := 0, 0
	err := s.drive(clock, func(i int) (bool, error) {
		if i != next || clock() < s.at(i) {
			t.Fatalf("command %d is offered at %v, want %d at %v", i, clock(), next, s.at(next))
		}
		if i%7 == 0 && refused <= i/7 {
			refused++
			return false, nil
		}
		next++
		return true, nil
	})
	if err != nil || next != s.n || refused != 72 {
		t.Errorf("%d were taken and %d refused: %v", next, refused, err)
	}
	boom := errors.New("boom")
	if err := s.drive(clock, func(int) (bool, error) { return false, boom }); !errors.Is(err, boom) {
		t.Errorf("the driver returned %v", err)
	}
}

// unknown is room for the latencies of a schedule, which has none.
func unknown(s schedule) []time.Duration { return slices.Repeat([]time.Duration{-1}, s.n) }

// complete checks that each command of a schedule has a latency that fits to those
// beside it, and forgets them.
func complete(t *testing.T, who string, s schedule, into []time.Duration) {
	t.Helper()
	for i, l := range into {
		if l < 0 || i > 0 && l < into[i-1]-(s.at(i)-s.at(i-1)) {
			t.Fatalf("%s: command %d has latency %v, the one before %v", who, i, l, into[max(0, i-1)])
		}
	}
	copy(into, unknown(s))
}

// The bare group commit writes the bytes that it was told, and notes all commands.
func TestBare(t *testing.T) {
	b, err := newBare(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b.perThousand = 12_500
	s := schedule{200_000, 2000}
	into := unknown(s)
	nothing(s, into)
	complete(t, "nothing", s, into)
	commits := 0
	for name, run := range map[string]func(schedule, []time.Duration) (int, error){"alone": b.alone, "driven": b.driven} {
		n, err := run(s, into)
		if err != nil || n < 1 || n > s.n {
			t.Fatalf("%s: %d commits, %v", name, n, err)
		}
		complete(t, name, s, into)
		commits += n
	}
	info, err := os.Stat(b.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	if got, least := info.Size(), int64(2*s.n*25/2); got < least || got >= least+int64(commits) {
		t.Errorf("%d commits wrote %d bytes, want %d and less than one more for each", commits, got, least)
	}
	if err := b.close(); err != nil {
		t.Fatal(err)
	}
}

// The exchange answers every command of every round, and comes to the same state as
// the engine alone.
func TestExchange(t *testing.T) {
	x, err := newExchange(t.TempDir(), snapshot.Policy{Commands: 1000})
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, s := range []schedule{{50_000, 1000}, {0, 60_000}, {400_000, 4000}} {
		into := unknown(s)
		got, err := x.run(s, into)
		if err != nil {
			t.Fatal(err)
		}
		complete(t, "exchange", s, into)
		if got.batches < 1 || got.batches > s.n || got.bytes < int64(s.n) || got.took < s.at(s.n-1) {
			t.Errorf("%d commands at %d/s: %+v", s.n, s.rate, got)
		}
		total += s.n
	}
	if err := x.stop(); err != nil {
		t.Fatal(err)
	}
	flow := enginetest.NewShaped(seed, accounts)
	e := engine.New(room)
	for _, c := range flow.Setup(msg.Balances) {
		e.Execute(&c, nil)
	}
	var c msg.Command
	for range total {
		flow.Next(&c)
		e.Execute(&c, nil)
	}
	if got := x.p.Durable(); got.Seq != e.Seq() || got.Digest != e.Digest() {
		t.Errorf("the exchange came to %d with %x, the engine to %d with %x", got.Seq, got.Digest, e.Seq(), e.Digest())
	}
}

// The short form measures all that the long one does.
func TestMeasure(t *testing.T) {
	r := &result.Run{}
	if err := Measure(t.Context(), r, true); err != nil {
		t.Fatal(err)
	}
	goals := 0
	for i := range r.Figures {
		f := &r.Figures[i]
		if len(f.Samples) != 2 || f.Unit == "" || f.Counted {
			t.Errorf("%+v is no timed figure of two rounds", f)
		}
		if f.Goal == nil {
			continue
		}
		goals++
		if v := r.Verdict(f); v != result.Met && v != result.NotMet {
			t.Errorf("%s: %s", f.Name, v)
		}
	}
	if goals != 7 {
		t.Errorf("%d figures have a goal, want 7", goals)
	}
	for _, l := range r.Curves[0].Lines {
		if len(l.Points) != len(curveRates) {
			t.Errorf("the curve %s has %v", l.Name, l.Points)
		}
	}
}
