package timeline

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/timeline/condition"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
)

// forge writes a journal again with good checksums and one lie in a frame.
func forge(t *testing.T, from string, at int, lie func(*journal.Frame)) (to string) {
	t.Helper()
	to = t.TempDir()
	r, err := journal.OpenReader(pipeline.JournalDir(from), journal.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var w *journal.Writer
	for i := 0; ; i++ {
		var f journal.Frame
		err := r.Next(&f)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if w == nil {
			if w, err = journal.Open(pipeline.JournalDir(to), journal.Options{LockFile: pipeline.LockFile(to), Derivation: f.Derivation}); err != nil {
				t.Fatal(err)
			}
		}
		if i == at {
			lie(&f)
		}
		if err := w.Append(&f); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(r.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return to
}

// twice tells the commands of a frame so that events come again that do not fit: the
// last command with a trade trades once more.
func twice(t *testing.T, f *journal.Frame) {
	t.Helper()
	var d msg.Decoder
	var e msg.Encoder
	d.Reset(f.Raw, msg.Seq(f.FirstSeq), f.FirstTime)
	e.Reset(msg.Seq(f.FirstSeq), f.FirstTime)
	var raw []byte
	lied := false
	for d.More() {
		var c msg.Command
		events, err := d.Next(&c, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range events {
			if v.Kind == msg.Traded && !lied {
				lied = true
				v.Trade++
				events = append(events, v, v, v)
				f.Events += 3
				break
			}
		}
		raw = e.Append(raw, &c, events)
	}
	if !lied {
		t.Fatal("there is no trade in the frame")
	}
	f.Raw = raw
}

// TestTrouble opens journals that are not sound. Each is shown up to the last frame
// that is, whose states are right, and says what is wrong.
func TestTrouble(t *testing.T) {
	const commands, batch, at = 600, 50, 7
	dir := t.TempDir()
	want := record(t, dir, 2, commands, batch)
	damaged := func() string {
		to := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(pipeline.JournalDir(to), "00000000000000000001")
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)/2] ^= 1
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return to
	}
	for _, c := range []struct {
		name, dir, says string
		last            msg.Seq // 0: somewhere
	}{
		{"digest", forge(t, dir, at, func(f *journal.Frame) { f.Digest ^= 1 }), "frame 8: the state after command 400 has digest", 350},
		{"misfit", forge(t, dir, at, func(f *journal.Frame) { twice(t, f) }), "command 364 (place) does not fit the state before it: engine: an event names order 364, which is not open", 350},
		{"payload", forge(t, dir, at, func(f *journal.Frame) { f.Raw = append(f.Raw, 0) }), "bytes follow the last transaction", 350},
		{"bit", damaged(), "00000000000000000001, offset ", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			line := open(t, c.dir, Options{})
			last, _ := line.Last()
			if c.last != 0 && last != c.last || last%batch != 0 || last >= commands {
				t.Errorf("it ends with command %d, want %d", last, c.last)
			}
			if err := line.Trouble(); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("trouble %v, want %q", err, c.says)
			}
			for _, seq := range []msg.Seq{last, 1, last / 2} {
				if err := line.Goto(seq); err != nil {
					t.Fatal(err)
				}
				compare(t, line, want)
			}
			before := line.Position()
			if err := line.Goto(last + 1); err == nil || line.Position() != before {
				t.Errorf("beyond the last sound frame: %v, at %+v", err, line.Position())
			}
			if n, err := line.Extend(t.Context()); n != 0 || err != nil {
				t.Errorf("%d commands more, %v", n, err)
			}
			if seq := line.End().Seq(); seq > last {
				t.Errorf("a state of the end is that of command %d", seq)
			}
		})
	}
}

// TestExtend stands in the past of a directory that is written to, and takes in what
// was added.
func TestExtend(t *testing.T) {
	dir := t.TempDir()
	p, err := pipeline.Start(pipeline.Options{Dir: dir, Clock: func() int64 { return 5 }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
	}()
	add := func() {
		var into pipeline.Result
		if err := p.Do(t.Context(), &msg.Command{Kind: msg.CreateAccount}, &into); err != nil {
			t.Fatal(err)
		}
	}
	line := open(t, dir, Options{})
	if seq, _ := line.Last(); seq != 0 || line.First() != 0 || line.Position() != (Position{}) {
		t.Errorf("an empty journal ends with %d, it stands at %+v", seq, line.Position())
	}
	if err := line.Step(1); err == nil {
		t.Error("a step in an empty journal")
	}
	for want := msg.Seq(1); want < 5; want++ {
		add()
		n, err := line.Extend(t.Context())
		if seq, _ := line.Last(); err != nil || n != 1 || seq != want {
			t.Fatalf("%d more, up to %d, %v; want 1, up to %d", n, seq, err, want)
		}
		if err := line.Step(1); err != nil || line.Engine().Accounts() != int(want)+1 {
			t.Fatalf("at %+v with %d accounts, %v", line.Position(), line.Engine().Accounts(), err)
		}
	}
	add()
	if err := line.Goto(5); err == nil {
		t.Error("a command was shown that was not taken in")
	}
}

// TestRetained stands in a past whose beginning is no longer kept: it begins with the
// snapshot before the oldest command.
func TestRetained(t *testing.T) {
	const commands, cut = 900, 400
	dir := t.TempDir()
	want := record(t, dir, 3, cut, 20)
	p, err := pipeline.Start(pipeline.Options{Dir: dir, Clock: func() int64 { return 0 }, Segment: 4096, Batch: 10, MaxOrders: -1})
	if err != nil {
		t.Fatal(err)
	}
	if seq, err := p.TakeSnapshot(); err != nil || seq != cut {
		t.Fatal(seq, err)
	}
	last := want[len(want)-1].command.Time
	for n := range commands - cut {
		var into pipeline.Result
		if err := p.Do(t.Context(), &msg.Command{Kind: msg.CreateAccount, Time: last + int64(n)}, &into); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	w, err := journal.Open(pipeline.JournalDir(dir), journal.Options{LockFile: pipeline.LockFile(dir), Derivation: derivation})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.RemoveBefore(cut+1), w.Close()); err != nil {
		t.Fatal(err)
	}
	line := open(t, dir, Options{Spacing: 50})
	if first := line.First(); first != cut || line.Trouble() != nil {
		t.Fatalf("it begins with %d, %v", first, line.Trouble())
	}
	if err := line.Goto(cut); err != nil || line.Command() != nil || line.Engine().Digest() != want[cut-1].digest {
		t.Errorf("at the beginning: %v, digest %016x, want %016x", err, line.Engine().Digest(), want[cut-1].digest)
	}
	if err := line.StepEvent(1); err != nil || line.Position() != (Position{cut + 1, 1, 1}) {
		t.Errorf("after the beginning: %v, %+v", err, line.Position())
	}
	for _, move := range []func() error{func() error { return line.Goto(cut - 1) }, func() error { return line.Step(-2) }, func() error { return line.GotoTime(1) }, func() error { return line.StepEvent(-2) }} {
		if err := move(); err == nil || line.Position().Seq != cut+1 {
			t.Errorf("before the beginning: %v, at %+v", err, line.Position())
		}
	}
	if err := line.Goto(commands); err != nil {
		t.Error(err)
	}
}

// TestTimes goes to times: the last command at or before it, also when many have the
// same one.
func TestTimes(t *testing.T) {
	dir := t.TempDir()
	want := record(t, dir, 5, 800, 30)
	line := open(t, dir, Options{Spacing: 100})
	for i := range want {
		if i%7 != 0 {
			continue
		}
		for _, nanos := range []int64{want[i].command.Time, want[i].command.Time - 1} {
			plain := msg.Seq(0)
			for k := range want {
				if want[k].command.Time <= nanos {
					plain = want[k].command.Seq
				}
			}
			if err := line.GotoTime(nanos); err != nil || line.Position().Seq != plain {
				t.Fatalf("@%d: %v, at %d, want %d", nanos, err, line.Position().Seq, plain)
			}
			compare(t, line, want)
		}
	}
}

// TestBorn holds the time at which each open order came in against the command that
// brought it.
func TestBorn(t *testing.T) {
	dir := t.TempDir()
	want := record(t, dir, 3, 1500, 30)
	line := open(t, dir, Options{Spacing: 200})
	seen := 0
	for _, seq := range []msg.Seq{1500, 300, 301, 900, 650, 1499} {
		if err := line.Goto(seq); err != nil {
			t.Fatal(err)
		}
		for id := msg.OrderID(1); uint64(id) <= uint64(seq); id++ {
			if _, open := line.Engine().Order(id); !open {
				continue
			}
			seen++
			if nanos, ok := line.Born(id); !ok || nanos != want[id-1].command.Time {
				t.Errorf("after command %d: order %d came at %d, %v, want %d", seq, id, nanos, ok, want[id-1].command.Time)
			}
		}
	}
	if seen < 50 {
		t.Errorf("%d open orders were looked at", seen)
	}
}

// TestInterrupted ends what takes long: it stays where it was, and goes on later.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	const commands = 3 * tellEvery
	write(t, dir, 500, func(put func(*msg.Command)) {
		for range commands {
			put(&msg.Command{Kind: msg.CreateAccount, Time: 1})
		}
	})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(gone, dir, Options{}); !errors.Is(err, errInterrupted) {
		t.Errorf("opened: %v", err)
	}
	told := 0
	line := open(t, dir, Options{Spacing: 1000, Progress: func(_, _ int64) { told++ }})
	if told != 3 {
		t.Errorf("progress was told %d times", told)
	}
	never, err := condition.Parse("seq < 0")
	if err != nil {
		t.Fatal(err)
	}
	if err := line.Goto(1); err != nil {
		t.Fatal(err)
	}
	if _, err := line.Run(gone, never); !errors.Is(err, errInterrupted) || line.Position().Seq != 1 {
		t.Errorf("run: %v, at %+v", err, line.Position())
	}
	if err := line.Goto(commands); err != nil {
		t.Fatal(err)
	}
	if _, err := line.RunBack(gone, never); !errors.Is(err, errInterrupted) || line.Position().Seq != commands {
		t.Errorf("run back: %v, at %+v", err, line.Position())
	}
}
