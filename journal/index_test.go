package journal

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// The shape of the journals that are sought in: about five marks in each of about eight segments.
const (
	indexedFrames       = 700
	indexedSegmentBytes = 5*markSpacing + 1000
)

// indexedFrame returns the n-th frame, from 1, of a stream of frames of very different sizes, that do not compress. The times of
// some are those of the one before.
func indexedFrame(rng *rand.Rand, n int, before *Frame) Frame {
	f := Frame{FirstSeq: 1, FirstTime: 1000, Commands: uint32(1 + rng.IntN(7)), Events: 3, Digest: uint64(n)}
	if n > 1 {
		f.FirstSeq, f.FirstTime = before.LastSeq()+1, before.LastTime+int64(rng.IntN(3))*10
	}
	f.LastTime = f.FirstTime + int64(rng.IntN(3))*10
	f.Raw = make([]byte, rng.IntN(200))
	if rng.IntN(4) == 0 {
		f.Raw = make([]byte, rng.IntN(30_000))
	}
	for i := range f.Raw {
		f.Raw[i] = byte(rng.Uint32())
	}
	return f
}

// writeIndexed writes frames of the stream of a seed and returns them, without payloads. It does not close the Writer.
func writeIndexed(tb testing.TB, fsys vfs.FS, seed uint64, frames int) (*Writer, []Frame) {
	tb.Helper()
	o := memOptions(fsys)
	o.SegmentBytes = indexedSegmentBytes
	w, err := Open(testDir, o)
	if err != nil {
		tb.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	var all []Frame
	for n := 1; n <= frames; n++ {
		var f Frame
		if n == 1 {
			f = indexedFrame(rng, n, nil)
		} else {
			f = indexedFrame(rng, n, &all[n-2])
		}
		if err := errors.Join(w.Append(&f), w.Sync()); err != nil {
			tb.Fatal(err)
		}
		f.Raw = nil
		all = append(all, f)
	}
	return w, all
}

// indexedJournal returns a closed journal and its frames.
func indexedJournal(tb testing.TB, seed uint64) (*vfs.Mem, []Frame) {
	tb.Helper()
	fsys := vfs.NewMem()
	w, all := writeIndexed(tb, fsys, seed, indexedFrames)
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return fsys, all
}

// indexFiles returns the paths of the indexes on a file system.
func indexFiles(tb testing.TB, fsys vfs.FS) []string {
	tb.Helper()
	names, err := fsys.ReadDir(testDir)
	if err != nil {
		tb.Fatal(err)
	}
	var files []string
	for _, name := range names {
		if strings.HasPrefix(name, indexPrefix) {
			files = append(files, filepath.Join(testDir, name))
		}
	}
	return files
}

// seekEverything looks for every sequence and for every time of the frames, and for those around them, with a Reader of its own for
// some and with one Reader for all, in an order without order, and holds what comes next against a scan of frames. Of the targets it
// takes one of so many.
func seekEverything(t *testing.T, fsys vfs.FS, frames []Frame, oneOf int, story string) {
	t.Helper()
	var targets []target
	for i := range frames {
		f := &frames[i]
		for seq := f.FirstSeq; seq <= f.LastSeq(); seq++ {
			targets = append(targets, target{seq: seq})
		}
		for _, nanos := range []int64{f.FirstTime - 1, f.FirstTime, f.FirstTime + 1, f.LastTime, f.LastTime + 1} {
			targets = append(targets, target{time: nanos, byTime: true})
		}
	}
	end := frames[len(frames)-1]
	targets = append(targets, target{}, target{seq: end.LastSeq() + 1}, target{byTime: true, time: -1 << 63}, target{byTime: true, time: 1<<63 - 1})
	rng := rand.New(rand.NewPCG(7, 7))
	rng.Shuffle(len(targets), func(i, j int) { targets[i], targets[j] = targets[j], targets[i] })

	one := openIndexed(t, fsys, story)
	last := &frames[len(frames)-1]
	if seq, nanos, err := one.SeekEnd(); err != nil || seq != last.LastSeq() || nanos != last.LastTime {
		t.Fatalf("%s: the end is command %d at %d, %v; want %d at %d", story, seq, nanos, err, last.LastSeq(), last.LastTime)
	}
	targets = targets[:len(targets)/oneOf]
	for i := range targets {
		seekOne(t, one, frames, &targets[i], story)
		if i%(1+80/oneOf) == 0 {
			fresh := openIndexed(t, fsys, story)
			seekOne(t, fresh, frames, &targets[i], story+", fresh")
			if err := fresh.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
}

func openIndexed(t *testing.T, fsys vfs.FS, story string) *Reader {
	t.Helper()
	r, err := OpenReader(testDir, ReaderOptions{FS: fsys})
	if err != nil {
		t.Fatalf("%s: %v", story, err)
	}
	return r
}

// seekOne compares the three frames from a target on with those of the scan.
func seekOne(t *testing.T, r *Reader, frames []Frame, to *target, story string) {
	t.Helper()
	if err := r.seekFinal(*to); err != nil {
		t.Fatalf("%s: seek %+v: %v", story, *to, err)
	}
	at := 0
	for at < len(frames) && to.passed(&frames[at]) {
		at++
	}
	var f Frame
	for n := at; n < at+3; n++ {
		err := r.Next(&f)
		if n >= len(frames) {
			if !errors.Is(err, io.EOF) {
				t.Fatalf("%s: after seek %+v at the end: %v", story, *to, err)
			}
			return
		}
		if err != nil {
			t.Fatalf("%s: after seek %+v: frame %d: %v", story, *to, frames[n].Index, err)
		}
		if w := &frames[n]; f.Index != w.Index || f.Hash != w.Hash || f.FirstSeq != w.FirstSeq || f.Offset != w.Offset || f.Segment != w.Segment {
			t.Fatalf("%s: after seek %+v: frame %d at %s:%d, want %d at %s:%d", story, *to, f.Index, f.Segment, f.Offset, w.Index, w.Segment, w.Offset)
		}
	}
}

// TestSeekIsAScan looks for everything in one journal whose indexes are right, missing, damaged, of other segments, of another
// journal, of the same journal when it was shorter, and forged: right checksums over wrong marks. It shows that no index leads to
// another frame than the scan, and not how long that takes.
func TestSeekIsAScan(t *testing.T) {
	whole, frames := indexedJournal(t, 1)
	files := indexFiles(t, whole)
	if len(files) < 5 {
		t.Fatalf("%d segments have an index", len(files))
	}
	other, _ := indexedJournal(t, 2)
	rng := rand.New(rand.NewPCG(3, 3))
	read := func(fsys vfs.FS, name string) []byte {
		b, err := vfs.ReadFile(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	forge := func(change func(x *index)) func(i int, b []byte) []byte {
		return func(_ int, b []byte) []byte {
			x, err := decodeIndex(b)
			if err != nil || len(x.marks) == 0 {
				t.Fatalf("index of %d bytes with %v: %v", len(b), x, err)
			}
			change(x)
			return x.encode()
		}
	}
	for _, c := range []struct {
		name   string
		change func(i int, b []byte) []byte // nil = removed
	}{
		{"right", func(_ int, b []byte) []byte { return b }},
		{"removed", func(int, []byte) []byte { return nil }},
		{"every second removed", func(i int, b []byte) []byte {
			if i%2 == 0 {
				return nil
			}
			return b
		}},
		{"empty", func(int, []byte) []byte { return []byte{} }},
		{"zeros", func(_ int, b []byte) []byte { return make([]byte, len(b)) }},
		{"cut", func(_ int, b []byte) []byte { return b[:len(b)/2] }},
		{"a bit flipped", func(_ int, b []byte) []byte {
			b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
			return b
		}},
		{"of the next segment", func(i int, _ []byte) []byte { return read(whole, files[(i+1)%len(files)]) }},
		{"of another journal", func(_ int, b []byte) []byte {
			x := read(other, files[0])
			copy(x[8:24], b[8:24])
			return x
		}},
		{"of another version", func(_ int, b []byte) []byte { b[4]++; return b }},
		{"forged: of another journal", forge(func(x *index) { x.id[3] ^= 1 })},
		{"forged: offsets", forge(func(x *index) {
			for i := range x.marks {
				x.marks[i].offset += 7
			}
		})},
		{"forged: offsets of the mark before", forge(func(x *index) {
			for i := len(x.marks) - 1; i > 0; i-- {
				x.marks[i].offset = x.marks[i-1].offset + 1
			}
		})},
		{"forged: places of the last mark, everything else of the first", forge(func(x *index) {
			x.marks[0].offset = x.marks[len(x.marks)-1].offset
			x.marks = x.marks[:1]
		})},
		{"forged: the last mark is early", forge(func(x *index) {
			last := &x.marks[len(x.marks)-1]
			last.before.seq, last.time = 0, -1<<63
			x.marks = marks{*last}
		})},
		{"forged: the last mark is early by time alone", forge(func(x *index) {
			last := x.marks[len(x.marks)-1]
			last.time = -1 << 63
			x.marks = marks{last}
		})},
		{"forged: hashes", forge(func(x *index) {
			for i := range x.marks {
				x.marks[i].before.hash[5] ^= 1
			}
		})},
		{"forged: sequences", forge(func(x *index) {
			for i := range x.marks {
				x.marks[i].before.seq -= 5
			}
		})},
		{"forged: times", forge(func(x *index) {
			for i := range x.marks {
				x.marks[i].time -= 5000
			}
		})},
		{"forged: numbers and epochs", forge(func(x *index) {
			for i := range x.marks {
				x.marks[i].before.index++
				x.marks[i].before.epoch++
			}
		})},
	} {
		disk := whole.Clone()
		for i, name := range files {
			b := c.change(i, read(whole, name))
			if b == nil {
				if err := disk.Remove(name); err != nil {
					t.Fatal(err)
				}
				continue
			}
			if err := vfs.WriteFileSync(disk, name, b, filePerm); err != nil {
				t.Fatal(err)
			}
		}
		oneOf := 20
		if c.name == "right" {
			oneOf = sampling
		}
		seekEverything(t, disk, frames, oneOf, c.name)
	}
}

// TestSeekInTornJournal looks for everything in journals that a crash has torn within the newest segment.
func TestSeekInTornJournal(t *testing.T) {
	fsys := vfs.NewMem()
	_, frames := writeIndexed(t, fsys, 4, indexedFrames)
	for _, torn := range []int64{1, 30, 140, 4000} {
		disk := fsys.CrashClone(nil)
		last := &frames[len(frames)-1]
		f, err := disk.OpenFile(filepath.Join(testDir, last.Segment), os.O_WRONLY, filePerm)
		if err != nil {
			t.Fatal(err)
		}
		size := last.Offset + int64(last.StoredBytes) - torn
		if err := errors.Join(f.Truncate(size), f.Sync(), f.Close()); err != nil {
			t.Fatal(err)
		}
		left := frames
		for {
			end := left[len(left)-1]
			if end.Segment != last.Segment || end.Offset+int64(end.StoredBytes) <= size {
				break
			}
			left = left[:len(left)-1]
		}
		seekEverything(t, disk, left, 4*sampling, fmt.Sprintf("torn by %d bytes", torn))
	}
}

// TestSeekInRetainedJournal looks for everything in a journal whose oldest segments were removed, with their indexes.
func TestSeekInRetainedJournal(t *testing.T) {
	fsys := vfs.NewMem()
	w, frames := writeIndexed(t, fsys, 5, indexedFrames)
	before := len(indexFiles(t, fsys))
	if err := w.RemoveBefore(frames[len(frames)/2].FirstSeq); err != nil {
		t.Fatal(err)
	}
	kept := frames[w.pos.oldest-1:]
	if w.pos.oldest == 1 || len(kept) == len(frames) {
		t.Fatal("nothing was removed")
	}
	if after := indexFiles(t, fsys); len(after) == 0 || len(after) >= before || after[0] != filepath.Join(testDir, indexName(w.pos.oldest)) {
		t.Errorf("%d indexes, then %v", before, after)
	}
	seekEverything(t, fsys, kept, sampling, "retained, open")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	seekEverything(t, fsys, kept, sampling, "retained, closed")
}

// TestSeekWhileWriting looks for what was just written, before its segment has an index and after it.
func TestSeekWhileWriting(t *testing.T) {
	fsys := vfs.NewMem()
	w, frames := writeIndexed(t, fsys, 6, 1)
	r := openIndexed(t, fsys, "beside the writer")
	rng := rand.New(rand.NewPCG(6, 6))
	for n := 2; n <= indexedFrames; n++ {
		f := indexedFrame(rng, n, &frames[n-2])
		if err := errors.Join(w.Append(&f), w.Sync()); err != nil {
			t.Fatal(err)
		}
		f.Raw = nil
		frames = append(frames, f)
		seekOne(t, r, frames, &target{seq: f.FirstSeq}, "the last frame")
		seekOne(t, r, frames, &target{seq: frames[rng.IntN(n)].FirstSeq}, "any sequence")
		seekOne(t, r, frames, &target{time: frames[rng.IntN(n)].LastTime, byTime: true}, "any time")
	}
	if err := errors.Join(r.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestIndexesFollowTheJournal takes indexes away and spoils them: opening for writing makes exactly those of the full segments
// again, as the Writer made them when it filled the segments, and Verify names one that is not as it should be, and no missing one.
func TestIndexesFollowTheJournal(t *testing.T) {
	disk, frames := indexedJournal(t, 8)
	files := indexFiles(t, disk)
	want := make(map[string]string)
	for _, name := range files {
		b, err := vfs.ReadFile(disk, name)
		if err != nil {
			t.Fatal(err)
		}
		want[name] = string(b)
	}
	first := make(map[string]uint64)
	for _, f := range slices.Backward(frames) {
		first[filepath.Join(testDir, indexPrefix+f.Segment)] = f.FirstSeq
	}
	for i, name := range files {
		spoiled := disk.Clone()
		b := []byte(want[name])
		at := i * 11 % len(b)
		b[at] ^= 0x10
		if err := vfs.WriteFileSync(spoiled, name, b, filePerm); err != nil {
			t.Fatal(err)
		}
		report, err := verify(spoiled, testDir, nil, true)
		corrupt, ok := errors.AsType[*CorruptError](err)
		if !ok || corrupt.File != name || corrupt.Offset != int64(at) || corrupt.Seq != first[name] {
			t.Errorf("%s spoiled at %d: %v", name, at, err)
		}
		if report.Frames != indexedFrames || !report.Clean {
			t.Errorf("%s spoiled: the journal itself is %+v", name, report)
		}
		next := files[(i+1)%len(files)]
		leftover := filepath.Join(testDir, indexName(999)+".tmp")
		if err := errors.Join(spoiled.Remove(next), vfs.WriteFileSync(spoiled, filepath.Join(testDir, indexName(12345)), b, filePerm),
			vfs.WriteFileSync(spoiled, leftover, b, filePerm)); err != nil {
			t.Fatal(err)
		}
		o := memOptions(spoiled)
		o.SegmentBytes = indexedSegmentBytes
		w, err := Open(testDir, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		after := indexFiles(t, spoiled)
		if strings.Join(after, " ") != strings.Join(files, " ") {
			t.Fatalf("after an opening there are %v, want %v", after, files)
		}
		for _, name := range after {
			if b, err := vfs.ReadFile(spoiled.CrashClone(nil), name); err != nil || string(b) != want[name] {
				t.Errorf("%s was made again as other bytes, %v", name, err)
			}
		}
		if _, err := verify(spoiled, testDir, nil, true); err != nil {
			t.Errorf("after an opening: %v", err)
		}
	}
	missing := disk.Clone()
	for _, name := range files {
		if err := missing.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := verify(missing, testDir, nil, true); err != nil {
		t.Errorf("without indexes: %v", err)
	}
}

// TestIndexGolden pins the bytes of an index.
func TestIndexGolden(t *testing.T) {
	x := index{
		id: ID{1, 2, 3}, segment: 5, size: 200_000, end: link{epoch: 2, index: 9, seq: 77, hash: Hash{0xee}},
		marks: marks{{offset: 70_000, time: -6, before: link{epoch: 1, index: 6, seq: 44, hash: Hash{0xaa, 0xbb}}}},
	}
	const want = "584a490001000000" + "01020300000000000000000000000000" + "ee000000000000000000000000000000" +
		"0200000000000000" + "0900000000000000" + "4d00000000000000" + "0500000000000000" + "400d030000000000" + "0100000000000000" +
		"aabb0000000000000000000000000000" + "0100000000000000" + "0600000000000000" + "2c00000000000000" + "7011010000000000" + "faffffffffffffff"
	b := x.encode()
	if got := hex.EncodeToString(b[:len(b)-4]); got != want {
		t.Errorf("index is\n%s, want\n%s", got, want)
	}
	back, err := decodeIndex(b)
	if err != nil {
		t.Fatal(err)
	}
	if string(back.encode()) != string(b) {
		t.Errorf("read back it is %+v", back)
	}
	for bit := range len(b) * 8 {
		b[bit/8] ^= 1 << (bit % 8)
		if _, err := decodeIndex(b); err == nil {
			t.Fatalf("bit %d flipped: taken", bit)
		}
		b[bit/8] ^= 1 << (bit % 8)
	}
}

func FuzzDecodeIndex(f *testing.F) {
	disk, _ := indexedJournal(f, 9)
	for _, name := range indexFiles(f, disk) {
		b, err := vfs.ReadFile(disk, name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := decodeIndex(b)
		if err == nil && string(x.encode()[:5]) != string(b[:5]) {
			t.Errorf("taken with another head: % x", b[:8])
		}
	})
}

// TestIndexErrorIsFinal has the disk fail at each operation on an index: the Writer stops there as for every other error.
func TestIndexErrorIsFinal(t *testing.T) {
	for _, kind := range []string{"open", "write", "sync", "close", "rename"} {
		o := memOptions(nil)
		disk := vfs.NewMem()
		fsys := vfs.NewFaulty(disk, func(op vfs.Op) error {
			if op.Kind == kind && strings.Contains(op.Name, indexPrefix) {
				return vfs.ErrInjected
			}
			return nil
		})
		o.FS, o.OpenLog = fsys, LogOn(fsys)
		w, err := Open(testDir, o)
		if err != nil {
			t.Fatal(err)
		}
		n := 1
		for ; n <= 20 && err == nil; n++ {
			f := testFrame(n)
			err = w.Append(&f)
		}
		if !errors.Is(err, vfs.ErrInjected) || n > 20 {
			t.Errorf("%s fails: %d frames, %v", kind, n, err)
		}
		if again := w.Sync(); !errors.Is(again, vfs.ErrInjected) {
			t.Errorf("%s failed, then a sync: %v", kind, again)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if w, err = Open(testDir, memOptions(disk.CrashClone(nil))); err != nil || w.last.index == 0 {
			t.Fatalf("%s failed, then a start: %v", kind, err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// countingFS counts what is read.
type countingFS struct {
	vfs.FS

	bytes, reads int64
}

func (c *countingFS) OpenFile(name string, flag int, perm fs.FileMode) (vfs.File, error) {
	f, err := c.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &countingFile{f, c}, nil
}

type countingFile struct {
	vfs.File

	c *countingFS
}

func (f *countingFile) ReadAt(b []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(b, at)
	f.c.bytes, f.c.reads = f.c.bytes+int64(n), f.c.reads+1
	return n, err
}

func (f *countingFile) Read(b []byte) (int, error) {
	n, err := f.File.Read(b)
	f.c.bytes, f.c.reads = f.c.bytes+int64(n), f.c.reads+1
	return n, err
}

// The journals of the tests that count: frames as a busy exchange makes them.
const (
	countedCommands = 512
	countedBytes    = 8 * countedCommands
)

// countedJournal writes a journal of so many commands with the default segments.
func countedJournal(tb testing.TB, dir string, commands int) {
	tb.Helper()
	w, err := Open(dir, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	raw := make([]byte, countedBytes)
	for seq := 1; seq <= commands; seq += countedCommands {
		for i := range raw {
			raw[i] = byte(rng.Uint32())
		}
		f := Frame{FirstSeq: uint64(seq), Commands: countedCommands, Events: countedCommands, FirstTime: int64(seq), LastTime: int64(seq) + countedCommands - 1, Raw: raw}
		if err := w.Append(&f); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
}

// TestSeekReadsLittle counts what is read to find a frame: the header of a few segments, one index, and what lies between two marks.
func TestSeekReadsLittle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	const commands = 1 << 20
	countedJournal(t, dir, commands)
	c := &countingFS{FS: vfs.OS()}
	for _, to := range []target{{seq: 700_001}, {time: 300_000, byTime: true}, {seq: 1 << 19}, {time: 1, byTime: true}} {
		r, err := OpenReader(dir, ReaderOptions{FS: c})
		if err != nil {
			t.Fatal(err)
		}
		c.bytes, c.reads = 0, 0
		var f Frame
		if err := errors.Join(r.seekFinal(to), r.Next(&f), r.Close()); err != nil {
			t.Fatal(err)
		}
		if want := max(to.seq, uint64(to.time)); want < f.FirstSeq || want > f.LastSeq() {
			t.Errorf("%+v: found commands %d to %d", to, f.FirstSeq, f.LastSeq())
		}
		if most := int64(2*(markSpacing+windowBytes) + 4096); c.bytes > most {
			t.Errorf("%+v: %d bytes were read in %d reads, at most %d are in order", to, c.bytes, c.reads, most)
		}
	}
}

// BenchmarkSeek finds frames in a journal of two million commands, each with a Reader of its own, with the indexes and without.
func BenchmarkSeek(b *testing.B) {
	const commands = 1 << 21
	for _, without := range []bool{false, true} {
		name := "indexed"
		if without {
			name = "without"
		}
		b.Run(name, func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "journal")
			countedJournal(b, dir, commands)
			names, err := filepath.Glob(filepath.Join(dir, indexPrefix+"*"))
			if err != nil || len(names) < 7 {
				b.Fatal(names, err)
			}
			for _, name := range names {
				if without {
					if err := os.Remove(name); err != nil {
						b.Fatal(err)
					}
				}
			}
			c := &countingFS{FS: vfs.OS()}
			rng := rand.New(rand.NewPCG(2, 2))
			b.ReportAllocs()
			for b.Loop() {
				r, err := OpenReader(dir, ReaderOptions{FS: c})
				if err != nil {
					b.Fatal(err)
				}
				var f Frame
				seq := 1 + rng.Uint64N(commands)
				if err := errors.Join(r.SeekSeq(seq), r.Next(&f), r.Close()); err != nil || seq < f.FirstSeq || seq > f.LastSeq() {
					b.Fatal(seq, f.FirstSeq, err)
				}
			}
			b.ReportMetric(float64(c.bytes)/float64(b.N), "read-bytes/op")
			b.ReportMetric(float64(c.reads)/float64(b.N), "reads/op")
		})
	}
}

// TestSeekEndOfNothing asks a journal without frames for its end.
func TestSeekEndOfNothing(t *testing.T) {
	fsys := memJournal(t, 0, true)
	r := openIndexed(t, fsys, "empty")
	if seq, nanos, err := r.SeekEnd(); seq != 0 || nanos != 0 || err != nil {
		t.Errorf("the end is command %d at %d, %v", seq, nanos, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}
