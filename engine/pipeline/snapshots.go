package pipeline

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// snapshotter takes snapshots in the background: the previous one, the durable
// frames after it, a new one. The engine is never asked for its state, so it
// never pauses, and that the journal can be read is proven all the time.
type snapshotter struct {
	p      *Pipeline
	wake   chan struct{}   // holds a token when one is due
	wanted chan chan taken // asks for one
	quit   chan struct{}
	ended  sync.WaitGroup

	covered atomic.Uint64 // the sequence that the newest is of, or at which one was tried
	folded  chan struct{} // holds a token when that has changed

	// Of the journal goroutine.
	last    Position // at the last one that was due
	lastNow int64
	full    bool // there was no room for one
}

// taken is the outcome of one snapshot.
type taken struct {
	seq msg.Seq
	err error
}

// newSnapshotter counts commands from the snapshot that the state was recovered
// from, so that restarts do not put off the next one for ever. Bytes and time
// are counted from the start.
func newSnapshotter(p *Pipeline, from msg.Seq) *snapshotter {
	s := &snapshotter{
		p: p, wake: make(chan struct{}, 1), wanted: make(chan chan taken), quit: make(chan struct{}), folded: make(chan struct{}, 1),
		last: p.written, lastNow: p.o.Clock(),
	}
	s.last.Seq = from
	s.covered.Store(uint64(from))
	return s
}

func (s *snapshotter) start() {
	s.ended.Add(1)
	go s.run()
}

// due reports whether the policy wants a snapshot now that the journal has been
// written to this position. If one is still under way by then, it is followed by
// another.
func (s *snapshotter) due(at Position) bool {
	if s.full = s.p.storage.low(); s.full {
		return false // until there is room again
	}
	now := s.p.o.Clock()
	if !s.p.o.Snapshots.Due(snapshot.Progress{
		Commands: uint64(at.Seq - s.last.Seq), Bytes: uint64(at.Bytes - s.last.Bytes), Nanos: now - s.lastNow,
	}) {
		return false
	}
	s.last, s.lastNow = at, now
	return true
}

// behind reports whether the newest snapshot lags behind the journal by more than the
// policy allows. One that could not be taken holds nothing up: it only costs a longer
// replay. Nor does a disk that is too full for one.
func (s *snapshotter) behind(at Position) bool {
	most := s.p.o.Snapshots.Lag
	return most > 0 && !s.full && uint64(at.Seq) > s.covered.Load()+most
}

func (s *snapshotter) run() {
	defer s.ended.Done()
	for {
		select {
		case <-s.wake:
			_, _ = s.fold() // it has told whoever must know
		case answer := <-s.wanted:
			seq, err := s.fold()
			answer <- taken{seq, err}
		case <-s.quit:
			return
		}
	}
}

// take asks for a snapshot and waits for it. With modes that do not sync always,
// the journal is synced first.
func (s *snapshotter) take() (msg.Seq, error) {
	if s.p.o.Sync.Mode != SyncAlways {
		synced := make(chan error, 1)
		select {
		case s.p.syncNow <- synced:
			if err := <-synced; err != nil {
				return 0, err
			}
		case <-s.p.done:
			return 0, ErrStopped
		case <-s.quit:
			return 0, ErrStopped
		}
	}
	answer := make(chan taken, 1)
	select {
	case s.wanted <- answer:
		t := <-answer
		return t.seq, t.err
	case <-s.quit:
		return 0, ErrStopped
	}
}

// stop ends the goroutine and takes a last snapshot if last is set.
func (s *snapshotter) stop(last bool) {
	close(s.quit)
	s.ended.Wait()
	if last {
		_, _ = s.fold() // it has told whoever must know
	}
}

// fold takes one snapshot of the state at the durable position. A journal that
// does not say what was written to it stops the exchange; a snapshot that could
// not be stored only costs a longer replay, and is warned of.
func (s *snapshotter) fold() (seq msg.Seq, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the snapshot panicked: %v\n%s", r, debug.Stack())
			s.p.fail(err)
		}
	}()
	seq, err = s.try(s.p.Durable().Seq)
	var corrupt *journal.CorruptError
	var diverged *DivergedError
	var panicked *PanicError
	switch {
	case errors.As(err, &panicked):
		s.p.fail(err)
	case errors.As(err, &corrupt) || errors.As(err, &diverged):
		s.p.fail(fmt.Errorf("background snapshot: %w", err))
	case err != nil:
		s.p.o.Warn(fmt.Sprintf("no snapshot was taken: %v", err))
	default:
		s.retain()
	}
	return seq, err
}

// try takes a snapshot of a sequence, and tells the journal when it was tried.
func (s *snapshotter) try(to msg.Seq) (msg.Seq, error) {
	defer func() {
		s.covered.Store(uint64(to))
		token(s.folded)
	}()
	return s.p.snapshotAt(to)
}

// snapshotAt writes the snapshot of a sequence at which a frame ends.
func (p *Pipeline) snapshotAt(to msg.Seq) (msg.Seq, error) {
	if p.storage.low() {
		return 0, ErrStorage
	}
	past, err := OpenPast(PastOptions{Dir: p.o.Dir, FS: p.o.FS, To: to, Views: p.o.Views, Room: p.o.Capacity, Warn: p.o.Warn})
	if err != nil {
		return 0, err
	}
	defer past.Close() //nolint:errcheck // it was only read
	if past.Start() == to {
		return to, nil
	}
	if err := p.foldTo(stageSnapshot, past, to); err != nil {
		return 0, err
	}
	if got := past.Engine.Seq(); got != to {
		return 0, &journal.CorruptError{
			File: JournalDir(p.o.Dir), Seq: uint64(got) + 1, Reason: fmt.Sprintf("the journal ends after command %d, and command %d was durable", got, to),
		}
	}
	if _, err := snapshot.Write(p.storage.spare(p.o.FS), SnapshotDir(p.o.Dir), past.snapshot()); err != nil {
		return 0, fmt.Errorf("write the snapshot of command %d: %w", to, err)
	}
	if err := snapshot.Retain(p.o.FS, SnapshotDir(p.o.Dir), snapshot.Keep, past.usable); err != nil {
		return 0, fmt.Errorf("retain snapshots: %w", err)
	}
	return to, nil
}

// snapshot returns the state of p, which has folded whole frames.
func (p *Past) snapshot() *snapshot.Snapshot {
	s := &snapshot.Snapshot{
		Meta: snapshot.Meta{
			Journal: p.reader.ID(), Seq: uint64(p.Engine.Seq()), Time: p.Engine.Time(), Digest: p.Engine.Digest(), Epoch: p.frame.Epoch,
			Frame: p.frame.Index, FrameHash: p.frame.Hash, Derivation: derivation,
		},
		Sections: []snapshot.Section{{Name: engineSection, Version: engine.StateVersion, Data: p.Engine.AppendState(nil)}},
	}
	if p.Views != nil {
		for _, v := range p.Views.Sections() {
			s.Sections = append(s.Sections, snapshot.Section{Name: v.Name(), Version: v.Version(), Data: v.AppendState(nil)})
		}
	}
	return s
}
