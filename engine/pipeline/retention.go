package pipeline

import (
	"errors"
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// Retention says how much of the journal is kept. The zero value keeps all of it,
// which is what any moment of the past, and an audit, need. What is removed is
// whole segments, the oldest first, each only when every bound that is set lets it
// go, and never what the oldest of the snapshots needs that are kept.
type Retention struct {
	Commands uint64 // the last so many commands stay; 0 = no bound
	Nanos    int64  // the commands of so long before the last one stay; 0 = no bound
	Bytes    int64  // segments go while the journal is larger; 0 = no bound
}

// Excess returns how many of the oldest segments may go from a journal that ends with
// command end at time now, when the oldest snapshot to begin from is of a sequence; 0
// is none.
func (r Retention) Excess(segments []journal.SegmentStart, end msg.Seq, now int64, oldest msg.Seq) (n int) {
	if r == (Retention{}) {
		return 0
	}
	var bytes int64
	for _, s := range segments {
		bytes += s.Bytes
	}
	for n+1 < len(segments) {
		// What a snapshot was taken after stays too: it tells the two apart from those
		// of another journal.
		next := &segments[n+1]
		if next.FirstSeq == 0 || msg.Seq(next.FirstSeq) > oldest || !r.spares(next, bytes, end, now) {
			return n
		}
		bytes -= segments[n].Bytes
		n++
	}
	return n
}

// spares reports whether the bounds can do without what lies before a segment, in a
// journal of so many bytes.
func (r Retention) spares(next *journal.SegmentStart, bytes int64, end msg.Seq, now int64) bool {
	return (r.Commands == 0 || next.FirstSeq <= uint64(end) && uint64(end)-next.FirstSeq+1 >= r.Commands) &&
		(r.Nanos == 0 || next.FirstTime <= now && now-next.FirstTime >= r.Nanos) &&
		(r.Bytes == 0 || bytes > r.Bytes)
}

// Removal is what was removed of a journal.
type Removal struct {
	Segments int
	Bytes    int64
	Oldest   msg.Seq // the first command that is kept
}

// removal asks the journal goroutine to remove what comes before a sequence.
type removal struct {
	before uint64
	done   chan int64 // gets how many bytes it was, or is closed
}

// retain removes what the bounds let go of the journal. It is called by whoever has
// just taken a snapshot, and reads those that are kept once more before anything
// goes: with less than snapshot.Keep good ones, nothing does. An error of the removal
// itself is the journal's, and ends the pipeline; any other only keeps more.
func (s *snapshotter) retain() {
	p := s.p
	if p.o.Retain == (Retention{}) {
		return
	}
	err := func() error {
		oldest, err := p.oldestSnapshot()
		if err != nil || oldest == 0 {
			return err
		}
		segments, err := journal.Outline(p.o.FS, JournalDir(p.o.Dir))
		if err != nil {
			return fmt.Errorf("look at the journal: %w", err)
		}
		at := p.Durable()
		n := p.o.Retain.Excess(segments, at.Seq, at.Time, oldest)
		if n == 0 {
			return nil
		}
		first := segments[n].FirstSeq
		if bytes, ok := s.remove(first); ok && p.o.Removed != nil {
			p.o.Removed(Removal{Segments: n, Bytes: bytes, Oldest: msg.Seq(first)})
		}
		return nil
	}()
	if err != nil {
		p.o.Warn(fmt.Sprintf("nothing was removed of the journal: %v", err))
	}
}

// remove has the journal goroutine remove what comes before a sequence. When the
// exchange stops in this moment nothing is removed.
func (s *snapshotter) remove(before uint64) (bytes int64, ok bool) {
	r := removal{before, make(chan int64, 1)}
	select {
	case s.p.removals <- r:
		bytes, ok = <-r.done
		return bytes, ok
	case <-s.p.done:
	case <-s.quit:
	}
	return 0, false
}

// oldestSnapshot reads all snapshots and returns the sequence of the oldest one of this
// journal that is whole, or 0 when there are fewer than are to be kept.
func (p *Pipeline) oldestSnapshot() (oldest msg.Seq, err error) {
	infos, err := snapshot.List(p.o.FS, SnapshotDir(p.o.Dir))
	if err != nil {
		return 0, fmt.Errorf("list snapshots: %w", err)
	}
	reader, err := journal.OpenReader(JournalDir(p.o.Dir), journal.ReaderOptions{FS: p.o.FS})
	if err != nil {
		return 0, fmt.Errorf("open the journal: %w", err)
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	past := Past{dir: JournalDir(p.o.Dir), reader: reader}
	good := 0
	for _, info := range infos {
		m, err := snapshot.Verify(p.o.FS, info.Path)
		if err != nil || past.usable(&m) != nil {
			continue
		}
		good, oldest = good+1, msg.Seq(m.Seq)
	}
	if good < snapshot.Keep {
		return 0, nil
	}
	return oldest, nil
}

// remove removes what a removal asks for.
func (p *Pipeline) remove(r removal) error {
	defer close(r.done)
	before := p.log.Bytes()
	if err := p.log.RemoveBefore(r.before); err != nil {
		return fmt.Errorf("remove what is before command %d: %w", r.before, err)
	}
	bytes := before - p.log.Bytes()
	p.written.Bytes -= bytes
	p.snapshots.last.Bytes -= bytes // it counts what was written since
	r.done <- bytes
	return nil
}
