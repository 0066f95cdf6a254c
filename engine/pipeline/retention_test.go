package pipeline

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// What may go is decided by the bounds and by the oldest snapshot, segment by segment.
func TestExcess(t *testing.T) {
	// Commands 1 to 1000 in ten segments of 100 commands, 100 ns and 50 bytes, then the
	// newest, which is empty.
	var segments []journal.SegmentStart
	for i := range uint64(10) {
		segments = append(segments, journal.SegmentStart{Bytes: 50, FirstSeq: 1 + i*100, FirstTime: 5000 + int64(i)*100})
	}
	segments = append(segments, journal.SegmentStart{})
	for _, c := range []struct {
		name   string
		keep   Retention
		oldest msg.Seq
		want   int
	}{
		{"everything", Retention{}, 1000, 0},
		{"the last command", Retention{Commands: 1}, 1000, 9},
		{"a segment's commands", Retention{Commands: 100}, 1000, 9},
		{"one more", Retention{Commands: 101}, 1000, 8},
		{"all commands", Retention{Commands: 1000}, 1000, 0},
		{"more than there are", Retention{Commands: 5000}, 1000, 0},
		{"a nanosecond", Retention{Nanos: 1}, 1000, 9},
		{"as long as a segment and a bit", Retention{Nanos: 199}, 1000, 8},
		{"as long as two segments", Retention{Nanos: 200}, 1000, 7},
		{"for ever", Retention{Nanos: 1 << 62}, 1000, 0},
		{"a byte", Retention{Bytes: 1}, 1000, 9},
		{"all bytes", Retention{Bytes: 500}, 1000, 0},
		{"a byte less", Retention{Bytes: 499}, 1000, 1},
		{"half of the bytes", Retention{Bytes: 250}, 1000, 5},
		{"the widest of three bounds", Retention{Commands: 150, Nanos: 500, Bytes: 1}, 1000, 4},
		{"what the snapshot needs", Retention{Commands: 1}, 450, 4},
		{"the snapshot's own frame", Retention{Commands: 1}, 401, 4},
		{"before the snapshot's own frame", Retention{Commands: 1}, 400, 3},
		{"no snapshot", Retention{Commands: 1}, 0, 0},
	} {
		if got := c.keep.Excess(segments, 1000, 5999, c.oldest); got != c.want {
			t.Errorf("%s: %d segments may go, want %d", c.name, got, c.want)
		}
	}
	if got := (Retention{Commands: 1}).Excess(nil, 0, 0, 0); got != 0 {
		t.Errorf("of no segments %d may go", got)
	}
}

// retained runs an exchange that keeps the last 200 commands, with segments and
// snapshots of a few, and returns what was removed and where it ended.
func retained(t *testing.T, o Options, n int) (removals []Removal, at Position) {
	t.Helper()
	o.Removed = func(r Removal) { removals = append(removals, r) }
	o.Snapshots = snapshot.Policy{Commands: 50}
	o.Segment = 1500
	p := start(t, o)
	if p.Durable().Seq == 0 {
		do(t, p, market()...)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		do(t, p, anyOrder(r, p.Published()))
		if i%100 == 99 {
			if _, err := p.TakeSnapshot(); err != nil {
				t.Fatal(err)
			}
		}
	}
	stop(t, p)
	return removals, p.Durable()
}

// Old segments go while commands come; what is kept is enough to go on from either
// snapshot and to look at every command that was to be kept.
func TestRetain(t *testing.T) {
	const keep = 200
	dir := t.TempDir()
	o := options(t, dir)
	o.Views = func() Views { return &counter{} }
	o.Retain = Retention{Commands: keep}
	for round := range 3 {
		removals, at := retained(t, o, 600)
		if len(removals) == 0 {
			t.Fatalf("round %d: nothing was removed", round)
		}
		oldest := removals[len(removals)-1].Oldest
		if kept := int(at.Seq-oldest) + 1; kept < keep || kept > keep+200 {
			t.Errorf("round %d: commands from %d to %d are kept", round, oldest, at.Seq)
		}
		segments, err := journal.Outline(vfs.OS(), JournalDir(dir))
		if err != nil || msg.Seq(segments[0].FirstSeq) != oldest {
			t.Fatalf("round %d: the journal begins with %+v, %v", round, segments[0], err)
		}
		if report, err := journal.Verify(JournalDir(dir), nil); err != nil || msg.Seq(report.FirstSeq) != oldest || msg.Seq(report.LastSeq) != at.Seq {
			t.Fatalf("round %d: %+v, %v", round, report, err)
		}
		infos, err := snapshot.List(vfs.OS(), SnapshotDir(dir))
		if err != nil || len(infos) != snapshot.Keep {
			t.Fatal(infos, err)
		}
		for _, info := range infos {
			past, err := OpenPast(PastOptions{Dir: dir, To: msg.Seq(info.Seq), Views: o.Views})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(past.FoldTo(0), past.Close()); err != nil || uint64(past.Start()) != info.Seq || past.Engine.Digest() != at.Digest {
				t.Errorf("round %d: from snapshot %d to %d, %v", round, info.Seq, past.Engine.Seq(), err)
			}
		}
		earliest, err := OpenEarliest(PastOptions{Dir: dir, Views: o.Views, To: at.Seq, Genesis: true})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := earliest.Start(), msg.Seq(infos[len(infos)-1].Seq); got != want {
			t.Errorf("round %d: it begins at snapshot %d, the oldest one is %d", round, got, want)
		}
		if err := errors.Join(earliest.FoldTo(0), earliest.Close()); err != nil || earliest.Engine.Digest() != at.Digest {
			t.Errorf("round %d: from the earliest state to %d, %v", round, earliest.Engine.Seq(), err)
		}
		// Before that nothing is left to begin from, and that is what is said.
		past, err := OpenPast(PastOptions{Dir: dir, Genesis: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := past.FoldTo(0); err == nil || !strings.Contains(err.Error(), "no longer kept") {
			t.Errorf("round %d: from the beginning: %v", round, err)
		}
		if err := past.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// With no bound nothing goes, however many snapshots there are.
func TestRetainAll(t *testing.T) {
	dir := t.TempDir()
	removals, at := retained(t, options(t, dir), 400)
	report, err := journal.Verify(JournalDir(dir), nil)
	if err != nil || len(removals) != 0 || report.FirstSeq != 1 || msg.Seq(report.LastSeq) != at.Seq || len(report.Segments) < 5 {
		t.Errorf("%d removals, %+v, %v", len(removals), report, err)
	}
	earliest, err := OpenEarliest(PastOptions{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if earliest.Start() != 0 || earliest.Engine.Seq() != 0 {
		t.Errorf("with all kept it begins after command %d", earliest.Engine.Seq())
	}
	if err := earliest.Close(); err != nil {
		t.Fatal(err)
	}
}

// Where no snapshot reaches back to what is kept, there is nothing to begin from.
func TestOpenEarliestWithoutSnapshots(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.Retain = Retention{Commands: 200}
	if removals, _ := retained(t, o, 600); len(removals) == 0 {
		t.Fatal("nothing was removed")
	}
	if err := os.RemoveAll(SnapshotDir(dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenEarliest(PastOptions{Dir: dir}); err == nil || !strings.Contains(err.Error(), "no longer kept") {
		t.Errorf("opened with %v", err)
	}
}

// Where one of the two snapshots cannot be read nothing goes, because the other one
// would be the only way into what is left.
func TestRetainNeedsTwoSnapshots(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.Snapshots, o.Segment = snapshot.Policy{}, 1500
	spoiled := &spoiledSnapshots{FS: vfs.OS()}
	o.FS = spoiled
	o.Retain = Retention{Commands: 1}
	p := start(t, o)
	do(t, p, market()...)
	r := rand.New(rand.NewPCG(2, 2))
	var removed atomic.Int64
	p.o.Removed = func(Removal) { removed.Add(1) }
	step := func() {
		for range 100 {
			do(t, p, anyOrder(r, p.Published()))
		}
		if _, err := p.TakeSnapshot(); err != nil {
			t.Fatal(err)
		}
	}
	step()
	if removed.Load() != 0 {
		t.Error("with one snapshot something was removed")
	}
	spoiled.seq.Store(1)
	step()
	step()
	if removed.Load() != 0 {
		t.Error("with a snapshot that cannot be read something was removed")
	}
	spoiled.seq.Store(0)
	step()
	if removed.Load() == 0 {
		t.Error("with two good snapshots nothing was removed")
	}
	stop(t, p)
}

// spoiledSnapshots is a file system on which the oldest snapshot reads with a bit
// flipped, as long as seq is not 0.
type spoiledSnapshots struct {
	vfs.FS

	seq atomic.Int64
}

func (s *spoiledSnapshots) OpenFile(name string, flag int, perm os.FileMode) (vfs.File, error) {
	f, err := s.FS.OpenFile(name, flag, perm)
	if err != nil || s.seq.Load() == 0 || flag != os.O_RDONLY || !strings.HasSuffix(name, ".snap") {
		return f, err //nolint:wrapcheck // as it came
	}
	dir := name[:strings.LastIndexByte(name, '/')]
	names, lerr := s.ReadDir(dir)
	if lerr != nil || slices.Index(names, name[len(dir)+1:]) != 0 {
		return f, lerr //nolint:wrapcheck // as it came
	}
	return spoiledFile{f}, nil
}

type spoiledFile struct{ vfs.File }

func (f spoiledFile) Read(b []byte) (int, error) {
	n, err := f.File.Read(b)
	if n > 0 {
		b[n-1] ^= 1
	}
	if errors.Is(err, io.EOF) {
		return n, io.EOF
	}
	return n, err //nolint:wrapcheck // as it came
}
