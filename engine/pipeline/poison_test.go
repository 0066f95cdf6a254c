package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// poisonPrice is the price at which the builds of these tests panic.
const poisonPrice = 666

// poisoned are a data directory, a build that panics at a command, and one that does
// not.
type poisoned struct {
	t     *testing.T
	dir   string
	rng   *rand.Rand
	warns []string
}

// options are those of a build. The sound one has another name.
func (x *poisoned) options(build string) Options {
	now := int64(0)
	return Options{
		Dir: x.dir, Ring: 1024, Batch: 1 << x.rng.IntN(7), Clock: func() int64 { now++; return now },
		Warn: func(line string) { x.warns = append(x.warns, line) }, Build: func() string { return build },
	}
}

// The builds.
const (
	soundBuild = "sound"
	brokenOnce = "broken"
)

// poison is the command at which the broken build panics. Whoever tries again sends it
// with another name, at another time.
func (x *poisoned) poison() msg.Command {
	c := msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Price: poisonPrice, Qty: 1}
	copy(c.Name[:], fmt.Sprintf("try-%d", x.rng.Uint32()))
	return c
}

// some places some orders, of which nothing is special.
func (x *poisoned) some(p *Pipeline) {
	x.t.Helper()
	for range x.rng.IntN(20) {
		c := bid
		c.Price = msg.Price(10 + x.rng.IntN(80))
		do(x.t, p, c)
	}
}

// begin makes a market with the sound build.
func (x *poisoned) begin() {
	x.t.Helper()
	p := start(x.t, x.options(soundBuild))
	do(x.t, p, market()...)
	x.some(p)
	stop(x.t, p)
}

// executing are options of a build whose engine panics at the poison.
func (x *poisoned) executing() Options {
	o := x.options(brokenOnce)
	o.execute = func(e *engine.Engine, c *msg.Command, events []msg.Event) []msg.Event {
		if c.Price == poisonPrice {
			panic("a rule does not hold")
		}
		return e.Execute(c, events)
	}
	return o
}

// folding are views that panic at the poison.
type folding struct{ *counter }

func (f folding) Apply(c *msg.Command, events []msg.Event) {
	if c.Price == poisonPrice {
		panic("a view does not add up")
	}
	f.counter.Apply(c, events)
}

// publishing are options of a build whose views panic at the poison: those that are
// made while broken is true.
func (x *poisoned) publishing(broken bool) (Options, *atomic.Bool) {
	o := x.options(brokenOnce)
	b := &atomic.Bool{}
	b.Store(broken)
	o.Views = func() Views {
		if b.Load() {
			return folding{&counter{}}
		}
		return &counter{}
	}
	return o, b
}

// crashes sends the poison and expects that the exchange ends by it, named, and that
// nothing was acknowledged.
func (x *poisoned) crashes(o Options, times int) *PanicError {
	x.t.Helper()
	p, err := Start(o)
	if err != nil {
		x.t.Fatal(err)
	}
	x.some(p)
	c := x.poison()
	var r Result
	if err := p.Do(context.Background(), &c, &r); !errors.Is(err, ErrUnknown) {
		x.t.Errorf("the caller of the poison got %v", err)
	}
	return x.named(p.Stop(), times)
}

// named expects an error that names the poison.
func (x *poisoned) named(err error, times int) *PanicError {
	x.t.Helper()
	var panicked *PanicError
	c := x.poison()
	if !errors.As(err, &panicked) || panicked.Times != times || panicked.Hash != HashOf(&c) || panicked.Seq < 8 {
		x.t.Fatalf("ended with %v, want the poison, %d times", err, times)
	}
	if again := strings.Contains(err.Error(), "crashes this build"); again != (times > 1) {
		x.t.Errorf("%d times: %v", times, err)
	}
	return panicked
}

// refused expects that the broken build is not started, however often one tries, and
// that nothing is changed by it.
func (x *poisoned) refused(o func() Options, seq msg.Seq, durable bool) {
	x.t.Helper()
	before := x.lines()
	for range 3 {
		_, err := Start(o())
		var poison *PoisonError
		c := x.poison()
		if !errors.As(err, &poison) || poison.Durable() != durable || poison.Times != 2 || poison.Crash.Seq != seq || poison.Crash.Hash != HashOf(&c) {
			x.t.Fatalf("the third start: %v, want that command %d is refused", err, seq)
		}
		for _, want := range []string{fmt.Sprintf("command %d crashes this build (broken; place", seq), string(HashOf(&c)), CrashFile(x.dir)} {
			if !strings.Contains(err.Error(), want) {
				x.t.Errorf("it does not say %q: %v", want, err)
			}
		}
		if durable && (poison.Crash.Frame == 0 || poison.Crash.File == "" || !strings.Contains(err.Error(), poison.Crash.File)) {
			x.t.Errorf("it does not say where: %v", err)
		}
	}
	if after := x.lines(); after != before {
		x.t.Errorf("%d records after refused starts, %d before", after, before)
	}
}

func (x *poisoned) lines() int {
	all, err := history{vfs.OS(), x.dir}.read(func(line string) { x.t.Error(line) })
	if err != nil {
		x.t.Fatal(err)
	}
	return len(all)
}

// sound starts the sound build, which executes the poison if it is to, and finds
// everything.
func (x *poisoned) sound(want msg.Seq) {
	x.t.Helper()
	o := x.options(soundBuild)
	o.Views = func() Views { return &counter{} }
	p := start(x.t, o)
	if got := p.Durable().Seq; got < want {
		x.t.Errorf("the sound build starts at command %d, want %d or later", got, want)
	}
	do(x.t, p, x.poison())
	stop(x.t, p)
	audit(x.t, x.dir)
}

// beforeItIsDurable crashes the engine. A command that crashes is never acknowledged,
// so whoever sent it sends it again: at the same sequence, or a later one.
func (x *poisoned) beforeItIsDurable() {
	t := x.t
	_ = x.crashes(x.executing(), 1)
	panicked := x.crashes(x.executing(), 2)
	x.refused(x.executing, panicked.Seq, false)

	o := x.executing()
	o.Barred = []CommandHash{panicked.Hash}
	p := start(t, o)
	for range 2 {
		c := x.poison()
		if err := p.Put(&c); !errors.Is(err, ErrBarred) {
			t.Fatalf("the barred command: %v", err)
		}
	}
	other := x.poison()
	other.Price--
	if r := do(t, p, other); r.Seq != panicked.Seq {
		t.Errorf("another command has sequence %d, want %d", r.Seq, panicked.Seq)
	}
	stop(t, p)
	if all, err := (history{vfs.OS(), x.dir}).read(o.Warn); err != nil || len(all) != 3 || all[2].Stage != stageBarred || all[2].Hash != panicked.Hash {
		t.Errorf("what was barred is not recorded: %+v, %v", all, err)
	}
	stop(t, start(t, o)) // it is recorded once
	if n := x.lines(); n != 3 {
		t.Errorf("%d records", n)
	}
	x.refused(x.executing, panicked.Seq, false) // it is barred by who says so, not for ever
	x.sound(panicked.Seq)
}

// afterItIsDurable crashes what folds the journal: there it stands, and cannot be left
// out.
func (x *poisoned) afterItIsDurable(atOnce bool) {
	t := x.t
	var panicked *PanicError
	o, broken := x.publishing(atOnce)
	if atOnce {
		panicked = x.crashes(o, 1)
	} else {
		p := start(t, o)
		broken.Store(true) // for the views of a snapshot, not for those that show the market
		x.some(p)
		do(t, p, x.poison())
		_, err := p.TakeSnapshot()
		panicked = x.named(err, 1)
		_ = x.named(p.Stop(), 1)
	}
	again := func() Options { o, _ := x.publishing(true); return o }
	_, err := Start(again())
	if x.named(err, 2).Seq != panicked.Seq {
		t.Errorf("recovery: %v, want command %d", err, panicked.Seq)
	}
	x.refused(again, panicked.Seq, true)
	o = again()
	o.Barred = []CommandHash{panicked.Hash}
	if _, err := Start(o); err == nil || !strings.Contains(err.Error(), "it is in the journal") {
		t.Errorf("barred where it is durable: %v", err)
	}
	x.sound(panicked.Seq)
}

// inTheJournal crashes the engine itself while it folds the journal: the build that
// wrote it had another opinion of what can happen.
func (x *poisoned) inTheJournal() {
	t := x.t
	seq := x.forgePoison()
	o := func() Options { return x.options(brokenOnce) }
	for times := 1; times <= 2; times++ {
		_, err := Start(o())
		if p := x.named(err, times); p.Seq != seq {
			t.Errorf("recovery: %v, want command %d", err, seq)
		}
	}
	x.refused(o, seq, true)
	if _, err := Start(x.options(soundBuild)); !errors.As(err, new(*PanicError)) { // another build tries for itself
		t.Errorf("another build: %v", err)
	}
	if err := os.Remove(CrashFile(x.dir)); err != nil {
		t.Fatal(err)
	}
	_, err := Start(o())
	_ = x.named(err, 1) // it was asked to try again
}

// forgePoison appends a frame with a trade of an order that there is not.
func (x *poisoned) forgePoison() msg.Seq {
	t := x.t
	t.Helper()
	w, err := journal.Open(JournalDir(x.dir), journal.Options{LockFile: LockFile(x.dir), Derivation: derivation})
	if err != nil {
		t.Fatal(err)
	}
	c := x.poison()
	c.Seq, c.Time = msg.Seq(w.LastSeq())+1, 1<<40
	var e msg.Encoder
	e.Reset(c.Seq, c.Time)
	f := journal.Frame{FirstSeq: uint64(c.Seq), Commands: 1, Events: 2, FirstTime: c.Time, LastTime: c.Time}
	f.Raw = e.Append(nil, &c, []msg.Event{
		{Kind: msg.Accepted, Order: msg.OrderID(c.Seq)},
		{Kind: msg.Traded, Order: 1 << 30, Taker: msg.OrderID(c.Seq), Trade: 1, Price: 1, Qty: 1},
	})
	if err := errors.Join(w.Append(&f), w.Close()); err != nil {
		t.Fatal(err)
	}
	return c.Seq
}

// TestPromisePoison has commands crash a build at each place where one can: while it
// is executed, while views fold it, while a snapshot is folded, and in the journal at
// the start. Each time the second crash says that the command crashes this build, and
// the third start does not happen: it names the command, its hash, the build, where it
// stands, and where all of it is recorded. Nothing is skipped: what was not journalled
// can be refused by its hash, for which somebody has to ask, and what is in the journal
// stays there. Another build starts and finds everything.
//
// The panics are those of hooks of the tests, but for the one in the journal, which
// the engine's own checks make. A process that is killed at a command, for want of
// memory for example, records nothing and is not shown here.
func TestPromisePoison(t *testing.T) {
	p := promise.Begin(t, "D15")
	cases := promise.Scale(20, 100, 1000)
	for n := range cases {
		good := t.Run(strconv.Itoa(n), func(t *testing.T) {
			x := &poisoned{t: t, dir: t.TempDir(), rng: rand.New(rand.NewPCG(15, uint64(n)))}
			x.begin()
			switch n % 4 {
			case 0:
				x.beforeItIsDurable()
			case 1:
				x.afterItIsDurable(true)
			case 2:
				x.afterItIsDurable(false)
			case 3:
				x.inTheJournal()
			}
		})
		violations := 0
		if !good {
			violations = 1
		}
		p.Add(1, violations)
	}
}

// A sequence at which two different commands crashed is named too, as long as nothing
// has come to stand there; and one crash of each of two commands at different places
// is no reason to stop.
func TestPoisonBySequence(t *testing.T) {
	x := &poisoned{t: t, dir: t.TempDir(), rng: rand.New(rand.NewPCG(1, 1))}
	x.begin()
	crash := func(qty msg.Qty, orders int) *PanicError {
		p, err := Start(x.executing())
		if err != nil {
			t.Fatal(err)
		}
		for range orders {
			do(t, p, bid)
		}
		c := x.poison()
		c.Qty = qty
		var r Result
		_ = p.Do(context.Background(), &c, &r) // it ends with the pipeline
		var panicked *PanicError
		if err := p.Stop(); !errors.As(err, &panicked) {
			t.Fatal(err)
		}
		return panicked
	}
	first := crash(1, 0)
	if second := crash(2, 1); second.Times != 1 || second.Seq != first.Seq+1 {
		t.Errorf("another command, after one that was taken: %v", second)
	}
	third := crash(3, 0)
	if third.Times != 2 {
		t.Errorf("another command at the same sequence: %v", third)
	}
	_, err := Start(x.executing())
	var poison *PoisonError
	if !errors.As(err, &poison) || poison.Crash.Seq != third.Seq {
		t.Errorf("the next start: %v", err)
	}
	o := x.executing()
	o.Barred = []CommandHash{third.Hash}
	stop(t, start(t, o))
	o.Barred = []CommandHash{"00112233445566778899aabbccddeeff"}
	if _, err := Start(o); err == nil || !strings.Contains(err.Error(), "records no crash of it") {
		t.Errorf("a hash of nothing: %v", err)
	}
}

// What two commands ask for decides whether their hashes are the same.
func TestCommandHash(t *testing.T) {
	c := msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Price: 5, Qty: 1}
	h := HashOf(&c)
	same, other := c, c
	same.Seq, same.Time, same.Name, same.CancelName = 9, 9, msg.Name{'a'}, msg.Name{'b'}
	other.Qty = 2
	if HashOf(&same) != h || HashOf(&other) == h {
		t.Error("the hash of an order does not tell what it asks for")
	}
	a, b := msg.Command{Kind: msg.CreateAccount, Name: msg.Name{'a'}}, msg.Command{Kind: msg.CreateAccount, Name: msg.Name{'b'}}
	if HashOf(&a) == HashOf(&b) {
		t.Error("accounts of different names have the same hash")
	}
	if got, err := ParseCommandHash(string(h)); err != nil || got != h {
		t.Errorf("%s reads as %s, %v", h, got, err)
	}
	for _, text := range []string{"", "00", strings.ToUpper(string(h)), string(h) + "00", strings.Repeat("x", 32)} {
		if _, err := ParseCommandHash(text); err == nil && text != string(h) {
			t.Errorf("%q is a hash", text)
		}
	}
}

// The history of crashes has a bound, and a torn or foreign line costs only itself.
func TestCrashHistory(t *testing.T) {
	dir := t.TempDir()
	h := history{vfs.OS(), dir}
	if all, err := h.read(nil); err != nil || len(all) > 0 {
		t.Fatalf("%v, %v", all, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "crash"), []byte("panic old\nsequence 1\n{\"seq"), 0o600); err != nil {
		t.Fatal(err)
	}
	const records = 200
	for n := range records {
		if err := h.append(&Crash{Seq: msg.Seq(n + 1), Stage: stageExecute, Stack: strings.Repeat("x", maxHistoryBytes/100)}); err != nil {
			t.Fatal(err)
		}
		if n == 2 {
			warned := 0
			if all, err := h.read(func(string) { warned++ }); err != nil || len(all) != 3 || warned != 3 {
				t.Errorf("%d records, %d lines were passed over, %v", len(all), warned, err)
			}
		}
	}
	all, err := h.read(func(line string) { t.Error(line) })
	if err != nil || len(all) < 45 || len(all) > 100 || all[len(all)-1].Seq != records {
		t.Fatalf("%d records, %v", len(all), err)
	}
	for i := range all {
		if want := records - msg.Seq(len(all)-1-i); all[i].Seq != want {
			t.Errorf("record %d is of command %d, want %d", i, all[i].Seq, want)
		}
	}
	if info, err := os.Stat(CrashFile(dir)); err != nil || info.Size() > maxHistoryBytes {
		t.Errorf("the file: %v, %v", info, err)
	}
}
