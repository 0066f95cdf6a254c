package pipeline

import (
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// counter is a view that counts transactions.
type counter struct{ n int64 }

func (v *counter) Apply(*msg.Command, []msg.Event) { v.n++ }
func (v *counter) Sections() []Section             { return []Section{v} }
func (v *counter) Name() string                    { return "counter" }
func (v *counter) Version() uint32                 { return 1 }
func (v *counter) AppendState(dst []byte) []byte   { return append(dst, byte(v.n), byte(v.n>>8)) }
func (v *counter) Restore(src []byte) error {
	if len(src) != 2 {
		return errors.New("no count")
	}
	v.n = int64(src[0]) | int64(src[1])<<8
	return nil
}

// load puts a market and n random orders through a pipeline and stops it.
func load(t *testing.T, o Options, n int) Position {
	t.Helper()
	p := start(t, o)
	if p.Durable().Seq == 0 {
		do(t, p, market()...)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range n {
		do(t, p, anyOrder(r, p.Published()))
	}
	stop(t, p)
	return p.Durable()
}

func warnings(o *Options) *[]string {
	var lines []string
	o.Warn = func(s string) { lines = append(lines, s) }
	return &lines
}

// Snapshots are taken while commands come, the last two are kept, and a restart
// goes on from the newest.
func TestBackgroundSnapshots(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.Views = func() Views { return &counter{} }
	o.Snapshots = snapshot.Policy{Commands: 50}
	at := load(t, o, 500)
	infos, err := snapshot.List(vfs.OS(), SnapshotDir(dir))
	if err != nil || len(infos) != snapshot.Keep || infos[0].Seq != uint64(at.Seq) {
		t.Fatalf("%+v, %v", infos, err)
	}
	past, err := OpenPast(PastOptions{Dir: dir, Views: o.Views})
	if err != nil {
		t.Fatal(err)
	}
	defer past.Close() //nolint:errcheck // it was only read
	if past.Start() != at.Seq || past.Engine.Digest() != at.Digest || past.Views.(*counter).n != int64(at.Seq) {
		t.Errorf("restored at %d with %d counted, want %d", past.Start(), past.Views.(*counter).n, at.Seq)
	}
}

// A corrupt newest snapshot costs a longer replay and a warning; so do none at
// all, and a view's section that is not there.
func TestSnapshotFallback(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.Views = func() Views { return &counter{} }
	load(t, o, 40)
	at := load(t, o, 40)
	infos, err := snapshot.List(vfs.OS(), SnapshotDir(dir))
	if err != nil || len(infos) != 2 {
		t.Fatalf("%+v, %v", infos, err)
	}
	check := func(what string, start uint64, warned bool) {
		t.Helper()
		var lines []string
		past, err := OpenPast(PastOptions{Dir: dir, Views: o.Views, Warn: func(s string) { lines = append(lines, s) }})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		defer past.Close() //nolint:errcheck // it was only read
		if err := past.FoldTo(0); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if uint64(past.Start()) != start || past.Engine.Digest() != at.Digest || past.Views.(*counter).n != int64(at.Seq) || warned != (len(lines) > 0) {
			t.Errorf("%s: started at %d, ended at %d with %d counted, warned %q", what, past.Start(), past.Engine.Seq(), past.Views.(*counter).n, lines)
		}
	}
	check("both good", infos[0].Seq, false)
	whole, err := os.ReadFile(infos[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	whole[len(whole)/2] ^= 4
	if err := os.WriteFile(infos[0].Path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	check("newest corrupt", infos[1].Seq, true)
	views := o.Views
	o.Views = func() Views { return renamed{&counter{}} }
	past, err := OpenPast(PastOptions{Dir: dir, Views: o.Views})
	if err != nil || past.Start() != 0 {
		t.Errorf("a view without a section: started at %d, %v", past.Start(), err)
	}
	if err := past.Close(); err != nil {
		t.Error(err)
	}
	o.Views = views
	for _, i := range infos {
		if err := os.Remove(i.Path); err != nil {
			t.Fatal(err)
		}
	}
	check("none", 0, false)
}

// renamed is a view that the snapshots do not know.
type renamed struct{ *counter }

func (v renamed) Sections() []Section { return []Section{v} }
func (v renamed) Name() string        { return "later" }

// The past opens at any sequence, from the newest snapshot that is not later.
func TestPastAtAnySequence(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	digests := map[msg.Seq]uint64{}
	o.Publish = func(b *Batch) { digests[b.last().seq] = b.Digest() }
	load(t, o, 60)
	at := load(t, o, 60)
	lines := warnings(&o)
	for to := msg.Seq(1); to <= at.Seq; to++ {
		past, err := OpenPast(PastOptions{Dir: dir, To: to, Warn: o.Warn})
		if err != nil {
			t.Fatal(err)
		}
		if err := past.FoldTo(to); err != nil {
			t.Fatal(err)
		}
		if past.Engine.Seq() != to || past.Engine.Digest() != digests[to] {
			t.Errorf("at %d: sequence %d, digest %016x, want %016x", to, past.Engine.Seq(), past.Engine.Digest(), digests[to])
		}
		if err := past.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(*lines) > 0 {
		t.Errorf("warned %q", *lines)
	}
}

// gated is a view whose state is written when a gate lets it.
type gated struct {
	counter
	gate <-chan error
}

func (v *gated) Sections() []Section { return []Section{v} }

func (v *gated) AppendState(dst []byte) []byte {
	if err := <-v.gate; err != nil {
		panic(err)
	}
	return v.counter.AppendState(dst)
}

// Commands wait for a snapshot when the newest one lags behind by more than the policy
// allows, and go on once it is there.
func TestSnapshotLag(t *testing.T) {
	const lag, more = 100, 60
	for _, mode := range []SyncMode{SyncAlways, SyncNever} {
		gate := make(chan error)
		o := options(t, t.TempDir())
		o.Sync.Mode = mode
		o.Batch, o.Ring, o.Reserved = 4, 1024, 4
		o.Views = func() Views { return &gated{gate: gate} }
		o.Snapshots = snapshot.Policy{Lag: lag}
		p := start(t, o)
		do(t, p, market()...)
		c := ask
		c.Price = 150
		for range lag + more { // the ring takes all of them
			if err := p.Put(&c); err != nil {
				t.Fatal(err)
			}
		}
		for p.Published() <= lag {
			runtime.Gosched()
		}
		time.Sleep(20 * time.Millisecond) // in which nothing may happen
		if seq := p.Published(); seq > lag+msg.Seq(o.Batch) {
			t.Errorf("sync mode %v: command %d is published, and no snapshot is there", mode, seq)
		}
		close(gate)
		do(t, p, c)
		if seq := p.Published(); seq <= lag+more {
			t.Errorf("sync mode %v: after a snapshot command %d is the last", mode, seq)
		}
		stop(t, p)
	}
}

// A snapshot that cannot be written holds nobody up.
func TestSnapshotLagWithoutSnapshots(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	lines := warnings(&o)
	o.Snapshots = snapshot.Policy{Lag: 10}
	p := start(t, o)
	if err := os.WriteFile(SnapshotDir(dir), nil, 0o600); err != nil { // a file in the place of the folder
		t.Fatal(err)
	}
	do(t, p, market()...)
	for range 200 {
		do(t, p, ask)
	}
	stop(t, p)
	if len(*lines) == 0 {
		t.Error("nobody was warned")
	}
}

// The journal removes old segments for a snapshot while its own commands wait for the next.
func TestSnapshotLagWithRetention(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.Batch, o.Ring, o.Segment = 8, 1<<13, 1000
	o.Snapshots = snapshot.Policy{Lag: 20}
	o.Retain = Retention{Commands: 1}
	var removed atomic.Int64
	o.Removed = func(r Removal) { removed.Add(int64(r.Segments)) }
	p := start(t, o)
	do(t, p, market()...)
	const n = 2000
	for range n { // the ring takes all of them
		if err := p.Put(&ask); err != nil {
			t.Fatal(err)
		}
	}
	for p.Published() < n {
		select {
		case <-p.Done():
			t.Fatal(p.Err())
		default:
			runtime.Gosched()
		}
	}
	stop(t, p)
	if removed.Load() == 0 {
		t.Error("nothing was removed")
	}
}
