package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// restartLimit is how long a restart may take with a million resting orders and a
// million commands after the snapshot, and so with fewer.
const restartLimit = 2 * time.Second

// The market of a busy exchange.
const (
	busyAccounts = 1000
	busyMiddle   = 1_000_000 // ticks
	busyBand     = 10_000    // ticks that resting orders are away from the middle, at most
)

// busy fills an exchange with resting orders and keeps their number.
type busy struct {
	t       *testing.T
	live    *live
	symbol  msg.SymbolID
	rng     *rand.Rand
	resting []busyOrder
	seq     msg.Seq // of the last command put
}

// busyOrder is a resting order.
type busyOrder struct {
	account msg.AccountID
	id      msg.OrderID
}

// newBusy opens a market without a bound on open orders, and makes accounts that can
// pay for all of them.
func newBusy(t *testing.T, l *live) *busy {
	t.Helper()
	if err := addDefaults(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	d := defaultSymbols()[0]
	d.name = "BUSY"
	spec, err := d.spec()
	if err != nil {
		t.Fatal(err)
	}
	spec.Filters.MaxOrders = 0
	made, err := order(t.Context(), l, &msg.Command{Kind: msg.AddSymbol, Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	b := &busy{t: t, live: l, symbol: msg.SymbolID(made.ID), rng: rand.New(rand.NewPCG(17, 17))}
	b.seq = l.pipeline.Durable().Seq
	for i := range msg.AccountID(busyAccounts) {
		b.put(&msg.Command{Kind: msg.CreateAccount})
		for asset := range msg.AssetID(3) {
			b.put(&msg.Command{Kind: msg.Credit, Account: i + 1, Asset: asset + 1, Amount: 1e15, Transfer: int64(asset + 1)})
		}
	}
	return b
}

// put hands a command over. Its sequence is known, because nobody else gives any.
func (b *busy) put(c *msg.Command) {
	b.seq++
	for {
		err := b.live.pipeline.Put(c)
		if err == nil {
			return
		}
		if !errors.Is(err, pipeline.ErrBusy) {
			b.t.Fatal(err)
		}
		time.Sleep(drivePause)
	}
}

// wait waits until all that was put is published.
func (b *busy) wait() {
	for b.live.pipeline.Published() < b.seq {
		if err := b.live.pipeline.Err(); err != nil {
			b.t.Fatal(err)
		}
		time.Sleep(drivePause)
	}
}

// order returns an order of any account, with a name, as each has that comes over
// the edge.
func (b *busy) order(side msg.Side, price msg.Price, tif msg.TimeInForce) *msg.Command {
	return &msg.Command{
		Kind: msg.Place, Account: 1 + msg.AccountID(b.rng.IntN(busyAccounts)), Symbol: b.symbol, Side: side, TIF: tif, STP: msg.ExpireMaker,
		Price: price, Qty: msg.Qty(1000 + b.rng.IntN(1000)), Name: clientName(fmt.Sprintf("web_%016x", b.rng.Uint64())),
	}
}

// rest places an order that rests: away from the middle, where nobody takes.
func (b *busy) rest() {
	side := msg.Side(b.rng.IntN(2))
	away := msg.Price(1 + b.rng.IntN(busyBand))
	if side == msg.Buy {
		away = -away
	}
	c := b.order(side, busyMiddle+away, msg.GTC)
	b.put(c)
	b.resting = append(b.resting, busyOrder{c.Account, msg.OrderID(b.seq)})
}

// step gives the next command of a busy day: most orders are canceled, some trade.
func (b *busy) step(i int) {
	switch i % 10 {
	case 0:
		b.put(b.order(msg.Buy, busyMiddle+busyBand, msg.IOC)) // takes the best of the other side
	case 1, 3, 5, 7:
		last := len(b.resting) - 1
		n := b.rng.IntN(last + 1)
		o := b.resting[n]
		b.resting[n] = b.resting[last]
		b.resting = b.resting[:last]
		b.put(&msg.Command{Kind: msg.Cancel, Account: o.account, Symbol: b.symbol, Order: o.id})
	default:
		b.rest()
	}
}

// crashed returns a data directory as a kill leaves it: with n resting orders in a
// snapshot, and n commands after that.
func crashed(t *testing.T, n int) (dir string, end pipeline.Position) {
	t.Helper()
	set, _ := newSettings()
	set.set()
	running := filepath.Join(t.TempDir(), "running")
	l, err := startLive(&liveOptions{
		pipeline: pipeline.Options{Dir: running, MaxOrders: -1, Ring: driveRing, Sync: pipeline.Sync{Mode: pipeline.SyncNever}},
		limits:   set.history, clock: &liveClock{},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := newBusy(t, l)
	for range n {
		b.rest()
	}
	b.wait()
	if _, err := l.pipeline.TakeSnapshot(); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		b.step(i)
	}
	b.wait()
	dir = filepath.Join(t.TempDir(), "crashed")
	for _, part := range []string{pipeline.JournalDir(""), pipeline.SnapshotDir("")} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(running, part))); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.pipeline.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(running); err != nil {
		t.Fatal(err)
	}
	return dir, l.pipeline.Durable()
}

// TestPromiseRestart starts an exchange again and again on a directory with many
// resting orders in its snapshot and as many commands after that, kills it each time,
// and measures until it says that it is ready. Each start must find the same state.
//
// The directory lies in the system's memory. Where API keys are known, requests that
// are signed are taken a second after the start of the process at the earliest,
// however soon it has recovered; here there are none.
func TestPromiseRestart(t *testing.T) {
	p := promise.Begin(t, "D17")
	n, starts := promise.Scale(10_000, 100_000, 1_000_000), promise.Scale(2, 5, 20)
	dir, end := crashed(t, n)
	x := thisProgram(t)
	var took []time.Duration
	var memory float64 // KiB on Linux; how wide the field is depends on the machine
	slow := 0
	for range starts {
		s, err := x.serve(dir)
		if err != nil {
			t.Fatal(err)
		}
		took = append(took, s.took)
		v, err := s.visitor.Status(t.Context())
		s.kill()
		if err != nil {
			t.Fatal(err)
		}
		if v.Seq != uint64(end.Seq) || v.Digest != hexDigest(end.Digest) {
			t.Errorf("it is at %d with digest %s, want %d with %s", v.Seq, v.Digest, end.Seq, hexDigest(end.Digest))
		}
		if s.took > restartLimit {
			slow++
			t.Errorf("ready after %v, want at most %v", s.took, restartLimit)
		}
		memory = max(memory, float64(s.cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss))
	}
	slices.Sort(took)
	p.Add(starts, slow)
	p.Note(fmt.Sprintf("%d resting orders, %d commands after the snapshot: ready again after %v, at most %v; at most %.0f MiB of memory",
		n, n, took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond), memory/1024))
}
