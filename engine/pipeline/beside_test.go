package pipeline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// tape is a view of all that it folded, in order, which may fall behind, and panic.
type tape struct {
	counter
	sum   uint64
	late  msg.Seq // stops for a moment at this command
	panic msg.Seq // panics at it
}

func (v *tape) Apply(c *msg.Command, events []msg.Event) {
	if c.Seq == v.late {
		time.Sleep(20 * time.Millisecond)
	}
	if c.Seq == v.panic {
		panic("a view does not add up")
	}
	v.mix(uint64(c.Seq), uint64(c.Kind), uint64(c.Price), uint64(c.Qty), uint64(c.Order), uint64(len(events)))
	for i := range events {
		e := &events[i]
		v.mix(uint64(e.Kind), uint64(e.Order), uint64(e.Taker), uint64(e.Trade), uint64(e.Qty))
	}
	v.n++
}

func (v *tape) mix(words ...uint64) {
	for _, w := range words {
		v.sum = (v.sum ^ w) * 0x100000001b3
	}
}

func (v *tape) Sections() []Section { return []Section{v} }

func (v *tape) AppendState(dst []byte) []byte { return binary.BigEndian.AppendUint64(dst, v.sum) }

func (v *tape) Restore(src []byte) error {
	if v.panic != 0 {
		panic("a view cannot be read")
	}
	v.sum = binary.BigEndian.Uint64(src)
	return nil
}

// mistake is what is wrong in a journal that is made.
type mistake struct {
	digest msg.Seq // of the frame with this command
	events msg.Seq // of this command: the engine panics at it
}

// besideFrames are the frames of the journals that are made here: of one command to many
// more than a batch has.
var besideFrames = [...]int{1, 2, 700, 3, 64, 255, 257, 1, 1}

// write makes a data directory with n commands, and one mistake at most.
func (m mistake) write(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	w, err := journal.Open(JournalDir(dir), journal.Options{LockFile: LockFile(dir), Derivation: derivation})
	if err != nil {
		t.Fatal(err)
	}
	e, r, commands := engine.New(engine.Capacity{}), rand.New(rand.NewPCG(5, 5)), market()
	for len(commands) < n {
		commands = append(commands, anyOrder(r, msg.Seq(len(commands))))
	}
	var encoder msg.Encoder
	var events []msg.Event
	for frames := 0; len(commands) > 0; frames++ {
		size := min(besideFrames[frames%len(besideFrames)], len(commands))
		f := journal.Frame{FirstSeq: uint64(e.Seq()) + 1, Commands: uint32(size)}
		encoder.Reset(e.Seq()+1, 0)
		spoilt := false
		for i := range commands[:size] {
			c := &commands[i]
			c.Seq = e.Seq() + 1
			events = e.Execute(c, events[:0])
			if c.Seq == m.events {
				events[0] = msg.Event{Kind: msg.Canceled, Order: 1 << 40}
			}
			spoilt = spoilt || c.Seq == m.digest
			f.Raw = encoder.Append(f.Raw, c, events)
			f.Events += uint32(len(events))
		}
		if f.Digest = e.Digest(); spoilt {
			f.Digest++
		}
		commands = commands[size:]
		if err := w.Append(&f); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// folded says how a fold of dir ended: at which command and frame, and by what. It
// comes without the views' state after an error.
func folded(t *testing.T, o PastOptions, to msg.Seq) (outcome string) {
	t.Helper()
	p, err := OpenPast(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		r := recover()
		if b, ok := r.(*besidePanic); ok {
			if !strings.Contains(string(b.stack), ".(*tape).Apply") {
				t.Errorf("the stack of the panic is not that of the views: %s", b.stack)
			}
			r = b.value
		}
		if r != nil {
			outcome = fmt.Sprintf("command %d (%d lots) in frame %d at offset %d: %v", p.command.Seq, p.command.Qty, p.frame.Index, p.frame.Offset, r)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := p.FoldTo(to); err != nil {
		return err.Error()
	}
	v := p.Views.(*tape)
	return fmt.Sprintf("%d commands, views %016x after %d, digest %016x, frame %d", p.Engine.Seq(), v.sum, v.n, p.Engine.Digest(), p.Frame())
}

// With the views beside the engine a fold ends as one in turn does, wherever either
// fails and however far the other one has come by then: at the command at which the one
// in turn ends.
func TestFoldBesideIsFoldInTurn(t *testing.T) {
	const all = 6000
	for name, c := range map[string]struct {
		mistake mistake
		panic   msg.Seq
		to      msg.Seq
		want    string
	}{
		"all":                                       {want: "6000 commands, views "},
		"to a command within a frame":               {to: 4321, want: "4321 commands, views "},
		"to the last of a batch":                    {to: passageCommands, want: "256 commands, views "},
		"to the first":                              {to: 1, want: "1 commands, views "},
		"the first command of the views":            {panic: 1, want: "command 1 "},
		"a command of the views":                    {panic: 1234, want: "command 1234 "},
		"the last command of the views":             {panic: all, want: "command 6000 "},
		"the last command of a batch":               {panic: 2 * passageCommands, want: "command 512 "},
		"the engine's panic":                        {mistake: mistake{events: 3333}, want: "command 3333 "},
		"the engine's digest":                       {mistake: mistake{digest: 2222}, want: "after command 2309 has digest"},
		"both, the views first":                     {mistake: mistake{events: 1300}, panic: 1299, want: "command 1299 "},
		"both, the engine first":                    {mistake: mistake{events: 1299}, panic: 1300, want: "command 1299 "},
		"both at one command":                       {mistake: mistake{events: 1300}, panic: 1300, want: "which is not open"},
		"the views at the end of the wrong frame":   {mistake: mistake{digest: 2222}, panic: 2309, want: "command 2309 "},
		"the views after the end of a wrong frame":  {mistake: mistake{digest: 2222}, panic: 2310, want: "after command 2309 has digest"},
		"the views much before the wrong frame":     {mistake: mistake{digest: 2222}, panic: 700, want: "command 700 "},
		"the views much before the engine's panic":  {mistake: mistake{events: 3333}, panic: 1400, want: "command 1400 "},
		"the views as far behind as they can be":    {mistake: mistake{events: 1 + passageCommands*besidePassages}, panic: 2, want: "command 2 "},
		"the views with nothing handed over so far": {mistake: mistake{events: 9}, panic: 8, want: "command 8 "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := c.mistake.write(t, all)
			late := max(c.panic, 2) - 1
			o := PastOptions{Dir: dir, Views: func() Views { return &tape{panic: c.panic, late: late} }}
			want := folded(t, o, c.to)
			if !strings.Contains(want, c.want) {
				t.Fatalf("in turn: %s, want %q", want, c.want)
			}
			o.Beside = true
			if got := folded(t, o, c.to); got != want {
				t.Errorf("beside: %s\nin turn: %s", got, want)
			}
		})
	}
}

// A start records the command at which the views panicked, while the engine is far
// ahead, with the frame that it stands in.
func TestStartNamesWhereViewsPanicked(t *testing.T) {
	dir := mistake{events: 1500}.write(t, 2000)
	o := options(t, dir)
	o.Views = func() Views { return &tape{panic: 1002, late: 1001} }
	_, err := Start(o)
	var panicked *PanicError
	if !errors.As(err, &panicked) || panicked.Seq != 1002 || panicked.Value != "a view does not add up" {
		t.Fatalf("started with %v", err)
	}
	all, err := (history{vfs.OS(), dir}).read(func(line string) { t.Error(line) })
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	c := &all[0]
	if c.Seq != 1002 || c.Frame != 6 || c.Stage != stageRecover || !strings.Contains(c.Stack, ".(*tape).Apply") || c.Panic != "a view does not add up" {
		t.Errorf("recorded %+v", c)
	}
}

// Restoring at once fails as restoring in turn does: for the first one if it fails, and
// never before both have ended.
func TestAtOnce(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	for _, run := range []func(a, b func() error) error{inTurn, atOnce} {
		for _, c := range []struct{ a, b, want error }{{nil, nil, nil}, {first, nil, first}, {nil, second, second}, {first, second, first}} {
			ended := false
			err := run(func() error { return c.a }, func() error {
				time.Sleep(time.Millisecond)
				ended = true
				return c.b
			})
			if !errors.Is(err, c.want) || c.a == nil && !ended {
				t.Errorf("%v and %v: %v, the second one ended: %v", c.a, c.b, err, ended)
			}
		}
	}
	for _, c := range []struct {
		a, b func() error
		want string
	}{
		{func() error { return nil }, func() error { panic("second") }, "second"},
		{func() error { panic("first") }, func() error { return nil }, "first"},
		{func() error { panic("first") }, func() error { panic("second") }, "first"},
	} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.HasPrefix(r, c.want) {
					t.Errorf("panicked with %s, want %s", r, c.want)
				}
			}()
			_ = atOnce(c.a, c.b) // it panics
		}()
	}
	if err := atOnce(func() error { return first }, func() error { panic("it does not count") }); !errors.Is(err, first) {
		t.Error(err)
	}
}

// stuck are views that wait.
type stuck struct {
	counter
	goOn chan struct{}
}

func (v *stuck) Apply(*msg.Command, []msg.Event) {
	<-v.goOn
	v.n++
}

// Who hands passages over to views that are stuck waits, with no more than there are.
func TestFoldBesideIsBounded(t *testing.T) {
	v := &stuck{goOn: make(chan struct{})}
	b := newBesideFold(v)
	var handed atomic.Int64
	done := make(chan struct{})
	const all, each = 3*besidePassages + 1, 5
	go func() {
		defer close(done)
		x := &passage{}
		for range all {
			x.reset()
			for range each {
				x.commands = append(x.commands, msg.Command{Kind: msg.Place})
				x.events = append(x.events, msg.Event{Kind: msg.Rejected})
				x.ends = append(x.ends, len(x.events))
			}
			x = b.handOver(x)
			handed.Add(1)
		}
		b.end(nil, nil)
	}()
	const bound = besidePassages - 1 // whoever hands over the next one waits for another
	for handed.Load() < bound {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	if n := handed.Load(); n != bound {
		t.Errorf("%d passages were handed over, want %d", n, bound)
	}
	close(v.goOn)
	<-done
	if v.n != all*each {
		t.Errorf("%d commands were folded, want %d", v.n, all*each)
	}
}
