package counted

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// The frames that are counted hold what was executed.
func TestFrames(t *testing.T) {
	for _, f := range flows() {
		x := execute(f.load())
		var d msg.Decoder
		var c msg.Command
		var events []msg.Event
		at := x.counted
		for _, frame := range x.frames() {
			for d.Reset(frame, x.commands[at].Seq, x.commands[at].Time); d.More(); at++ {
				var err error
				if events, err = d.Next(&c, events[:0]); err != nil {
					t.Fatalf("%s: command %d: %v", f.name, at, err)
				}
				want, its := x.transaction(at)
				if c != *want || !slices.Equal(events, its) {
					t.Fatalf("%s: command %d is %+v with %+v, want %+v with %+v", f.name, at, c, events, *want, its)
				}
			}
		}
		if at != len(x.commands) {
			t.Errorf("%s: %d commands are in the frames, of %d", f.name, at-x.counted, commands)
		}
	}
}

// Allocations are counted one by one.
func TestCount(t *testing.T) {
	var kept [][]byte
	if got := count(func() { kept = nil }); got != 0 {
		t.Errorf("%v allocations of nothing", got)
	}
	kept = make([][]byte, 100)
	if got := count(func() {
		for i := range kept {
			kept[i] = make([]byte, 64)
		}
	}); got != 100 {
		t.Errorf("%v allocations of 100", got)
	}
}

// Everything is counted, and the same every time.
func TestCounts(t *testing.T) {
	var one, two result.Run
	for _, r := range []*result.Run{&one, &two} {
		if err := counts(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if len(one.Figures) != 10 {
		t.Errorf("%d figures", len(one.Figures))
	}
	if diff := cmp.Diff(one.Figures, two.Figures); diff != "" {
		t.Errorf("counted twice (-one +two)\n%s", diff)
	}
	for _, f := range one.Figures {
		if f.Unit == "allocations" && f.Value > 5 {
			t.Errorf("%s: %v %s", f.Name, f.Value, f.Unit)
		}
	}
	stored, raw := one.Find("command in the journal, std"), one.Find("command before it is compressed, std")
	if stored.Value <= 1 || stored.Value >= raw.Value {
		t.Errorf("a command takes %v bytes, compressed %v", raw.Value, stored.Value)
	}
}

// Instructions are those of each part alone, and two runs differ by no more than the
// start of a program does.
func TestInstructions(t *testing.T) {
	const n, off = 20_000, 0.05
	var one, two result.Run
	for _, r := range []*result.Run{&one, &two} {
		if err := instructions(t.Context(), r, n); err != nil {
			t.Fatal(err)
		}
	}
	if len(one.Figures) != 6 {
		t.Errorf("%d figures", len(one.Figures))
	}
	if one.Figures[0].IsMissing() {
		t.Skip(one.Figures[0].Note)
	}
	for i, f := range one.Figures {
		again := two.Figures[i].Value
		if f.Value < 50 || f.Value > 50_000 || again < f.Value*(1-off) || again > f.Value*(1+off) {
			t.Errorf("%s: %v %s, and then %v", f.Name, f.Value, f.Unit, again)
		}
	}
}

// What callgrind says at its end is found.
func TestCollected(t *testing.T) {
	if n, err := collected("==1== Events    : Ir\n==1== Collected : 52336\n"); err != nil || n != 52336 {
		t.Errorf("%v, %v", n, err)
	}
	for _, said := range []string{"", "Collected :", "Collected : x"} {
		if n, err := collected(said); err == nil {
			t.Errorf("%q is %v", said, n)
		}
	}
}
