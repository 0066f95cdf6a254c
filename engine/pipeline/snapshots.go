package pipeline

import (
	"errors"
	"fmt"
	"sync"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// snapshotter takes snapshots in the background: the previous one, the durable
// frames after it, a new one. The engine is never asked for its state, so it
// never pauses, and that the journal can be read is proven all the time.
type snapshotter struct {
	p       *Pipeline
	wake    chan struct{}
	wanted  chan chan taken
	quit    chan struct{}
	ended   sync.WaitGroup
	last    Position // at the last one that was due; of the journal goroutine
	lastNow int64
}

// taken is the outcome of one snapshot.
type taken struct {
	seq msg.Seq
	err error
}

// newSnapshotter counts from the snapshot that the state was recovered from, so
// that restarts do not put off the next one.
func newSnapshotter(p *Pipeline, from msg.Seq) *snapshotter {
	s := &snapshotter{
		p: p, wake: make(chan struct{}, 1), wanted: make(chan chan taken), quit: make(chan struct{}),
		last: p.written, lastNow: p.o.Clock(),
	}
	s.last.Seq = from
	return s
}

func (s *snapshotter) start() {
	s.ended.Add(1)
	go s.run()
}

// progress is told by the journal goroutine how far the journal is durable, and
// asks for a snapshot when one is due.
func (s *snapshotter) progress(at Position) {
	now := s.p.o.Clock()
	if !s.p.o.Snapshots.Due(snapshot.Progress{
		Commands: uint64(at.Seq - s.last.Seq), Bytes: uint64(at.Bytes - s.last.Bytes), Nanos: now - s.lastNow,
	}) {
		return
	}
	s.last, s.lastNow = at, now
	select {
	case s.wake <- struct{}{}:
	default: // one is under way, and will be followed by another when due again
	}
}

func (s *snapshotter) run() {
	defer s.ended.Done()
	for {
		select {
		case <-s.wake:
			if _, err := s.fold(); err != nil {
				s.failed(err)
			}
		case answer := <-s.wanted:
			seq, err := s.fold()
			answer <- taken{seq, err}
		case <-s.quit:
			return
		}
	}
}

// failed stops the exchange when the journal does not say what was written to
// it. A snapshot that could not be stored only costs a longer replay.
func (s *snapshotter) failed(err error) {
	var corrupt *journal.CorruptError
	var diverged *DivergedError
	if errors.As(err, &corrupt) || errors.As(err, &diverged) {
		s.p.fail(fmt.Errorf("background snapshot: %w", err))
		return
	}
	s.p.o.Warn(fmt.Sprintf("no snapshot was taken: %v", err))
}

// take asks for a snapshot and waits for it. With modes that do not sync always,
// the journal is synced first.
func (s *snapshotter) take() (msg.Seq, error) {
	if s.p.o.Sync.Mode != SyncAlways {
		synced := make(chan struct{})
		select {
		case s.p.syncNow <- synced:
			<-synced
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
	if !last {
		return
	}
	if _, err := s.fold(); err != nil {
		s.p.o.Warn(fmt.Sprintf("no snapshot was taken: %v", err))
	}
}

// fold takes one snapshot of the state at the durable position.
func (s *snapshotter) fold() (msg.Seq, error) {
	p := s.p
	to := p.Durable().Seq
	past, err := OpenPast(PastOptions{Dir: p.o.Dir, Views: p.o.Views, Room: p.o.Capacity, Warn: p.o.Warn})
	if err != nil {
		return 0, err
	}
	defer past.Close() //nolint:errcheck // it was only read
	if past.Engine.Seq() >= to {
		return past.Engine.Seq(), nil
	}
	if err := past.FoldTo(to, 0); err != nil {
		return 0, err
	}
	if _, err := snapshot.Write(vfs.OS(), SnapshotDir(p.o.Dir), past.snapshot()); err != nil {
		return 0, fmt.Errorf("write the snapshot of command %d: %w", to, err)
	}
	if err := snapshot.Retain(vfs.OS(), SnapshotDir(p.o.Dir), snapshot.Keep, nil); err != nil {
		return 0, fmt.Errorf("retain snapshots: %w", err)
	}
	return past.Engine.Seq(), nil
}

// snapshot returns the state of p, which has folded whole frames.
func (p *Past) snapshot() *snapshot.Snapshot {
	s := &snapshot.Snapshot{
		Meta: snapshot.Meta{
			Journal: p.reader.ID(), Seq: uint64(p.Engine.Seq()), Time: p.Engine.Time(), Digest: p.Engine.Digest(), Epoch: p.frame.Epoch,
			Frame: p.frame.Index, FrameHash: p.frame.Hash, Derivation: derivation,
		},
		Sections: []snapshot.Section{{Name: engineSection, Version: 0, Data: p.Engine.AppendState(nil)}},
	}
	if p.Views != nil {
		for _, v := range p.Views.Sections() {
			s.Sections = append(s.Sections, snapshot.Section{Name: v.Name(), Version: v.Version(), Data: v.AppendState(nil)})
		}
	}
	return s
}
