package timeline

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/timeline/condition"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
)

// record makes a data directory of a random stream, in frames of so many commands, and
// returns what the engine said to each command and the digest after it.
func record(t testing.TB, dir string, seed uint64, commands, batch int) []told {
	t.Helper()
	naive := enginetest.NewNaive()
	stream := enginetest.NewStream(seed, naive)
	e := engine.New(engine.Capacity{})
	var all []told
	for len(all) < commands {
		c := stream.Next()
		if c.Check() != nil { // the journal could not tell it again
			continue
		}
		naive.Execute(&c)
		events := e.Execute(&c, nil)
		all = append(all, told{c, events, e.Digest()})
	}
	w, err := journal.Open(pipeline.JournalDir(dir), journal.Options{LockFile: pipeline.LockFile(dir), SegmentBytes: 64 << 10, Derivation: derivation})
	if err != nil {
		t.Fatal(err)
	}
	for part := range slices.Chunk(all, batch) {
		if err := w.Append(frameOf(part)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return all
}

// derivation is what the pipeline writes into frames.
const derivation = engine.Derivation<<16 | msg.Version

// frameOf encodes commands as a frame.
func frameOf(part []told) *journal.Frame {
	first, last := &part[0].command, &part[len(part)-1]
	f := &journal.Frame{
		FirstSeq: uint64(first.Seq), Commands: uint32(len(part)), FirstTime: first.Time, LastTime: last.command.Time,
		Digest: last.digest,
	}
	var e msg.Encoder
	e.Reset(first.Seq, first.Time)
	for i := range part {
		f.Raw = e.Append(f.Raw, &part[i].command, part[i].events)
		f.Events += uint32(len(part[i].events))
	}
	return f
}

// told is a command with what follows from it.
type told struct {
	command msg.Command
	events  []msg.Event
	digest  uint64
}

// write runs commands through a pipeline.
func write(t testing.TB, dir string, batch int, produce func(put func(*msg.Command))) {
	t.Helper()
	p, err := pipeline.Start(pipeline.Options{
		Dir: dir, Clock: func() int64 { return 0 }, Batch: batch, Sync: pipeline.Sync{Mode: pipeline.SyncNever}, MaxOrders: -1, Segment: 64 << 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	produce(func(c *msg.Command) {
		for {
			err := p.Put(c)
			if err == nil {
				return
			}
			if !errors.Is(err, pipeline.ErrBusy) {
				t.Fatal(err)
			}
		}
	})
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, dir string, o Options) *Timeline {
	t.Helper()
	line, err := Open(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := line.Close(); err != nil {
			t.Error(err)
		}
	})
	return line
}

// TestAnyOrder goes to random places in random order, by command and by event, with
// images far apart and near, and compares state, command and events with what a fresh
// execution had there.
func TestAnyOrder(t *testing.T) {
	const commands = 3000
	for _, c := range []struct {
		seed    uint64
		spacing int
	}{{1, 1}, {2, 300}, {3, 2000}, {4, 0}} {
		t.Run(fmt.Sprintf("spacing %d", c.spacing), func(t *testing.T) {
			dir := t.TempDir()
			want := record(t, dir, c.seed, commands, 37)
			line := open(t, dir, Options{Spacing: c.spacing})
			if seq, _ := line.Last(); int(seq) != commands || line.Trouble() != nil {
				t.Fatalf("it ends with command %d, %v", seq, line.Trouble())
			}
			random := rand.New(rand.NewPCG(c.seed, 5))
			for range 300 {
				if err := move(line, random); err != nil {
					if out := (*RangeError)(nil); !errors.As(err, &out) {
						t.Fatal(err)
					}
				}
				compare(t, line, want)
			}
		})
	}
}

// move goes somewhere.
func move(line *Timeline, random *rand.Rand) error {
	last, _ := line.Last()
	switch random.IntN(8) {
	case 0, 1:
		return line.Goto(msg.Seq(random.IntN(int(last) + 1)))
	case 2:
		return line.Step(random.IntN(41) - 20)
	case 3:
		return line.GotoEvent(msg.Seq(random.IntN(int(last)+2)), 1)
	case 4:
		return line.StepEvent(-random.IntN(5))
	default:
		return line.StepEvent(random.IntN(9))
	}
}

// compare holds where a timeline stands against what a fresh execution had there.
func compare(t *testing.T, line *Timeline, want []told) {
	t.Helper()
	p := line.Position()
	if p.Seq == 0 {
		if line.Command() != nil || line.Engine().Digest() != engine.New(engine.Capacity{}).Digest() {
			t.Fatal("at the beginning there is a command or a state")
		}
		return
	}
	w := &want[p.Seq-1]
	if diff := cmp.Diff(&w.command, line.Command()) + cmp.Diff(w.events, line.Events()); diff != "" {
		t.Fatalf("at %+v the command differs (-want +got): %s", p, diff)
	}
	if p.Of != len(w.events) || p.Event < 1 || p.Event > p.Of || line.Engine().HalfDone() != p.HalfDone() {
		t.Fatalf("at %+v of %d events, half done: %v", p, len(w.events), line.Engine().HalfDone())
	}
	if !p.HalfDone() {
		if line.Engine().Digest() != w.digest {
			t.Fatalf("at %+v the digest is %016x, want %016x", p, line.Engine().Digest(), w.digest)
		}
		return
	}
	if diff := cmp.Diff(halfDone(want, p), bookOf(line.Engine())); diff != "" {
		t.Fatalf("at %+v the books differ (-want +got): %s", p, diff)
	}
}

// halfDone folds freshly up to an event.
func halfDone(want []told, p Position) map[string]msg.Qty {
	e := engine.New(engine.Capacity{})
	for i := range want[:p.Seq-1] {
		e.Apply(&want[i].command, want[i].events)
	}
	w := &want[p.Seq-1]
	e.Begin(&w.command)
	for i := range p.Event {
		e.ApplyEvent(&w.events[i])
	}
	return bookOf(e)
}

// bookOf returns all levels and balances.
func bookOf(e *engine.Engine) map[string]msg.Qty {
	all := map[string]msg.Qty{}
	for s := msg.SymbolID(1); int(s) <= e.Symbols(); s++ {
		for _, side := range []msg.Side{msg.Buy, msg.Sell} {
			e.EachLevel(s, side, func(p msg.Price, qty msg.Qty, orders int) bool {
				all[fmt.Sprint(s, side, p, orders)] = qty
				return true
			})
		}
	}
	for a := range e.Accounts() {
		for id := msg.AssetID(1); int(id) <= e.Assets(); id++ {
			free, locked := e.Balance(msg.AccountID(a), id)
			all[fmt.Sprint("free", a, id)], all[fmt.Sprint("locked", a, id)] = msg.Qty(free), msg.Qty(locked)
		}
	}
	return all
}

// TestBackAndForth walks a whole timeline back and forward again by events: the same
// places are met, in the opposite order, with the same books.
func TestBackAndForth(t *testing.T) {
	dir := t.TempDir()
	record(t, dir, 7, 400, 5)
	line := open(t, dir, Options{Spacing: 60})
	type place struct {
		Position
		book string
	}
	here := func() place { return place{line.Position(), fmt.Sprint(bookOf(line.Engine()))} }
	back := []place{here()}
	for {
		err := line.StepEvent(-1)
		if out := (*RangeError)(nil); errors.As(err, &out) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		back = append(back, here())
	}
	forth := []place{here()}
	for len(forth) < len(back) {
		if err := line.StepEvent(1); err != nil {
			t.Fatal(err)
		}
		forth = append(forth, here())
	}
	slices.Reverse(back)
	if diff := cmp.Diff(back, forth, cmp.AllowUnexported(place{})); diff != "" || len(back) < 401 {
		t.Errorf("%d places back; (-back +forth): %s", len(back), diff)
	}
	if err := line.StepEvent(1); err == nil || line.Position() != back[len(back)-1].Position {
		t.Errorf("beyond the end: %v, at %+v", err, line.Position())
	}
}

// TestBoundedMemory has far more images than fit: they stay below the limit, the first
// one stays, and every place is still reached.
func TestBoundedMemory(t *testing.T) {
	dir := t.TempDir()
	want := record(t, dir, 3, 3000, 10)
	all := open(t, dir, Options{Spacing: 1})
	images, bytes := all.Kept()
	limit := bytes / 8
	line := open(t, dir, Options{Spacing: 1, Memory: limit})
	kept, taken := line.Kept()
	if images != 301 || taken > limit || kept < 3 || kept >= images || line.marks.list[0].seq != 0 {
		t.Errorf("%d images take %d bytes; with a limit of %d %d take %d", images, bytes, limit, kept, taken)
	}
	for _, seq := range []msg.Seq{1, 1499, 0, 3000, 2999, 700} {
		if err := line.Goto(seq); err != nil {
			t.Fatal(err)
		}
		compare(t, line, want)
	}
}

// TestRuns looks for conditions both ways and compares what is found with a plain
// search through all commands.
func TestRuns(t *testing.T) {
	const commands = 1500
	dir := t.TempDir()
	want := record(t, dir, 2, commands, 20)
	line := open(t, dir, Options{Spacing: 150})
	for text, is := range map[string]func(w *told) bool{
		"trade":         func(w *told) bool { return has(w, msg.Traded) },
		"reject":        func(w *told) bool { return has(w, msg.Rejected) || has(w, msg.CancelRejected) },
		"command place": func(w *told) bool { return w.command.Kind == msg.Place },
		"event canceled and not command cancel-all": func(w *told) bool {
			return has(w, msg.Canceled) && w.command.Kind != msg.CancelAll
		},
		"seq = 700": func(w *told) bool { return w.command.Seq == 700 },
	} {
		c, err := condition.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		var forward, back, plain []msg.Seq
		for i := range want {
			if is(&want[i]) {
				plain = append(plain, want[i].command.Seq)
			}
		}
		collect(t, line, 0, func() error { _, err := line.Run(t.Context(), c); return err }, &forward)
		if err := line.Goto(commands); err != nil {
			t.Fatal(err)
		}
		if is(&want[commands-1]) { // it goes back from here, so this one is not found
			back = append(back, commands)
		}
		collect(t, line, commands, func() error { _, err := line.RunBack(t.Context(), c); return err }, &back)
		slices.Reverse(back)
		if !slices.Equal(forward, plain) || !slices.Equal(back, plain) || len(plain) == 0 {
			t.Errorf("%s: forward %d, back %d, want %d", text, len(forward), len(back), len(plain))
		}
	}
}

func has(w *told, kind msg.EventKind) bool {
	return slices.ContainsFunc(w.events, func(v msg.Event) bool { return v.Kind == kind })
}

// collect runs from a place until nothing more is met, which leaves it where it was.
func collect(t *testing.T, line *Timeline, from msg.Seq, run func() error, found *[]msg.Seq) {
	t.Helper()
	if err := line.Goto(from); err != nil {
		t.Fatal(err)
	}
	for {
		before := line.Position()
		err := run()
		if errors.Is(err, ErrNotMet) {
			if line.Position() != before {
				t.Errorf("met nowhere, yet it went from %+v to %+v", before, line.Position())
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		*found = append(*found, line.Position().Seq)
	}
}

// TestNear steps back again and again from random places: the state that is kept near
// is used, is counted, is the right one, and is not there when there is no room for it.
func TestNear(t *testing.T) {
	dir := t.TempDir()
	want := record(t, dir, 5, 4000, 30)
	for _, memory := range []int64{0, 1} {
		line := open(t, dir, Options{Spacing: 1 << 20, Memory: memory}) // all is one mark
		random := rand.New(rand.NewPCG(6, uint64(memory)))
		for range 6 {
			if err := line.Goto(msg.Seq(3*nearBack + random.IntN(4000-3*nearBack))); err != nil {
				t.Fatal(err)
			}
			for range 40 {
				if err := line.Step(-1 - random.IntN(30)); err != nil {
					t.Fatal(err)
				}
				compare(t, line, want)
			}
			here := line.Position().Seq
			states, bytes := line.Kept()
			switch n := &line.near; {
			case memory == 1:
				if n.engine != nil || states != 1 || bytes != line.marks.bytes {
					t.Fatalf("without room %d states are kept in %d bytes", states, bytes)
				}
			case n.engine == nil || n.engine.Seq() >= here || n.engine.Seq() < here-2*nearBack:
				t.Fatalf("at command %d the state near it is not", here)
			case states != 2 || bytes <= line.marks.bytes+n.engine.Bytes()/2:
				t.Fatalf("%d states are kept in %d bytes, %d of them for marks", states, bytes, line.marks.bytes)
			}
		}
	}
}
