package pipeline

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}

// market lists the commands that make a market of two funded accounts: account
// 1 has quote, account 2 has base.
func market() []msg.Command {
	spec := &msg.Symbol{
		Name: msg.Name{'B', 'T', 'C', 'U', 'S', 'D', 'T'}, Base: 1, Quote: 2, Tick: 1_000_000, Lot: 1000, Maker: 100_000, Taker: 200_000,
	}
	return []msg.Command{
		{Kind: msg.AddAsset, Name: msg.Name{'B', 'T', 'C'}, Scale: 8},
		{Kind: msg.AddAsset, Name: msg.Name{'U', 'S', 'D', 'T'}, Scale: 8},
		{Kind: msg.AddSymbol, Spec: spec},
		{Kind: msg.CreateAccount},
		{Kind: msg.CreateAccount},
		{Kind: msg.Credit, Account: 1, Asset: 2, Amount: 1 << 60, Transfer: 1},
		{Kind: msg.Credit, Account: 2, Asset: 1, Amount: 1 << 60, Transfer: 1},
	}
}

var (
	bid = msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Side: msg.Buy, Price: 100, Qty: 4}
	ask = msg.Command{Kind: msg.Place, Account: 2, Symbol: 1, Side: msg.Sell, Price: 100, Qty: 10}
)

// options are those of most tests: a clock that counts, warnings in the log.
func options(t *testing.T, dir string) Options {
	now := int64(0)
	return Options{Dir: dir, Ring: 1024, Batch: 64, Clock: func() int64 { now++; return now }, Warn: func(s string) { t.Log(s) }}
}

func start(t *testing.T, o Options) *Pipeline {
	t.Helper()
	var mu sync.Mutex
	clock := o.Clock
	o.Clock = func() int64 { // it is read by several goroutines
		mu.Lock()
		defer mu.Unlock()
		return clock()
	}
	p, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

func do(t *testing.T, p *Pipeline, commands ...msg.Command) Result {
	t.Helper()
	var r Result
	for i := range commands {
		if err := p.Do(context.Background(), &commands[i], &r); err != nil {
			t.Fatalf("%v: %v", commands[i].Kind, err)
		}
	}
	return r
}

func stop(t *testing.T, p *Pipeline) {
	t.Helper()
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
}

func TestTradeAndRestart(t *testing.T) {
	dir := t.TempDir()
	p := start(t, options(t, dir))
	do(t, p, market()...)
	r := do(t, p, ask, bid)
	want := []msg.Event{{Kind: msg.Accepted, Order: 9}, {Kind: msg.Traded, Order: 8, Taker: 9, Trade: 1, Price: 100, Qty: 4}}
	if !slices.Equal(r.Events, want) || r.Seq != 9 {
		t.Fatalf("%+v", r)
	}
	at := p.Durable()
	stop(t, p)
	p = start(t, options(t, dir))
	if got := p.Durable(); got.Digest != at.Digest || got.Seq != 9 || got.Epoch != 2 {
		t.Fatalf("restarted at %+v, stopped at %+v", got, at)
	}
	if r := do(t, p, bid); r.Seq != 10 || r.Events[1].Trade != 2 {
		t.Fatalf("ids do not go on: %+v", r)
	}
}

// recorder is a journal and a set of views that write down what happens.
type recorder struct {
	log
	mu        sync.Mutex
	happened  []string
	appendErr error
	syncErr   error
	hold      chan struct{} // if not nil, Sync waits for it
}

func (r *recorder) note(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.happened = append(r.happened, s)
}

func (r *recorder) notes() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.happened)
}

func (r *recorder) count(what string) (n int) {
	for _, s := range r.notes() {
		if s == what {
			n++
		}
	}
	return n
}

// await waits until something happened n times.
func (r *recorder) await(what string, n int) {
	for r.count(what) < n {
		time.Sleep(100 * time.Microsecond)
	}
}

func (r *recorder) Append(f *journal.Frame) error {
	if r.appendErr != nil {
		return r.appendErr
	}
	r.note("append")
	return r.log.Append(f)
}

func (r *recorder) Sync() error {
	if r.hold != nil {
		<-r.hold
	}
	if r.syncErr != nil {
		return r.syncErr
	}
	err := r.log.Sync()
	r.note("sync")
	return err
}

func (r *recorder) Apply(*msg.Command, []msg.Event) { r.note("fold") }
func (r *recorder) Sections() []Section             { return nil }

// record puts a recorder between a pipeline and its journal.
func record(o *Options) *recorder {
	r := &recorder{}
	o.openLog = func(dir string, jo journal.Options) (log, error) {
		var err error
		r.log, err = openJournal(dir, jo)
		return r, err
	}
	o.Views = func() Views { return r }
	o.Publish = func(*Batch) { r.note("publish") }
	return r
}

// Durable before visible: with every command append, sync, fold, publish, answer.
func TestOrderOfThings(t *testing.T) {
	o := options(t, t.TempDir())
	r := record(&o)
	p := start(t, o)
	var want []string
	for _, c := range market() {
		do(t, p, c)
		r.note("answer")
		want = append(want, "append", "sync", "fold", "publish", "answer")
	}
	if got := r.notes(); !slices.Equal(got, want) {
		t.Fatalf("got  %v\nwant %v", got, want)
	}
}

// With SyncNever things are seen without a sync, and Stop syncs.
func TestSyncNever(t *testing.T) {
	o := options(t, t.TempDir())
	o.Sync.Mode = SyncNever
	r := record(&o)
	p := start(t, o)
	do(t, p, market()...)
	if got := r.notes(); slices.Contains(got, "sync") {
		t.Fatal(got)
	}
	if seq := p.Durable().Seq; seq != 0 {
		t.Fatalf("command %d is called durable", seq)
	}
	if seq, err := p.TakeSnapshot(); seq != 7 || err != nil {
		t.Fatalf("snapshot %d, %v", seq, err)
	}
	do(t, p, bid)
	stop(t, p)
	if n := r.count("sync"); n != 2 || p.Durable().Seq != 8 {
		t.Fatalf("%d syncs, durable %d", n, p.Durable().Seq)
	}
}

// With SyncNever a background snapshot still holds only what was synced.
func TestSyncNeverSnapshots(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.Sync.Mode = SyncNever
	o.Snapshots = snapshot.Policy{Commands: 5}
	r := record(&o)
	p := start(t, o)
	do(t, p, market()...)
	for {
		infos, err := snapshot.List(vfs.OS(), SnapshotDir(dir))
		if err != nil {
			t.Fatal(err)
		}
		if len(infos) > 0 {
			if msg.Seq(infos[0].Seq) > p.Durable().Seq || r.count("sync") == 0 {
				t.Fatalf("snapshot %d of a journal that is durable through %d", infos[0].Seq, p.Durable().Seq)
			}
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func TestSyncInterval(t *testing.T) {
	o := options(t, t.TempDir())
	o.Sync = Sync{Mode: SyncInterval, Interval: time.Millisecond}
	p := start(t, o)
	do(t, p, market()...)
	for p.Durable().Seq < 7 { // the tick comes by itself
		time.Sleep(time.Millisecond)
	}
}

// The first error of append or sync is final: the caller does not get an
// answer, nothing is published, and a restart finds what was durable.
func TestFirstErrorIsFinal(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, what := range []string{"append", "sync"} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			o := options(t, dir)
			r := record(&o)
			p := start(t, o)
			do(t, p, market()...)
			before := len(r.notes())
			if what == "append" {
				r.appendErr = broken
			} else {
				r.syncErr = broken
			}
			var result Result
			if err := p.Do(context.Background(), &bid, &result); !errors.Is(err, ErrUnknown) {
				t.Fatalf("the caller got %v", err)
			}
			<-p.Done()
			if err := p.Err(); !errors.Is(err, broken) || !strings.Contains(err.Error(), what) {
				t.Fatalf("the pipeline ended with %v", err)
			}
			if err := p.Put(&bid); !errors.Is(err, ErrStopped) {
				t.Fatalf("a command after the end got %v", err)
			}
			for _, s := range r.notes()[before:] {
				if s != "append" {
					t.Fatalf("%s after the error", s)
				}
			}
			r.appendErr, r.syncErr = nil, nil // for Close
			if err := p.Stop(); !errors.Is(err, broken) {
				t.Fatalf("Stop: %v", err)
			}
			p = start(t, options(t, dir))
			if seq := p.Durable().Seq; seq != 7 && (what == "append" || seq != 8) {
				t.Fatalf("restarted at %d", seq)
			}
		})
	}
}

// A command that panics ends the pipeline and leaves its bytes and the stack;
// the batch it was in is not journalled.
func TestPanicLeavesCrash(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.execute = func(e *engine.Engine, c *msg.Command, events []msg.Event) []msg.Event {
		if c.Price == 666 {
			panic("broken invariant 12")
		}
		return e.Execute(c, events)
	}
	p := start(t, o)
	do(t, p, market()...)
	var r Result
	p.hand.mu.Lock() // the engine waits, so that the three come in one batch
	for range 2 {
		if err := p.Put(&bid); err != nil {
			t.Fatal(err)
		}
	}
	time.AfterFunc(10*time.Millisecond, p.hand.mu.Unlock)
	err := p.Do(context.Background(), &msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Price: 666, Qty: 1}, &r)
	if !errors.Is(err, ErrUnknown) {
		t.Fatalf("the caller got %v", err)
	}
	var panicked *PanicError
	if err := p.Stop(); !errors.As(err, &panicked) || panicked.Seq != 10 {
		t.Fatalf("Stop: %v", err)
	}
	crashes, err := history{vfs.OS(), dir}.read(o.Warn)
	if err != nil || len(crashes) != 1 {
		t.Fatalf("%d records, %v", len(crashes), err)
	}
	c := &crashes[0]
	if c.Seq != 10 || c.Stage != stageExecute || c.Kind != "place" || c.Panic != "broken invariant 12" || c.Build != "unknown" ||
		!strings.Contains(c.Stack, "pipeline.(*Pipeline).execute") || c.Journal != p.JournalID().String() || c.Hash != panicked.Hash {
		t.Errorf("recorded %+v", c)
	}
	checkCrash(t, c)
	if p = start(t, options(t, dir)); p.Durable().Seq != 7 {
		t.Fatalf("restarted at %d", p.Durable().Seq)
	}
}

// checkCrash decodes what a crash left.
func checkCrash(t *testing.T, r *Crash) {
	t.Helper()
	if r.Before == nil || r.Before.Commands != 2 || r.Before.Seq != 8 {
		t.Fatalf("before: %+v", r.Before)
	}
	var d msg.Decoder
	var c msg.Command
	b, _ := hex.DecodeString(r.Before.Bytes)
	d.Reset(b, r.Before.Seq, r.Before.Time)
	for range 2 {
		if events, err := d.Next(&c, nil); err != nil || c.Price != 100 || len(events) != 1 {
			t.Errorf("before: %+v %v %v", c, events, err)
		}
	}
	b, _ = hex.DecodeString(r.Bytes)
	d.Reset(b, r.Seq, r.At)
	if _, err := d.Next(&c, nil); err != nil || c.Price != 666 || c.Seq != 10 || HashOf(&c) != r.Hash {
		t.Errorf("command: %+v %v", c, err)
	}
}

// hold starts a pipeline whose first sync after the setup waits, so that its
// batches and then its ring fill.
func hold(t *testing.T, o Options) (p *Pipeline, r *recorder, release func()) {
	r = record(&o)
	p = start(t, o)
	do(t, p, market()...)
	r.hold = make(chan struct{})
	return p, r, sync.OnceFunc(func() { close(r.hold) })
}

// However many commands wait for a sync, none of them is seen before it, and
// then all are, in one frame.
func TestNothingIsSeenBeforeItsSync(t *testing.T) {
	p, r, release := hold(t, options(t, t.TempDir()))
	defer release()
	if err := p.Put(&ask); err != nil {
		t.Fatal(err)
	}
	r.await("append", 8) // it is in the sync that waits
	answered := make(chan Result, 5)
	for range 5 {
		go func() {
			var result Result
			if err := p.Do(context.Background(), &bid, &result); err != nil {
				t.Error(err)
			}
			answered <- result
		}()
	}
	for p.ring.Len() > 0 || p.engineSeq() < 13 {
		time.Sleep(100 * time.Microsecond)
	}
	if len(answered) > 0 || p.Published() != 7 || p.Durable().Seq != 7 || r.count("fold") != 7 || r.count("publish") != 7 {
		t.Fatalf("before the sync %d answers, published %d, durable %d: %v", len(answered), p.Published(), p.Durable().Seq, r.notes())
	}
	release()
	for range 5 {
		if a := <-answered; p.Published() < a.Seq || p.Durable().Seq < a.Seq {
			t.Errorf("answer %d, published %d, durable %d", a.Seq, p.Published(), p.Durable().Seq)
		}
	}
	if n := r.count("append"); n != 9 {
		t.Errorf("%d frames, want the one that waited and one more", n-7)
	}
}

// engineSeq returns how far the engine is.
func (p *Pipeline) engineSeq() msg.Seq {
	p.hand.mu.Lock()
	defer p.hand.mu.Unlock()
	return p.engine.Seq()
}

// A full ring is an answer, and cancels keep a share of it.
func TestBusyAndReserve(t *testing.T) {
	o := options(t, t.TempDir())
	o.Ring, o.Reserved, o.Batch, o.Batches = 16, 4, 2, 2
	p, _, release := hold(t, o)
	defer release()
	puts := 0
	for misses := 0; misses < 50; { // the engine may still be taking
		if err := p.Put(&bid); err == nil {
			if puts++; puts > 1000 {
				t.Fatal("nothing holds the commands back")
			}
			misses = 0
		} else if errors.Is(err, ErrBusy) {
			misses++
			time.Sleep(time.Millisecond)
		} else {
			t.Fatal(err)
		}
	}
	cancels := 0
	for p.Put(&msg.Command{Kind: msg.Cancel, Account: 1, Symbol: 1, Order: 9}) == nil && p.Put(&msg.Command{Kind: msg.CancelAll, Account: 1, Symbol: 1}) == nil {
		cancels += 2
	}
	if cancels != 4 {
		t.Errorf("%d cancels found room, 4 places are reserved", cancels)
	}
	release()
	stop(t, p) // drains
	if seq := p.Durable().Seq; seq != msg.Seq(7+puts+cancels) {
		t.Errorf("%d commands were taken, the journal ends at %d", 7+puts+cancels, seq)
	}
}

// A caller that gave up never gets a late answer, nor does the next one.
func TestLateAnswer(t *testing.T) {
	p, r, release := hold(t, options(t, t.TempDir()))
	defer release()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	var late Result
	go func() { ended <- p.Do(ctx, &bid, &late) }()
	r.await("append", 8) // it is in the sync that waits
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	release()
	r.await("publish", 8) // its answer has come, too late
	if r := do(t, p, ask); r.Seq != 9 || late.Seq != 0 || len(late.Events) > 0 {
		t.Fatalf("the second caller got %d, the first %+v", r.Seq, late)
	}
	if err := p.Do(ctx, &bid, &late); !errors.Is(err, context.Canceled) || p.engineSeq() != 9 {
		t.Fatalf("a caller that had given up before: %v, at %d", err, p.engineSeq())
	}
}

// Each of many callers gets the answer to its own command.
func TestManyCallers(t *testing.T) {
	p := start(t, options(t, t.TempDir()))
	do(t, p, market()...)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			var r Result
			for j := range 100 {
				c := msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Price: msg.Price(1 + i), Qty: msg.Qty(1 + j)}
				copy(c.Name[:], fmt.Sprintf("n-%d-%d", i, j))
				if err := p.Do(context.Background(), &c, &r); err != nil {
					t.Error(err)
					return
				}
				again := msg.Command{Kind: msg.Amend, Account: 1, Symbol: 1, OrigName: c.Name, Order: r.Events[0].Order, Qty: c.Qty}
				if err := p.Do(context.Background(), &again, &r); err != nil || r.Events[0].Reason != msg.NoChange {
					t.Errorf("order %s: %v %+v", c.Name, err, r.Events)
					return
				}
			}
		})
	}
	wg.Wait()
	if got := p.Published(); got != 7+16*200 {
		t.Errorf("published %d", got)
	}
}

// At the bound of open orders only what cannot add one is taken, and the others
// around it are answered in order.
func TestBoundOfOpenOrders(t *testing.T) {
	o := options(t, t.TempDir())
	o.MaxOrders = 1
	p := start(t, o)
	do(t, p, market()...)
	do(t, p, bid)
	var r Result
	replace := bid
	replace.Kind, replace.Order = msg.CancelReplace, 8
	allow := replace
	allow.Mode = msg.AllowFailure
	for _, c := range []msg.Command{bid, allow} {
		if err := p.Do(context.Background(), &c, &r); !errors.Is(err, ErrFull) {
			t.Errorf("%v at the bound got %v", c.Kind, err)
		}
	}
	if r := do(t, p, replace); r.Seq != 9 || len(r.Events) != 2 {
		t.Errorf("a replacement at the bound: %+v", r)
	}

	// Refused and taken commands in one batch.
	p.hand.mu.Lock() // the engine waits, so that they come together
	answers := make(chan string, 3)
	for i, c := range []msg.Command{bid, {Kind: msg.Cancel, Account: 1, Symbol: 1, Order: 9}, bid} {
		go func() {
			var r Result
			err := p.Do(context.Background(), &c, &r)
			answers <- fmt.Sprint(i, r.Seq, err)
		}()
		for p.ring.Len() <= i {
			time.Sleep(100 * time.Microsecond)
		}
	}
	p.hand.mu.Unlock()
	got := []string{<-answers, <-answers, <-answers}
	slices.Sort(got)
	want := []string{fmt.Sprint(0, 0, ErrFull), fmt.Sprint(1, 10, nil), fmt.Sprint(2, 11, nil)}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for field, change := range map[string]func(*Options){
		"Clock":         func(o *Options) { o.Clock = nil },
		"Ring":          func(o *Options) { o.Ring = 1000 },
		"Reserved":      func(o *Options) { o.Reserved = o.Ring },
		"Batch":         func(o *Options) { o.Batch = -1 },
		"Batches":       func(o *Options) { o.Batches = 1 },
		"Elapsed":       func(o *Options) { o.Observe = func(*Timing) {} },
		"Sync.Mode":     func(o *Options) { o.Sync.Mode = 9 },
		"Sync.Interval": func(o *Options) { o.Sync.Mode = SyncInterval },
	} {
		o := options(t, t.TempDir())
		change(&o)
		if _, err := Start(o); err == nil || !strings.Contains(err.Error(), "pipeline: "+field+":") {
			t.Errorf("%s: %v", field, err)
		}
		if names, err := os.ReadDir(o.Dir); err != nil || len(names) > 0 {
			t.Errorf("%s: the directory holds %v, %v", field, names, err)
		}
	}
}

// A command that carries a time keeps it; one that does not is stamped; time
// never falls.
func TestTimes(t *testing.T) {
	o := options(t, t.TempDir())
	o.Clock = func() int64 { return 1000 }
	p := start(t, o)
	for _, c := range []struct{ at, want int64 }{{500, 500}, {0, 1000}, {700, 1000}, {5000, 5000}, {0, 5000}} {
		if r := do(t, p, msg.Command{Kind: msg.CreateAccount, Time: c.at}); r.Time != c.want {
			t.Errorf("time %d became %d, want %d", c.at, r.Time, c.want)
		}
	}
}

// A view that panics ends the exchange by name.
func TestViewPanics(t *testing.T) {
	o := options(t, t.TempDir())
	o.Views = func() Views { return bomb{&counter{}} }
	p := start(t, o)
	var r Result
	if err := p.Do(context.Background(), &msg.Command{Kind: msg.CreateAccount}, &r); !errors.Is(err, ErrUnknown) {
		t.Errorf("the caller got %v", err)
	}
	if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "command 1 made views or streams panic") || !strings.HasSuffix(err.Error(), ": boom") {
		t.Errorf("Stop: %v", err)
	}
}

type bomb struct{ *counter }

func (bomb) Apply(*msg.Command, []msg.Event) { panic("boom") }

func TestRefusals(t *testing.T) {
	o := options(t, t.TempDir())
	p := start(t, o)
	do(t, p, market()...)
	if err := p.Put(&msg.Command{Kind: 99}); err == nil || !strings.Contains(err.Error(), "kind: 99") {
		t.Errorf("an unknown kind got %v", err)
	}
	if r := do(t, p, bid); r.Seq != 8 {
		t.Errorf("refused commands took sequences: %d", r.Seq)
	}
	if _, err := Start(o); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("a second pipeline got %v", err)
	}
}
