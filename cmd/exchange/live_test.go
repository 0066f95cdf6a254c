package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// startedLive is a live exchange with the default markets, on a directory.
func startedLive(t *testing.T, dir string, o pipeline.Options) *live {
	t.Helper()
	o.Dir = dir
	l, err := startLive(&liveOptions{pipeline: o, clock: &liveClock{}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// watch is a feed that holds what it is told against what it should be.
type watch struct {
	t     *testing.T
	live  *live
	seq   msg.Seq // of the last transaction
	after msg.Seq // of the last batch
}

func (w *watch) Fold(v *marketview.Views, c *msg.Command, events []msg.Event) {
	if c.Seq != w.seq+1 || v.Seq() != c.Seq || len(events) == 0 {
		w.t.Errorf("folded command %d after %d, with views as of %d", c.Seq, w.seq, v.Seq())
	}
	w.seq = c.Seq
	if w.live.mu.TryRLock() {
		w.t.Error("the views can be read while they are folded")
		w.live.mu.RUnlock()
	}
}

func (w *watch) Flush() {
	if !w.live.mu.TryRLock() {
		w.t.Error("the views are locked when a batch has been folded")
		return
	}
	w.live.mu.RUnlock()
	if w.seq == w.after {
		w.t.Error("flushed twice")
	}
	w.after = w.seq
}

// seer keeps what the views showed.
type seer struct {
	seq     msg.Seq
	balance msg.Amount
}

func (s *seer) See(v *marketview.Views, c *msg.Command, _ []msg.Event) {
	s.seq = v.Seq()
	s.balance, _ = v.Balance(c.Account, c.Asset)
}

// TestLive credits accounts from many goroutines: each sees the views as of its
// own command, and a read after an answer sees it.
func TestLive(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	const accounts, credits = 16, 50
	l := startedLive(t, t.TempDir(), pipeline.Options{})
	w := &watch{t: t, live: l}
	l.follow("watch", w)
	if err := addDefaults(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range accounts {
		v, err := order(t.Context(), l, &msg.Command{Kind: msg.CreateAccount})
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			account := msg.AccountID(v.ID)
			for i := range credits {
				var r gateway.Result
				var s seer
				c := msg.Command{Kind: msg.Credit, Account: account, Asset: 1, Amount: 1, Transfer: int64(i + 1)}
				if err := l.Do(context.Background(), &c, &r, &s); err != nil {
					t.Error(err)
					return
				}
				if s.seq != r.Seq || s.balance != msg.Amount(i+1) {
					t.Errorf("command %d saw the views as of %d with balance %d, want %d", r.Seq, s.seq, s.balance, i+1)
				}
				v := l.BeginRead()
				if free, _ := v.Balance(account, 1); v.Seq() < r.Seq || free != msg.Amount(i+1) {
					t.Errorf("after command %d the views are as of %d with balance %d", r.Seq, v.Seq(), free)
				}
				l.EndRead()
			}
		})
	}
	all.Wait()
	if err := l.pipeline.Stop(); err != nil {
		t.Fatal(err)
	}
	if want := msg.Seq(6 + accounts + accounts*credits); w.after != want || l.followers[0].seq.Load() != uint64(want) {
		t.Errorf("the feed was flushed through command %d, want %d", w.after, want)
	}
}

// TestLiveRecovers finds the views after a restart as they were, and feeds that
// follow only what is new.
func TestLiveRecovers(t *testing.T) {
	dir := t.TempDir()
	for restart := range 3 {
		l := startedLive(t, dir, pipeline.Options{})
		w := &watch{t: t, live: l, seq: l.views.Seq(), after: l.views.Seq()}
		l.follow("watch", w)
		if err := addDefaults(t.Context(), l); err != nil { // only the first time
			t.Fatal(err)
		}
		if l.views.Seq() != msg.Seq(6+restart) {
			t.Errorf("restart %d begins at command %d", restart, l.views.Seq())
		}
		if _, err := order(t.Context(), l, &msg.Command{Kind: msg.CreateAccount}); err != nil {
			t.Fatal(err)
		}
		if got := l.views.Accounts(); got != restart+2 {
			t.Errorf("restart %d: %d accounts", restart, got)
		}
		if err := l.pipeline.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDefaultsGoOn ends a start in the middle of making the default markets: the
// next one makes the rest.
func TestDefaultsGoOn(t *testing.T) {
	commands, err := defaultCommands()
	if err != nil {
		t.Fatal(err)
	}
	for made := range len(commands) + 1 {
		l := startedLive(t, t.TempDir(), pipeline.Options{})
		for i := range made {
			if _, err := order(t.Context(), l, &commands[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := addDefaults(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if l.views.Seq() != msg.Seq(len(commands)) || len(l.views.Symbols(nil)) != len(defaultSymbols()) {
			t.Errorf("after %d commands the rest made it %d", made, l.views.Seq())
		}
		if err := l.pipeline.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	// In an exchange with something else in it nothing is made.
	l := startedLive(t, t.TempDir(), pipeline.Options{})
	if _, err := order(t.Context(), l, &msg.Command{Kind: msg.CreateAccount}); err != nil {
		t.Fatal(err)
	}
	if err := addDefaults(t.Context(), l); err != nil || l.views.Seq() != 1 {
		t.Errorf("with an account there the views are at %d, %v", l.views.Seq(), err)
	}
	if err := l.pipeline.Stop(); err != nil {
		t.Fatal(err)
	}
}

// TestLiveErrors maps the ways in which a command gets no answer.
func TestLiveErrors(t *testing.T) {
	l := startedLive(t, t.TempDir(), pipeline.Options{MaxOrders: 1})
	if err := addDefaults(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	var r gateway.Result
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Do(ended, &msg.Command{Kind: msg.CreateAccount}, &r, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	if err := l.Do(t.Context(), &msg.Command{}, &r, nil); err == nil {
		t.Error("a command that is none was taken")
	}
	place := msg.Command{Kind: msg.Place, Account: 1, Symbol: 1, Price: 1_000_000, Qty: 100_000}
	for _, c := range []msg.Command{
		{Kind: msg.CreateAccount}, {Kind: msg.Credit, Account: 1, Asset: 3, Amount: 1e15, Transfer: 1}, place,
	} {
		if _, err := order(t.Context(), l, &c); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Do(t.Context(), &place, &r, nil); !errors.Is(err, gateway.ErrFull) {
		t.Errorf("a second order where one may be open: %v %+v", err, r)
	}
	if err := l.pipeline.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := l.Do(t.Context(), &msg.Command{Kind: msg.CreateAccount}, &r, nil); !errors.Is(err, gateway.ErrStopped) {
		t.Errorf("after the stop: %v", err)
	}
}

// TestLiveGivesUp abandons commands while they are under way: neither the result
// nor the seer may be touched afterwards, which the race detector would see.
func TestLiveGivesUp(t *testing.T) {
	l := startedLive(t, t.TempDir(), pipeline.Options{})
	random := rand.New(rand.NewPCG(1, 1))
	given := 0
	for i := range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		var r gateway.Result
		var s seer
		err := l.Do(ctx, &msg.Command{Kind: msg.CreateAccount}, &r, &s)
		if err != nil {
			given++
			r.Seq, s.seq = msg.Seq(random.Uint64()), msg.Seq(i)
		}
		cancel()
	}
	if given == 0 {
		t.Error("no command was given up")
	}
	if err := l.pipeline.Stop(); err != nil {
		t.Fatal(err)
	}
}

// TestLiveClock checks that a simulated clock stands, and never goes back.
func TestLiveClock(t *testing.T) {
	k := &liveClock{simulated: true}
	k.notBefore(100)
	k.notBefore(50)
	if got, err := k.advance(5); got != 105 || err != nil || k.now() != 105 {
		t.Errorf("advance: %d %v, now %d", got, err, k.now())
	}
	for _, by := range []int64{-1, 1<<63 - 100} {
		if _, err := k.advance(by); err == nil || k.now() != 105 {
			t.Errorf("advance by %d: %v, now %d", by, err, k.now())
		}
	}
}

// TestLiveAllocates promises that a command with a seer costs no memory.
func TestLiveAllocates(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	l := startedLive(t, t.TempDir(), pipeline.Options{Sync: pipeline.Sync{Mode: pipeline.SyncNever}})
	if err := addDefaults(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if _, err := order(t.Context(), l, &msg.Command{Kind: msg.CreateAccount}); err != nil {
		t.Fatal(err)
	}
	r := gateway.Result{Events: make([]msg.Event, 0, 8)}
	var s seer
	ctx := context.Background()
	c := msg.Command{Kind: msg.Credit, Account: 1, Asset: 1, Amount: 1}
	give := func() {
		c.Transfer++
		if err := l.Do(ctx, &c, &r, &s); err != nil {
			t.Error(err)
		}
	}
	for range 1000 {
		give()
	}
	if got := testing.AllocsPerRun(1000, give); got > 0 {
		t.Errorf("%v allocations a command", got)
	}
	if err := l.pipeline.Stop(); err != nil {
		t.Fatal(err)
	}
}
