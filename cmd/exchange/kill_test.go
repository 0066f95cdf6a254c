package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// rounds is an exchange that goes through one end after the other: power cuts, or
// kills. Its data directory is filled for some rounds, then another one is begun.
type rounds struct {
	t       *testing.T
	program theProgram
	dir     func() string // of the data; another one after renew
	renew   func()

	perDirectory int // rounds

	outside *outside
	traders []*tallied
	last    *kept // what the newest check found
	filled  int   // rounds of the directory

	total roundsTotal
}

// roundsTotal is what came of all rounds.
type roundsTotal struct {
	ends       int // power cuts, or kills
	recovering int // of them while it recovered
	snapshots  int // of them after which a snapshot was found half written
	torn       int // of them after which a torn end was set aside
	acks       int
	happened   int // requests without an answer that had happened
	trades     int // shown
	digests    int // told
	alone      int // ends of the process by itself
	violations int
	restarts   []time.Duration
}

func (a *roundsTotal) add(b *roundsTotal) {
	a.ends += b.ends
	a.recovering += b.recovering
	a.snapshots += b.snapshots
	a.torn += b.torn
	a.acks += b.acks
	a.happened += b.happened
	a.trades += b.trades
	a.digests += b.digests
	a.alone += b.alone
	a.violations += b.violations
	a.restarts = append(a.restarts, b.restarts...)
}

// percentile returns a percentile of restarts.
func (a *roundsTotal) percentile(p int) time.Duration {
	if len(a.restarts) == 0 {
		return 0
	}
	slices.Sort(a.restarts)
	return a.restarts[min(len(a.restarts)*p/100, len(a.restarts)-1)]
}

// String is for a note.
func (a *roundsTotal) String() string {
	return fmt.Sprintf("%d requests granted, %d unanswered ones had happened, %d trades shown, %d digests told; %d ends while a snapshot was written, %d torn ends set aside; ready again after %v, p99 %v",
		a.acks, a.happened, a.trades, a.digests, a.snapshots, a.torn, a.percentile(50).Round(time.Millisecond), a.percentile(99).Round(time.Millisecond))
}

const (
	shownProblems = 5  // of a round
	maxLoadMS     = 60 // that a round lasts, once some requests were granted
	fewAcks       = 8
)

// violated notes that the promise is broken.
func (r *rounds) violated(problems ...string) {
	r.total.violations++
	for _, p := range problems[:min(len(problems), shownProblems)] {
		r.t.Logf("after end %d: %s", r.total.ends, p)
	}
}

// begin starts an exchange on an empty data directory and makes its accounts.
func (r *rounds) begin() (*talliedServer, error) {
	r.closeTally()
	r.renew()
	r.outside, r.last, r.filled = newOutside(), nil, 0
	s, err := r.program.serve(r.dir())
	if err != nil {
		return nil, err
	}
	if r.traders, err = s.crowdOf(r.t.Context(), r.outside); err != nil {
		s.kill()
		return nil, err
	}
	return s, nil
}

// closeTally sums up what was known of a data directory.
func (r *rounds) closeTally() {
	if r.outside == nil {
		return
	}
	r.total.acks += r.outside.granted
	r.total.trades += len(r.outside.trades)
	r.total.digests += len(r.outside.digests)
	aside, _ := filepath.Glob(filepath.Join(r.dir(), "journal", "*.broken-*"))
	r.total.torn += len(aside)
	if r.last != nil {
		r.total.happened += r.last.happened
	}
}

// again starts the exchange after its end, and holds what it has against what is
// known outside. Sometimes the traders come with the keys that they have, which must
// work; for these the exchange waits a second, so they mostly get new ones.
func (r *rounds) again(flags ...string) (*talliedServer, error) {
	keep := rand.IntN(8) == 0
	if !keep {
		if err := os.Remove(filepath.Join(r.dir(), keysFile)); err != nil {
			return nil, err
		}
	}
	r.traces()
	s, err := r.program.serve(r.dir(), flags...)
	if err != nil {
		return nil, err
	}
	if !keep {
		r.total.restarts = append(r.total.restarts, s.took)
		err = s.giveKeys(r.t.Context(), r.traders)
	}
	if err == nil {
		r.last, err = r.outside.check(r.dir())
	}
	if err == nil {
		err = s.lookBack(r.t.Context(), r.last, r.traders)
	}
	if err != nil {
		s.kill()
		return nil, err
	}
	if len(r.last.problems) > 0 {
		r.violated(r.last.problems...)
	}
	return s, nil
}

// traces counts what the end has left half done.
func (r *rounds) traces() {
	if half, _ := filepath.Glob(filepath.Join(r.dir(), "snapshot", "*.tmp")); len(half) > 0 {
		r.total.snapshots++
	}
}

// talliedFlags are those of a round: in every other one snapshots are frequent.
func talliedFlags(round int) []string {
	if round%2 == 0 {
		return nil
	}
	return []string{"--snapshot-commands", "20", "--snapshot-pause", "1ms"}
}

// kills goes through kills of the process in a plain directory, every fourth of them
// while it recovers.
func (r *rounds) kills(n int) error {
	for r.total.ends < n {
		s, err := r.load()
		if err != nil {
			return err
		}
		s.kill()
		r.total.ends++
		for r.total.ends < n && r.filled < r.perDirectory && rand.IntN(4) == 0 {
			if err := r.killRecovering(s.took); err != nil {
				return err
			}
		}
	}
	return r.finish()
}

// load starts the exchange, on another directory when this one has seen enough, and
// returns at some moment while it is under load.
func (r *rounds) load() (s *talliedServer, err error) {
	if r.outside == nil || r.filled >= r.perDirectory {
		s, err = r.begin()
	} else {
		s, err = r.again(talliedFlags(r.filled)...)
	}
	if err != nil {
		return nil, r.failed(err)
	}
	r.filled++
	if err := s.open(r.outside, r.traders, r.filled%3 == 1); err != nil {
		s.kill()
		return nil, r.failed(err)
	}
	if rand.IntN(4) > 0 {
		r.outside.await(fewAcks) // on a slow machine nothing might have happened yet
	}
	time.Sleep(time.Duration(rand.IntN(maxLoadMS)) * time.Millisecond) // no moment is chosen
	return s, nil
}

// finish starts the exchange once more, after its last end.
func (r *rounds) finish() error {
	s, err := r.again()
	if err != nil {
		return r.failed(err)
	}
	s.kill()
	r.closeTally()
	return nil
}

// failed notes that an exchange does not go on after its end.
func (r *rounds) failed(err error) error {
	r.violated(err.Error())
	return fmt.Errorf("after end %d: %w", r.total.ends, err)
}

// killRecovering starts the process and kills it before it is ready, or hardly after.
func (r *rounds) killRecovering(took time.Duration) error {
	s, ready, err := r.program.start(r.dir())
	if err != nil {
		return err
	}
	select {
	case err := <-ready:
		if err != nil {
			r.violated(err.Error())
		}
	case <-time.After(rand.N(took)):
		r.total.recovering++
	}
	s.kill()
	r.total.ends++
	r.filled++
	return nil
}

// TestPromiseKill kills the exchange under load again and again, by signal 9, also
// while it recovers and while it writes snapshots. What was granted or shown is there,
// what is there was sent, and the state is what the journal gives when it is executed
// again.
//
// A kill takes nothing of what was written, because the system's memory outlives the
// process: so this shows that a restart works from any point, and not that anything
// was synced. TestPromisePowerCut shows that.
func TestPromiseKill(t *testing.T) {
	p := promise.Begin(t, "D2")
	n := promise.Scale(8, 100, 1000)
	base, dirs := t.TempDir(), 0
	r := &rounds{t: t, program: thisProgram(t).remembering(), perDirectory: 25, renew: func() { dirs++ }}
	r.dir = func() string { return filepath.Join(base, strconv.Itoa(dirs)) }
	defer func() {
		p.Add(r.total.ends, r.total.violations)
		p.Note(fmt.Sprintf("%d kills while it recovered; %v", r.total.recovering, &r.total))
	}()
	if err := r.kills(n); err != nil {
		t.Error(err)
	}
	if r.total.violations > 0 {
		t.Errorf("the promise was broken after %d of %d kills", r.total.violations, r.total.ends)
	}
	if r.total.acks < n || n >= 100 && (r.total.recovering*10 < n || r.total.snapshots == 0) {
		t.Errorf("%d kills, %d of them while it recovered, %d during a snapshot, %d requests granted: too few to prove anything",
			r.total.ends, r.total.recovering, r.total.snapshots, r.total.acks)
	}
}
