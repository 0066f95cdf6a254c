package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// TestRulesAreComplete goes through all facts there can be: exactly one rule must cover each, and the verdict must follow from
// three sentences that do not look like the table.
func TestRulesAreComplete(t *testing.T) {
	for n := range 1 << 10 {
		has := func(bit int) bool { return n>>bit&1 == 1 }
		f := facts{has(0), has(1), has(2), has(3), has(4), has(5), has(6), has(7), has(8), has(9)}
		bits := f.bits()
		covering := 0
		for i := range rules {
			if rules[i].covers(bits) {
				covering++
			}
		}
		if covering != 1 {
			t.Errorf("%s is covered by %d rules", bits[:], covering)
			continue
		}

		good := f.sound && f.known && f.ours && f.fits && f.whole && !f.denied
		unfinished := f.newest && !f.clean && !f.promised
		strange := f.sound && (!f.known || !f.ours || !f.fits && f.first || f.fits && f.whole && f.denied)
		want := refuse
		switch {
		case good:
			want = keep
		case unfinished && !strange:
			want = cut
		}
		if got := judge(&f).verdict; got != want {
			t.Errorf("%s: verdict %d, want %d", bits[:], got, want)
		}
	}
}

// journalFrames is the size of the journals that are damaged in every way: two full segments and one with three frames.
const journalFrames = 13

// opens opens the journal for writing and expects the first n frames, then goes on writing and expects those too.
func opens(t *testing.T, fsys *vfs.Mem, n int, wantWarning bool) {
	t.Helper()
	o := memOptions(fsys)
	warned := ""
	o.Warn = func(s string) { warned = s }
	w, err := Open(testDir, o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	if got := readFrames(t, fsys, testDir); got != n {
		t.Fatalf("journal has %d frames, want %d", got, n)
	}
	if (warned != "") != wantWarning {
		t.Fatalf("warning is %q, wanted: %v", warned, wantWarning)
	}
	appendFrames(t, w, n+1, n+3)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := verify(fsys, testDir, nil, true)
	if err != nil || report.Frames != uint64(n+3) || !report.Clean {
		t.Fatalf("verify after going on: %+v, %v", report, err)
	}
}

// refuses expects that nobody accepts the journal, that the error names file, offset and sequence as wanted (offset or sequence
// -1: any), and that nothing in the directory changes.
func refuses(t *testing.T, fsys *vfs.Mem, file string, offset, seq int) {
	t.Helper()
	before := contents(t, fsys)
	_, openErr := Open(testDir, memOptions(fsys))
	_, verifyErr := verify(fsys, testDir, nil, true)
	for what, err := range map[string]error{"open": openErr, "verify": verifyErr} {
		var c *CorruptError
		if !errors.As(err, &c) {
			t.Fatalf("%s: %v, want a CorruptError in %s", what, err, file)
		}
		if c.File != filepath.Join(testDir, file) || offset >= 0 && c.Offset != int64(offset) || seq >= 0 && c.Seq != uint64(seq) || c.Reason == "" {
			t.Fatalf("%s: %v\nwant file %s, offset %d, sequence %d", what, c, file, offset, seq)
		}
		for _, part := range []string{c.File, fmt.Sprintf("offset %d", c.Offset), fmt.Sprintf("sequence %d", c.Seq), c.Reason} {
			if !strings.Contains(c.Error(), part) {
				t.Fatalf("%s: message %q lacks %q", what, c.Error(), part)
			}
		}
	}
	after := contents(t, fsys)
	delete(after, lockName) // the only file that Open makes before it knows
	for name, b := range before {
		if !bytes.Equal(b, after[name]) {
			t.Fatalf("a refused journal was changed: %s", name)
		}
	}
	if len(after) > len(before) {
		t.Fatalf("a refused journal got more files: %d, then %d", len(before), len(after))
	}
}

// readerFails expects a CorruptError from a Reader.
func readerFails(t *testing.T, fsys *vfs.Mem) {
	t.Helper()
	r, err := OpenReader(testDir, ReaderOptions{FS: fsys})
	var f Frame
	for err == nil {
		err = r.Next(&f)
	}
	var c *CorruptError
	if !errors.As(err, &c) {
		t.Fatalf("reader: %v, want a CorruptError", err)
	}
	if r != nil {
		if again := r.Next(&f); !errors.Is(again, c) {
			t.Fatalf("reader goes on after %v: %v", err, again)
		}
	}
}

func contents(t *testing.T, fsys *vfs.Mem) map[string][]byte {
	t.Helper()
	names, err := fsys.ReadDir(testDir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, name := range names {
		if name != lockName {
			all[name] = readAll(t, fsys, name)
		}
	}
	return all
}

// kept expects that the original of a cut segment was kept.
func kept(t *testing.T, fsys *vfs.Mem, segment string, original []byte) {
	t.Helper()
	names, err := fsys.ReadDir(testDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasPrefix(name, segment+".broken-") && bytes.Equal(readAll(t, fsys, name), original) {
			return
		}
	}
	t.Fatalf("the original of %s is not among %v", segment, names)
}

// TestOriginalNotKept fails at every operation on the copy of a torn segment, as a full disk does: the start fails, leaves no part
// of a copy and the segment as it was, and the next one recovers.
func TestOriginalNotKept(t *testing.T) {
	disk := memJournal(t, journalFrames, false)
	segments := segmentNames(t, disk)
	newest := segments[len(segments)-1]
	original := readAll(t, disk, newest)
	original = original[:len(original)-1]
	writeAll(t, disk, newest, original)
	for _, kind := range []string{"open", "write", "sync", "close"} {
		fsys := disk.Clone()
		fault := func(op vfs.Op) error {
			if op.Kind == kind && strings.Contains(op.Name, ".broken-") {
				return vfs.ErrInjected
			}
			return nil
		}
		if _, err := Open(testDir, memOptions(vfs.NewFaulty(fsys, fault))); !errors.Is(err, vfs.ErrInjected) {
			t.Errorf("%s fails: opened with %v", kind, err)
		}
		for name := range contents(t, fsys) {
			if strings.Contains(name, ".broken-") {
				t.Errorf("%s fails: %s is left", kind, name)
			}
		}
		if !bytes.Equal(readAll(t, fsys, newest), original) {
			t.Errorf("%s fails: %s is another", kind, newest)
		}
		opens(t, fsys, journalFrames-1, true)
		kept(t, fsys, newest, original)
	}
}

func TestTruncationAtEveryByte(t *testing.T) {
	for _, closed := range []bool{false, true} {
		disk := memJournal(t, journalFrames, closed)
		where := places(t, disk)
		segments := segmentNames(t, disk)
		newest := segments[len(segments)-1]
		if where[len(where)-1].segment != newest || len(segments) < 3 {
			t.Fatalf("the journal is not the one wanted: %d segments, last frame in %s", len(segments), where[len(where)-1].segment)
		}
		for _, segment := range segments {
			original := readAll(t, disk, segment)
			for size := range sampled(0, len(original)) {
				fsys := disk.Clone()
				writeAll(t, fsys, segment, original[:size])
				whole, boundary := 0, size == 0 // frames before the cut; whether it falls between two
				var next place                  // the first frame lost
				for _, p := range where {
					if p.segment < segment || p.segment == segment && p.end <= size {
						whole++
						boundary = boundary || p.segment == segment && p.end == size
						continue
					}
					next = p
					break
				}
				switch {
				case !closed && segment == newest:
					opens(t, fsys, whole, !boundary)
					if !boundary {
						kept(t, fsys, segment, original[:size])
					}
				case segment == newest:
					refuses(t, fsys, segment, next.start, int(next.seq))
					readerFails(t, fsys)
				case boundary: // then what is missing would lie in a segment that is not there
					refuses(t, fsys, segmentName(uint64(whole+1)), 0, int(next.seq))
					readerFails(t, fsys)
				default:
					refuses(t, fsys, segment, next.start, int(next.seq))
					readerFails(t, fsys)
				}
			}
		}
	}
}

// TestEveryBitFlipped has Verify name each flipped bit, or take the tail for torn. Every seventh one, which is each bit of a byte
// in turn, is also opened for writing and read; with EXCHANGE_LONG=1 every one is.
func TestEveryBitFlipped(t *testing.T) {
	long := os.Getenv("EXCHANGE_LONG") != ""
	for _, closed := range []bool{false, true} {
		disk := memJournal(t, journalFrames, closed)
		where := places(t, disk)
		last := where[len(where)-1]
		for bit := range sampled(0, positionBytes*8) {
			b := readAll(t, disk, positionName)
			b[bit/8] ^= 1 << (bit % 8)
			fsys := disk.Clone()
			writeAll(t, fsys, positionName, b)
			refuses(t, fsys, positionName, 0, 0)
		}
		damaged := disk.Clone()
		for _, p := range where {
			original := readAll(t, disk, p.segment)
			for bit := range sampled(p.start*8, p.end*8) {
				b := slices.Clone(original)
				b[bit/8] ^= 1 << (bit % 8)
				if sampling == 1 && bit%7 != 0 && !long {
					writeAll(t, damaged, p.segment, b)
					if !closed && p == last {
						verifyTears(t, damaged, journalFrames-1)
					} else {
						verifyNames(t, damaged, p)
					}
					continue
				}
				fsys := disk.Clone()
				writeAll(t, fsys, p.segment, b)
				if !closed && p == last {
					opens(t, fsys, journalFrames-1, true)
					kept(t, fsys, p.segment, b)
					continue
				}
				refuses(t, fsys, p.segment, p.start, int(p.seq))
				readerFails(t, fsys)
			}
			writeAll(t, damaged, p.segment, original)
		}
	}
}

// verifyNames expects that Verify says where the damaged frame lies.
func verifyNames(t *testing.T, fsys vfs.FS, p place) {
	t.Helper()
	_, err := verify(fsys, testDir, nil, true)
	var c *CorruptError
	if !errors.As(err, &c) || c.File != filepath.Join(testDir, p.segment) || c.Offset != int64(p.start) || c.Seq != p.seq {
		t.Fatalf("verify: %v, want a CorruptError in %s at offset %d, sequence %d", err, p.segment, p.start, p.seq)
	}
}

// verifyTears expects that Verify takes what lies after frame n for a torn tail.
func verifyTears(t *testing.T, fsys vfs.FS, n int) {
	t.Helper()
	report, err := verify(fsys, testDir, nil, true)
	if err != nil || report.Torn == "" || report.Frames != uint64(n) {
		t.Fatalf("verify: %+v, %v, want a torn tail after %d frames", report, err, n)
	}
}

// damages returns the ways in which frame p of a segment is damaged, and the segment's end with it.
func damages(segment []byte, p place) map[string][]byte {
	all := map[string][]byte{"missing": segment[:p.start], "cut": segment[:p.end-1]}
	for name, at := range map[string]int{"prefix": p.start, "header": p.start + 50, "payload": p.end - 10, "checksum": p.end - 1} {
		b := slices.Clone(segment)
		b[at] ^= 4
		all[name] = b
	}
	return all
}

// TestRotInTheLastSync flips each bit of a crashed journal whose last four frames had one Sync: rot in one of these four cuts it
// and those that follow, although they were durable. Rot in the frames of earlier syncs, which a header promises, is refused.
func TestRotInTheLastSync(t *testing.T) {
	disk := groupJournal(t)
	where := places(t, disk)
	original := readAll(t, disk, where[0].segment)
	for i, p := range where {
		for bit := range sampled(p.start*8, p.end*8) {
			b := slices.Clone(original)
			b[bit/8] ^= 1 << (bit % 8)
			writeAll(t, disk, p.segment, b)
			if i >= groupedSynced {
				verifyTears(t, disk, i)
			} else {
				verifyNames(t, disk, p)
			}
		}
	}
}

// TestDurableFrame damages each frame of a crashed journal while the caller promises each: damage at or before that frame, and
// an end before it, is refused before anything is cut. Damage after it is treated as without a promise.
func TestDurableFrame(t *testing.T) {
	disk := groupJournal(t)
	where := places(t, disk)
	segment := readAll(t, disk, where[0].segment)
	for i, p := range where {
		for name, damaged := range damages(segment, p) {
			for promised := range uint64(groupedFrames + 2) {
				fsys := disk.Clone()
				writeAll(t, fsys, p.segment, damaged)
				before := contents(t, fsys)
				o := memOptions(fsys)
				o.Promised = promised
				w, err := Open(testDir, o)
				story := fmt.Sprintf("frame %d %s, frame %d promised", i+1, name, promised)
				ends := name == "missing" || name == "cut" // then the headers that promise more are missing too
				if promised <= uint64(i) && (ends || i >= groupedSynced) {
					if err != nil || w.Frames() != uint64(i) {
						t.Fatalf("%s: %v, want %d frames", story, err, i)
					}
					continue
				}
				var c *CorruptError
				if !errors.As(err, &c) || c.Offset != int64(p.start) || c.Seq != p.seq || c.File != filepath.Join(testDir, p.segment) {
					t.Fatalf("%s: %v, want a CorruptError at offset %d, sequence %d", story, err, p.start, p.seq)
				}
				if diff := cmp.Diff(before, contents(t, fsys)); diff != "" {
					t.Fatalf("%s: the refused journal was changed:\n%s", story, diff)
				}
			}
		}
	}
}

// TestNoDamageIsPromised has the caller promise a frame of a whole journal, of one that is not there, and one frame too many.
func TestNoDamageIsPromised(t *testing.T) {
	for _, closed := range []bool{false, true} {
		for promised := range uint64(journalFrames + 2) {
			o := memOptions(memJournal(t, journalFrames, closed))
			o.Promised = promised
			_, err := Open(testDir, o)
			var c *CorruptError
			if tooMany := promised > journalFrames; errors.As(err, &c) != tooMany || (err != nil) != tooMany {
				t.Errorf("frame %d promised of %d, closed %v: %v", promised, journalFrames, closed, err)
			}
		}
	}
	fsys := vfs.NewMem()
	o := memOptions(fsys)
	o.Promised = 1
	_, err := Open(testDir, o)
	var c *CorruptError
	if !errors.As(err, &c) || c.File != filepath.Join(testDir, positionName) {
		t.Errorf("no journal where frame 1 is promised: %v", err)
	}
	if left := contents(t, fsys); len(left) > 0 {
		t.Errorf("a refused opening makes %d files", len(left))
	}
}

// TestOriginalIsDurableBeforeTheCut cuts the power before each operation of a repair that follows the shortening of a segment:
// the original is there, whole, and before that the segment is as it was.
func TestOriginalIsDurableBeforeTheCut(t *testing.T) {
	disk := memJournal(t, journalFrames, false)
	where := places(t, disk)
	last := where[len(where)-1]
	original := readAll(t, disk, last.segment)[:last.end-7]
	writeAll(t, disk, last.segment, original)
	shortened, after := false, 0
	fsys := vfs.NewFaulty(disk, func(op vfs.Op) error {
		crashed := disk.CrashClone(nil)
		if op.Kind == "truncate" {
			shortened = true
		}
		if !shortened {
			if got := readAll(t, crashed, last.segment); !bytes.Equal(got, original) {
				t.Errorf("before %s of %s the segment has %d durable bytes, want %d", op.Kind, op.Name, len(got), len(original))
			}
			return nil
		}
		after++
		kept(t, crashed, last.segment, original)
		return nil
	})
	w, err := Open(testDir, memOptions(fsys))
	if err != nil {
		t.Fatal(err)
	}
	if w.Frames() != journalFrames-1 || after < 5 {
		t.Errorf("%d frames, %d operations from the shortening on", w.Frames(), after)
	}
}

// TestEpochWithoutFrames opens a journal often and writes nothing: only POSITION knows the epochs.
func TestEpochWithoutFrames(t *testing.T) {
	disk := memJournal(t, 3, true)
	for epoch := uint64(2); epoch < 5; epoch++ {
		w, err := Open(testDir, memOptions(disk))
		if err != nil {
			t.Fatal(err)
		}
		if w.Epoch() != epoch {
			t.Errorf("epoch %d, want %d", w.Epoch(), epoch)
		}
		if epoch == 3 {
			disk = disk.CrashClone(nil)
		} else if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEpochWithOldPosition has a crash leave, or a person put back, a POSITION from before the last opening: the next epoch
// follows that of the frames all the same.
func TestEpochWithOldPosition(t *testing.T) {
	disk := memJournal(t, 3, false)
	old := readAll(t, disk, positionName)
	w, err := Open(testDir, memOptions(disk))
	if err != nil {
		t.Fatal(err)
	}
	appendFrames(t, w, 4, 4) // of epoch 2
	disk = disk.CrashClone(nil)
	writeAll(t, disk, positionName, old)
	if w, err = Open(testDir, memOptions(disk)); err != nil {
		t.Fatal(err)
	}
	if w.Frames() != 4 || w.Epoch() != 3 {
		t.Errorf("%d frames, epoch %d, want 4 and epoch 3", w.Frames(), w.Epoch())
	}
}

func TestTails(t *testing.T) {
	dirty, clean := memJournal(t, journalFrames, false), memJournal(t, journalFrames, true)
	where := places(t, dirty)
	last := where[len(where)-1]
	end := testFrame(journalFrames)
	segments := segmentNames(t, dirty)
	first := readAll(t, dirty, segments[0])
	tails := map[string][]byte{
		"ones":              bytes.Repeat([]byte{0xff}, 600),
		"old segment":       first,
		"old segment twice": append(slices.Clone(first), first...),
		"half a frame":      readAll(t, dirty, last.segment)[last.start : last.end-20],
		"the last frame":    readAll(t, dirty, last.segment)[last.start:last.end],
		"old sectors":       append(make([]byte, 300), first...),
	}
	for _, n := range []int{1, 2, 3, 4, 5, 127, 128, 131, 132, 133, 511, 512, 4095, 4096, 4097, 65536, 1 << 20} {
		tails[fmt.Sprintf("%d zeros", n)] = make([]byte, n)
	}
	for name, tail := range tails {
		t.Run(name, func(t *testing.T) {
			fsys := dirty.Clone()
			torn := append(readAll(t, fsys, last.segment), tail...)
			writeAll(t, fsys, last.segment, torn)
			if n := readFrames(t, fsys, testDir); n != journalFrames {
				t.Errorf("reader finds %d frames", n)
			}
			report, err := verify(fsys, testDir, nil, true)
			if err != nil || report.Torn == "" || report.Frames != journalFrames {
				t.Errorf("verify: %+v, %v", report, err)
			}
			opens(t, fsys, journalFrames, true)
			kept(t, fsys, last.segment, torn)

			fsys = clean.Clone()
			writeAll(t, fsys, last.segment, append(readAll(t, fsys, last.segment), tail...))
			refuses(t, fsys, last.segment, last.end, int(end.LastSeq()+1))

			for _, disk := range []*vfs.Mem{dirty, clean} {
				fsys = disk.Clone()
				sealed := readAll(t, fsys, segments[1])
				writeAll(t, fsys, segments[1], append(sealed, tail...))
				refuses(t, fsys, segments[1], len(sealed), -1)
				readerFails(t, fsys)
			}
		})
	}
}

func TestPartlyWrittenLastFrame(t *testing.T) {
	disk := memJournal(t, journalFrames, false)
	where := places(t, disk)
	last, before := where[len(where)-1], where[len(where)-2]
	original := readAll(t, disk, last.segment)
	for start := last.start; start < last.end; start += 3 {
		for end := start + 1; end <= last.end; end += 7 {
			zeros, stale := slices.Clone(original), slices.Clone(original)
			clear(zeros[start:end])
			copy(stale[start:end], readAll(t, disk, before.segment)[before.start:])
			for _, b := range [][]byte{zeros, stale} {
				if bytes.Equal(b, original) {
					continue
				}
				fsys := disk.Clone()
				writeAll(t, fsys, last.segment, b)
				opens(t, fsys, journalFrames-1, true)
			}
		}
	}
}

// TestSwappedAndStaleSectors damages what was durable: two parts of a segment change places, or hold what lay there before.
func TestSwappedAndStaleSectors(t *testing.T) {
	const sector = 64
	for _, closed := range []bool{false, true} {
		disk := memJournal(t, journalFrames, closed)
		where := places(t, disk)
		last := where[len(where)-1]
		for _, segment := range segmentNames(t, disk) {
			original := readAll(t, disk, segment)
			limit := len(original)
			if segment == last.segment {
				limit = last.start // the last frame is promised by nobody
			}
			for a := 0; a+sector <= limit; a += sector {
				for b := a + sector; b+sector <= limit; b += sector {
					swapped := slices.Clone(original)
					copy(swapped[a:a+sector], original[b:])
					copy(swapped[b:b+sector], original[a:])
					stale := slices.Clone(original)
					copy(stale[b:b+sector], original[a:])
					for _, bad := range [][]byte{swapped, stale} {
						fsys := disk.Clone()
						writeAll(t, fsys, segment, bad)
						refuses(t, fsys, segment, -1, -1)
						readerFails(t, fsys)
					}
				}
			}
		}
	}
}

func TestMissingSegments(t *testing.T) {
	for _, closed := range []bool{false, true} {
		disk := memJournal(t, journalFrames, closed)
		segments := segmentNames(t, disk)
		where := places(t, disk)
		for i, segment := range segments {
			fsys := disk.Clone()
			remove(t, fsys, segment)
			seq := slices.IndexFunc(where, func(p place) bool { return p.segment == segment })
			refuses(t, fsys, segment, 0, int(where[seq].seq))
			if newest := i == len(segments)-1; closed || !newest { // a copy of a live journal may lack the newest
				readerFails(t, fsys)
			}
		}
		fsys := disk.Clone()
		for _, segment := range segments {
			remove(t, fsys, segment)
		}
		refuses(t, fsys, segments[0], 0, 1)
		fsys = disk.Clone()
		remove(t, fsys, positionName)
		_, err := Open(testDir, memOptions(fsys))
		var c *CorruptError
		if !errors.As(err, &c) || c.File != filepath.Join(testDir, positionName) {
			t.Errorf("open without POSITION: %v", err)
		}
		if _, err := OpenReader(testDir, ReaderOptions{FS: fsys}); !errors.Is(err, ErrNoJournal) {
			t.Errorf("read without POSITION: %v", err)
		}
	}
}

// TestEmptyNewestSegment has the two states around a new segment: the name is durable or not, POSITION knows it or not.
func TestEmptyNewestSegment(t *testing.T) {
	full := 0
	for n := 1; n < 20 && full < 2; n++ {
		fsys := memJournal(t, n, false)
		names := segmentNames(t, fsys)
		newest := names[len(names)-1]
		if len(readAll(t, fsys, newest)) > 0 {
			continue
		}
		full++
		opens(t, fsys.Clone(), n, false)

		// POSITION knows the segment, so it has to be there.
		lost := fsys.Clone()
		remove(t, lost, newest)
		refuses(t, lost, newest, 0, -1)

		// POSITION does not know it yet: the crash came before.
		old := readAll(t, memJournal(t, n-1, false), positionName)
		id := readAll(t, fsys, positionName)[8:24]
		p, err := decodePosition(old)
		if err != nil {
			t.Fatal(err)
		}
		copy(p.id[:], id)
		if p.frame > 0 {
			where := places(t, fsys)
			p.hash = frameHash(t, fsys, where[p.frame-1])
		}
		writeAll(t, fsys, positionName, appendPosition(nil, &p))
		opens(t, fsys.Clone(), n, false)
		remove(t, fsys, newest)
		opens(t, fsys, n, false)
	}
	if full < 2 {
		t.Errorf("%d journals ended with a full segment", full)
	}
}

func frameHash(t *testing.T, fsys vfs.FS, p place) Hash {
	t.Helper()
	var e entry
	e.parse(readAll(t, fsys, p.segment)[p.start:p.end])
	if !e.whole {
		t.Fatalf("no frame at %+v: %s", p, e.problem)
	}
	return e.Hash
}

func TestForeignAndMisplacedSegments(t *testing.T) {
	for _, closed := range []bool{false, true} {
		disk, other := memJournal(t, journalFrames, closed), memJournal(t, journalFrames, closed)
		segments := segmentNames(t, disk)
		for i, from := range segments {
			data := readAll(t, disk, from)
			t.Run(fmt.Sprintf("closed=%v segment %d", closed, i), func(t *testing.T) {
				for _, to := range segments { // over another one
					if from != to {
						fsys := disk.Clone()
						writeAll(t, fsys, to, data)
						refuses(t, fsys, to, 0, -1)
					}
				}
				for _, to := range []string{segmentName(journalFrames + 1), segmentName(99)} { // as one too many
					fsys := disk.Clone()
					writeAll(t, fsys, to, data)
					if to == segmentName(journalFrames+1) {
						refuses(t, fsys, to, 0, -1)
					} else {
						refuses(t, fsys, segmentName(journalFrames+1), 0, -1)
					}
				}
				fsys := disk.Clone() // renamed
				remove(t, fsys, from)
				writeAll(t, fsys, segmentName(uint64(90+i)), data)
				refuses(t, fsys, from, 0, -1)

				fsys = disk.Clone() // from another journal
				writeAll(t, fsys, from, readAll(t, other, from))
				refuses(t, fsys, from, 0, -1)
			})
		}
		fsys := disk.Clone()
		writeAll(t, fsys, positionName, readAll(t, other, positionName))
		refuses(t, fsys, segments[0], 0, 1)

		for _, suffix := range []string{".START", ".END", ".START.TEMP", ".END.TEMP"} {
			fsys := disk.Clone()
			writeAll(t, fsys, segments[1]+suffix, nil)
			refuses(t, fsys, segments[1]+suffix, 0, 0)
		}
		fsys = disk.Clone()
		writeAll(t, fsys, segmentName(0), nil)
		refuses(t, fsys, segmentName(0), 0, 0)

		// What neither we nor tidwall/wal look at does no harm.
		fsys = disk.Clone()
		for _, name := range []string{"POSITION.tmp", segments[0] + ".bak", "notes.txt", "something with more than twenty bytes"} {
			writeAll(t, fsys, name, []byte("anything"))
		}
		opens(t, fsys, journalFrames, false)
	}
}

func TestClosedJournalAndMore(t *testing.T) {
	fsys := memJournal(t, journalFrames, true)
	end := testFrame(journalFrames)
	pos := readAll(t, fsys, positionName)

	// An empty segment more than POSITION knows cannot be of a crash.
	extra := fsys.Clone()
	writeAll(t, extra, segmentName(journalFrames+1), nil)
	refuses(t, extra, segmentName(journalFrames+1), 0, -1)

	// POSITION of the day before yesterday.
	w, err := Open(testDir, memOptions(fsys))
	if err != nil {
		t.Fatal(err)
	}
	appendFrames(t, w, journalFrames+1, journalFrames+2)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	writeAll(t, fsys, positionName, pos)
	where := places2(t, fsys)
	refuses(t, fsys, where.segment, where.end, int(end.LastSeq()+1))
}

// places2 returns where frame journalFrames lies, whatever POSITION says.
func places2(t *testing.T, fsys *vfs.Mem) place {
	t.Helper()
	for _, name := range segmentNames(t, fsys) {
		b := readAll(t, fsys, name)
		for at := 0; at < len(b); {
			var e entry
			e.parse(b[at:])
			if e.Index == journalFrames {
				return place{name, at, at + e.bytes, e.FirstSeq}
			}
			at += e.bytes
		}
	}
	t.Fatal("frame not found")
	return place{}
}

// TestUnknownFormat has frames of another version, with flags and with a codec of the future: each is refused, never cut, also at
// the end of a crashed journal.
func TestUnknownFormat(t *testing.T) {
	disk := memJournal(t, journalFrames, false)
	where := places(t, disk)
	for _, p := range []place{where[0], where[5], where[len(where)-1]} {
		for _, at := range []int{4, 5, 6, 7} {
			for _, value := range []byte{2, 0x80, 0xff} {
				b := readAll(t, disk, p.segment)
				head := b[p.start+2 : p.start+2+headerBytes]
				head[at] = value
				seal(head)
				fsys := disk.Clone()
				writeAll(t, fsys, p.segment, b)
				refuses(t, fsys, p.segment, p.start, int(p.seq))
			}
		}
	}
	for _, at := range []int{4, 5, 6, 7} {
		b := readAll(t, disk, positionName)
		b[at] = 0x42
		seal(b)
		fsys := disk.Clone()
		writeAll(t, fsys, positionName, b)
		refuses(t, fsys, positionName, 0, 0)
	}
}

// TestForgedFrames replaces a frame by another whole one with right checksums: the chain gives it away, or POSITION does.
func TestForgedFrames(t *testing.T) {
	disk := memJournal(t, journalFrames, false)
	where := places(t, disk)
	forge := func(p place, change func(h *header)) *vfs.Mem {
		fsys := disk.Clone()
		b := readAll(t, fsys, p.segment)
		var e entry
		e.parse(b[p.start:])
		h := e.header
		change(&h)
		copy(b[p.start+2:], appendHeader(nil, &h))
		writeAll(t, fsys, p.segment, b)
		return fsys
	}
	pos, err := loadPosition(disk, testDir)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range where[:len(where)-2] { // the last but one is denied by the last only, which is promised by nobody
		fsys := forge(p, func(h *header) { h.Digest++ })
		if uint64(i+1) == pos.frame {
			refuses(t, fsys, p.segment, p.start, int(p.seq))
		} else {
			refuses(t, fsys, where[i+1].segment, where[i+1].start, int(where[i+1].seq))
		}
		readerFails(t, fsys)
	}
	last := where[len(where)-1]
	for _, change := range []func(h *header){
		func(h *header) { h.Index++ },
		func(h *header) { h.FirstSeq++ },
		func(h *header) { h.Prev[3]++ },
	} {
		opens(t, forge(last, change), journalFrames-1, true)
	}

	// The epoch falls.
	w, err := Open(testDir, memOptions(disk))
	if err != nil {
		t.Fatal(err)
	}
	appendFrames(t, w, journalFrames+1, journalFrames+3)
	disk = disk.CrashClone(nil)
	where = places(t, disk)
	opens(t, forge(where[len(where)-1], func(h *header) { h.Epoch-- }), journalFrames+2, true)

	// The length prefix says the right thing in too many bytes.
	last = where[len(where)-1]
	b := readAll(t, disk, last.segment)
	b[last.start+1] |= 0x80
	writeAll(t, disk, last.segment, slices.Insert(b, last.start+2, 0))
	opens(t, disk, journalFrames+2, true)
}

// TestTailOfFullSegment has something behind the last frame of a full segment while the one that follows is missing.
func TestTailOfFullSegment(t *testing.T) {
	disk := memJournal(t, journalFrames, false)
	segments := segmentNames(t, disk)
	full := segments[len(segments)-2]
	remove(t, disk, segments[len(segments)-1])
	b := readAll(t, disk, full)
	writeAll(t, disk, full, append(b, make([]byte, 500)...))
	refuses(t, disk, full, len(b), -1)
	readerFails(t, disk)
}

// TestLaterPromise finds a header wherever it lies, also across the border of what is in memory at a time.
func TestLaterPromise(t *testing.T) {
	fsys := vfs.NewMem()
	id, other := ID{1}, ID{2}
	h := header{Frame: Frame{Index: 10, ID: id, Epoch: 1, FirstSeq: 1, Commands: 1, Synced: 9, Format: FormatVersion}}
	foreign := h
	foreign.ID, foreign.Index, foreign.Synced = other, 100, 99
	for _, at := range []int{1, 2, 500, windowBytes - 130, windowBytes - 64, windowBytes, 2*windowBytes - 1, 3*windowBytes + 77} {
		b := make([]byte, at+headerBytes+300)
		copy(b, appendHeader(nil, &foreign))
		copy(b[at:], appendHeader(nil, &h))
		copy(b[at+headerBytes+50:], appendHeader(nil, &foreign))
		if err := vfs.WriteFileSync(fsys, "segment", b, filePerm); err != nil {
			t.Fatal(err)
		}
		f, err := vfs.Open(fsys, "segment")
		if err != nil {
			t.Fatal(err)
		}
		w := window{file: f}
		for range 2 { // it changes nothing
			if frame, err := w.laterPromise(id); frame != 9 || err != nil || w.at != 0 {
				t.Errorf("header at %d: promise of frame %d, %v", at, frame, err)
			}
		}
		w.at = int64(at) // it is not later now
		if frame, err := w.laterPromise(id); frame != 0 || err != nil {
			t.Errorf("after the header at %d: promise of frame %d, %v", at, frame, err)
		}
	}
}

// TestCopyOfLiveJournal has POSITION newer than the segments: a Reader warns and stops at the last whole frame, but a Writer
// and Verify do not take it for whole.
func TestCopyOfLiveJournal(t *testing.T) {
	now := memJournal(t, journalFrames, false)
	segments := segmentNames(t, now)
	newest := segments[len(segments)-1]
	lastButOne := segments[len(segments)-2]
	where := places(t, now)
	before := slices.IndexFunc(where, func(p place) bool { return p.segment == newest })
	full := readAll(t, now, lastButOne)
	for size := range full {
		fsys := now.Clone()
		remove(t, fsys, newest)
		writeAll(t, fsys, lastButOne, full[:size])
		var warnings []string
		r, err := OpenReader(testDir, ReaderOptions{FS: fsys, Warn: func(s string) { warnings = append(warnings, s) }})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		var f Frame
		for err == nil {
			if err = r.Next(&f); err == nil {
				n++
				checkFrame(t, &f, n)
			}
		}
		want := 0
		for _, p := range where[:before] {
			if p.segment < lastButOne || p.end <= size {
				want++
			}
		}
		if !errors.Is(err, io.EOF) || n != want || len(warnings) != 1 {
			t.Fatalf("cut at %d: %d frames, want %d; %v; warnings %q", size, n, want, err, warnings)
		}
		if err := r.Next(&f); !errors.Is(err, io.EOF) || len(warnings) != 1 {
			t.Fatalf("second look: %v, warnings %q", err, warnings)
		}
		if _, err := Open(testDir, memOptions(fsys)); err == nil {
			t.Fatalf("cut at %d: opened for writing", size)
		}
		if _, err := verify(fsys, testDir, nil, true); err == nil {
			t.Fatalf("cut at %d: verified", size)
		}
	}
}

// TestLargeJournal is the sweep over a journal of ordinary frames: compressed, more than 64 KiB in three segments.
func TestLargeJournal(t *testing.T) {
	if os.Getenv("EXCHANGE_LONG") == "" {
		t.Skip("takes minutes; EXCHANGE_LONG=1 runs it")
	}
	fsys := vfs.NewMem()
	o := memOptions(fsys)
	o.SegmentBytes = 24 << 10
	w, err := Open(testDir, o)
	if err != nil {
		t.Fatal(err)
	}
	raw := benchmarkPayload()
	f := Frame{Commands: 100}
	for f.FirstSeq = 1; w.Bytes() < 64<<10; f.FirstSeq += 100 {
		f.Raw = raw[:1000+f.FirstSeq*7%4000]
		if err := errors.Join(w.Append(&f), w.Sync()); err != nil {
			t.Fatal(err)
		}
	}
	crashed := fsys.CrashClone(nil)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	closed := fsys.CrashClone(nil)
	where := places(t, closed)
	last := where[len(where)-1]
	for _, name := range segmentNames(t, closed) {
		b := readAll(t, closed, name)
		for bit := range 8 * len(b) {
			b[bit/8] ^= 1 << (bit % 8)
			writeAll(t, closed, name, b)
			writeAll(t, crashed, name, b)
			i := slices.IndexFunc(where, func(p place) bool { return p.segment == name && p.end > bit/8 })
			for _, disk := range []*vfs.Mem{closed, crashed} {
				if disk == crashed && where[i] == last {
					verifyTears(t, disk, len(where)-1)
				} else {
					verifyNames(t, disk, where[i])
				}
			}
			b[bit/8] ^= 1 << (bit % 8)
		}
		writeAll(t, closed, name, b)
		writeAll(t, crashed, name, b)
	}
	whole := readAll(t, crashed, last.segment)
	for size := range whole {
		disk := crashed.Clone()
		writeAll(t, disk, last.segment, whole[:size])
		w, err := Open(testDir, memOptions(disk))
		if err != nil {
			t.Fatal(err)
		}
		want := slices.IndexFunc(where, func(p place) bool { return p.segment == last.segment && p.end > size })
		if w.Frames() != uint64(want) {
			t.Fatalf("cut at %d: %d frames, want %d", size, w.Frames(), want)
		}
	}
}
