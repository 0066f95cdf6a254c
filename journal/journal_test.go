package journal

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

func TestWriteAndReadBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "journal")
	const frames = 40
	for n := 1; n <= frames; n += 8 { // five openings
		w, err := Open(dir, Options{SegmentBytes: smallSegments, Derivation: 3, Config: 0xabc})
		if err != nil {
			t.Fatal(err)
		}
		appendFrames(t, w, n, n+7)
		last := testFrame(n + 7)
		if got, want := w.LastSeq(), last.LastSeq(); got != want {
			t.Errorf("LastSeq is %d, want %d", got, want)
		}
		if got, want := w.Frames(), uint64(n+7); got != want {
			t.Errorf("Frames is %d, want %d", got, want)
		}
		if got, want := w.Epoch(), uint64(n/8+1); got != want {
			t.Errorf("Epoch is %d, want %d", got, want)
		}
		var onDisk int64
		names, err := filepath.Glob(filepath.Join(dir, "0*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			onDisk += info.Size()
		}
		if w.Bytes() != onDisk {
			t.Errorf("Bytes is %d, the segments have %d", w.Bytes(), onDisk)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := readFrames(t, vfs.OS(), dir); got != frames {
		t.Errorf("read %d frames, want %d", got, frames)
	}

	r, err := OpenReader(dir, ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var f Frame
	prev := Hash{}
	for n := 1; n <= frames; n++ {
		if err := r.Next(&f); err != nil {
			t.Fatal(err)
		}
		if f.ID != r.ID() || f.Prev != prev || f.Hash == prev || f.Epoch != uint64((n-1)/8+1) || f.Synced != uint64(n-1) ||
			f.Derivation != 3 || f.Config != 0xabc {
			t.Errorf("frame %d: %+v", n, f)
		}
		prev = f.Hash
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Next(&f); !errors.Is(err, ErrClosed) {
		t.Errorf("Next after Close: %v", err)
	}
}

func TestVerifyAndList(t *testing.T) {
	dir := t.TempDir()
	w, err := Open(dir, Options{SegmentBytes: smallSegments})
	if err != nil {
		t.Fatal(err)
	}
	appendFrames(t, w, 1, 20)
	size := w.Bytes()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	calls := 0
	var last int64
	report, err := Verify(dir, func(done, total int64) {
		calls++
		if done <= last || total != size {
			t.Errorf("progress went from %d to %d of %d, the journal has %d", last, done, total, size)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	end := testFrame(20)
	var commands, events uint64
	for n := 1; n <= 20; n++ {
		f := testFrame(n)
		commands += uint64(f.Commands)
		events += uint64(f.Events)
	}
	want := Report{
		ID: w.ID(), Frames: 20, Commands: commands, Events: events, FirstSeq: 1, LastSeq: end.LastSeq(), Epoch: 1, Bytes: size, Clean: true,
		Segments: report.Segments,
	}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if calls != 20 || last != size {
		t.Errorf("progress was told %d times, at last %d of %d bytes", calls, last, size)
	}

	list, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(report.Segments, list); diff != "" {
		t.Errorf("segments listed and verified differ:\n%s", diff)
	}
	var frames uint64
	seq := uint64(1)
	for _, s := range list {
		if s.Name != segmentName(frames+1) {
			t.Errorf("segment %s follows %d frames", s.Name, frames)
		}
		if s.Frames > 0 && s.FirstSeq != seq {
			t.Errorf("segment %s begins with sequence %d, want %d", s.Name, s.FirstSeq, seq)
		}
		frames += s.Frames
		seq = s.LastSeq + 1
		info, err := os.Stat(filepath.Join(dir, s.Name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() != s.Bytes {
			t.Errorf("segment %s has %d bytes, listed with %d", s.Name, info.Size(), s.Bytes)
		}
	}
	if frames != 20 || len(list) < 4 {
		t.Errorf("%d frames in %d segments", frames, len(list))
	}
}

func TestSeekSeq(t *testing.T) {
	fsys := memJournal(t, 30, false)
	r, err := OpenReader(testDir, ReaderOptions{FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	var f Frame
	end := testFrame(30)
	for seq := uint64(0); seq <= end.LastSeq(); seq++ {
		if err := r.SeekSeq(seq); err != nil {
			t.Fatal(err)
		}
		if err := r.Next(&f); err != nil {
			t.Fatalf("next after seek to %d: %v", seq, err)
		}
		if max(seq, 1) < f.FirstSeq || f.LastSeq() < seq {
			t.Fatalf("seek to %d found sequences %d to %d", seq, f.FirstSeq, f.LastSeq())
		}
		checkFrame(t, &f, int(f.Index))
		if f.Index < 30 {
			n := f.Index
			if err := r.Next(&f); err != nil || f.Index != n+1 {
				t.Fatalf("after frame %d comes frame %d, %v", n, f.Index, err)
			}
		}
	}
	for _, beyond := range []uint64{end.LastSeq() + 1, 1 << 40} {
		if err := r.SeekSeq(beyond); err != nil {
			t.Fatal(err)
		}
		if err := r.Next(&f); !errors.Is(err, io.EOF) {
			t.Errorf("next after seek to %d: %v, want EOF", beyond, err)
		}
	}

	// What is written later is found without another seek.
	w, err := Open(testDir, memOptions(fsys))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SeekSeq(end.LastSeq() + 1); err != nil {
		t.Fatal(err)
	}
	appendFrames(t, w, 31, 31)
	if err := r.Next(&f); err != nil || f.Index != 31 {
		t.Errorf("found frame %d, %v", f.Index, err)
	}
}

func TestEmptyJournal(t *testing.T) {
	for _, closed := range []bool{false, true} {
		fsys := memJournal(t, 0, closed)
		if n := readFrames(t, fsys, testDir); n != 0 {
			t.Errorf("%d frames", n)
		}
		report, err := verify(fsys, testDir, nil, true)
		if err != nil || report.Clean != closed || report.Frames != 0 {
			t.Errorf("verify: %+v, %v", report, err)
		}
		w, err := Open(testDir, memOptions(fsys))
		if err != nil {
			t.Fatal(err)
		}
		appendFrames(t, w, 1, 5)
		if n := readFrames(t, fsys, testDir); n != 5 {
			t.Errorf("%d frames", n)
		}
	}
}

func TestNoJournal(t *testing.T) {
	empty := t.TempDir()
	for _, dir := range []string{empty, filepath.Join(empty, "missing")} {
		_, err := OpenReader(dir, ReaderOptions{})
		if !errors.Is(err, ErrNoJournal) || !strings.Contains(err.Error(), dir) {
			t.Errorf("open reader: %v", err)
		}
		if _, err := Verify(dir, nil); !errors.Is(err, ErrNoJournal) {
			t.Errorf("verify: %v", err)
		}
		if _, err := List(dir); !errors.Is(err, ErrNoJournal) {
			t.Errorf("list: %v", err)
		}
	}
	names, err := os.ReadDir(empty)
	if err != nil || len(names) != 0 {
		t.Errorf("readers left %v, %v", names, err)
	}
}

func TestAppendRefuses(t *testing.T) {
	good := testFrame(3)
	for name, f := range map[string]Frame{
		"gap":         {FirstSeq: good.FirstSeq + 1, Commands: 1},
		"overlap":     {FirstSeq: good.FirstSeq - 1, Commands: 1},
		"no commands": {FirstSeq: good.FirstSeq},
		"too large":   {FirstSeq: good.FirstSeq, Commands: 1, Raw: make([]byte, MaxFrameBytes+1)},
	} {
		fsys := vfs.NewMem()
		w, err := Open(testDir, memOptions(fsys))
		if err != nil {
			t.Fatal(err)
		}
		appendFrames(t, w, 1, 2)
		first := w.Append(&f)
		if first == nil {
			t.Errorf("%s: append succeeds", name)
		}
		if again := w.Append(&good); again == nil || again.Error() != first.Error() {
			t.Errorf("%s: error %v does not last: %v", name, first, again)
		}
		if n := readFrames(t, fsys, testDir); n != 2 {
			t.Errorf("%s: %d frames", name, n)
		}
	}
}

func TestPayloadSizes(t *testing.T) {
	dir := t.TempDir()
	w, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 3<<20)
	x := uint64(1)
	for i := range noise {
		x = x*6364136223846793005 + 1442695040888963407
		noise[i] = byte(x >> 56)
	}
	var raws [][]byte
	for _, n := range []int{0, 1, compressBytes - 1, compressBytes, 70_000, windowSize + 1, len(noise)} {
		raws = append(raws, noise[:n], bytes.Repeat([]byte("order "), n/6))
	}
	for i, raw := range raws {
		f := Frame{FirstSeq: uint64(i + 1), Commands: 1, Raw: raw}
		if err := w.Append(&f); err != nil {
			t.Fatal(err)
		}
		if f.StoredBytes > len(raw)+headerBytes+trailerBytes+prefixBytes {
			t.Errorf("%d bytes are stored as %d", len(raw), f.StoredBytes)
		}
		if len(raw) > 4096 && i%2 == 1 && f.StoredBytes > len(raw)/10 {
			t.Errorf("%d dull bytes are stored as %d", len(raw), f.StoredBytes)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReader(dir, ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, raw := range raws {
		var f Frame
		if err := r.Next(&f); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(f.Raw, raw) {
			t.Errorf("payload %d of %d bytes came back as %d others", i, len(raw), len(f.Raw))
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestRemoveBefore(t *testing.T) {
	end := testFrame(30)
	for seq := uint64(0); seq <= end.LastSeq()+5; seq += 3 {
		fsys := memJournal(t, 30, false)
		where := places(t, fsys)
		w, err := Open(testDir, memOptions(fsys))
		if err != nil {
			t.Fatal(err)
		}
		before := w.Bytes()
		if err := w.RemoveBefore(seq); err != nil {
			t.Fatal(err)
		}
		appendFrames(t, w, 31, 32)
		report, err := verify(fsys, testDir, nil, true)
		if err != nil {
			t.Fatal(err)
		}
		if report.FirstSeq > max(seq, 1) && report.FirstSeq > where[len(where)-1].seq {
			t.Errorf("remove before %d left %d to %d", seq, report.FirstSeq, report.LastSeq)
		}
		if n := len(report.Segments); n > 1 && report.Segments[0].LastSeq < seq && report.Segments[1].Frames > 0 && report.Segments[1].FirstSeq <= seq {
			t.Errorf("remove before %d left segment %+v", seq, report.Segments[0])
		}
		if report.Bytes != w.Bytes() || report.Frames != w.Frames() || (report.FirstSeq > 1) != (w.Bytes() < before) {
			t.Errorf("%d bytes, %d frames, writer says %d and %d; before %d", report.Bytes, report.Frames, w.Bytes(), w.Frames(), before)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if w, err = Open(testDir, memOptions(fsys)); err != nil {
			t.Fatal(err)
		}
		if w.LastSeq() != report.LastSeq {
			t.Errorf("opened at sequence %d, want %d", w.LastSeq(), report.LastSeq)
		}
	}
}

func TestInterruptedRemoval(t *testing.T) {
	fsys := memJournal(t, 30, false)
	names := segmentNames(t, fsys)
	w, err := Open(testDir, memOptions(fsys))
	if err != nil {
		t.Fatal(err)
	}
	first := readAll(t, fsys, names[0])
	if err := w.RemoveBefore(w.LastSeq()); err != nil {
		t.Fatal(err)
	}
	fsys = fsys.CrashClone(nil)
	writeAll(t, fsys, names[0], first)
	r, err := OpenReader(testDir, ReaderOptions{FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	var f Frame
	if err := r.Next(&f); err != nil || f.FirstSeq == 1 {
		t.Errorf("reader begins with sequence %d, %v", f.FirstSeq, err)
	}
	if _, err = Open(testDir, memOptions(fsys)); err != nil {
		t.Fatal(err)
	}
	if _, err := fsys.Stat(filepath.Join(testDir, names[0])); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", names[0], err)
	}
}

// TestFormatVersion holds what is written, and what FORMAT.md describes, against the constant.
func TestFormatVersion(t *testing.T) {
	fsys := memJournal(t, 1, true)
	r, err := OpenReader(testDir, ReaderOptions{FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	var f Frame
	if err := r.Next(&f); err != nil || f.Format != FormatVersion {
		t.Errorf("frame has version %d, %v, want %d", f.Format, err, FormatVersion)
	}
	if got := readAll(t, fsys, positionName)[4]; got != FormatVersion {
		t.Errorf("POSITION has version %d, want %d", got, FormatVersion)
	}
	document, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("\nFormat version %d (`FormatVersion`", FormatVersion); !strings.Contains(string(document), want) {
		t.Errorf("FORMAT.md lacks %q", want)
	}
}

func TestHeaderGolden(t *testing.T) {
	h := header{
		Frame: Frame{
			Index: 0x0102030405060708, Epoch: 0x11121314, FirstSeq: 0x2122232425262728, Commands: 0x31323334, Events: 0x41424344,
			FirstTime: 0x5152535455565758, LastTime: 0x6162636465666768, Digest: 0x7172737475767778, Derivation: 0x81828384,
			Config: 0x9192939495969798, Synced: 0x0101010101010101, Format: 1,
		},
		codec: codecZstd, rawBytes: 0x00a1a2a3, storedBytes: 0x00b1b2b3, rawCRC: 0xc1c2c3c4,
	}
	for i := range h.ID {
		h.ID[i], h.Prev[i] = byte(0xd0+i), byte(0xe0+i)
	}
	const want = "" +
		"584a4600" + "01" + "01" + "0000" + // magic, version, codec, reserved
		"d0d1d2d3d4d5d6d7d8d9dadbdcdddedf" + // journal
		"e0e1e2e3e4e5e6e7e8e9eaebecedeeef" + // hash of the frame before
		"0807060504030201" + "2827262524232221" + // frame, first sequence
		"5857565554535251" + "6867666564636261" + // first and last time
		"7877767574737271" + "9897969594939291" + "0101010101010101" + // digest, configuration, synced
		"14131211" + "84838281" + "34333231" + "44434241" + // epoch, derivation, commands, events
		"a3a2a100" + "b3b2b100" + "c4c3c2c1" + // raw bytes, stored bytes, CRC32C of the raw bytes
		"39a29ceb" // CRC32C of all this
	b := appendHeader(nil, &h)
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("header\n got %s\nwant %s", got, want)
	}
	var back header
	if sound, problem := decodeHeader(b, &back); !sound || problem != "" {
		t.Fatalf("decode: %v, %q", sound, problem)
	}
	if diff := cmp.Diff(h, back, cmp.AllowUnexported(header{})); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
}

func TestPositionGolden(t *testing.T) {
	p := position{epoch: 0x0102, oldest: 0x0304, newest: 0x0506, frame: 0x0708, seq: 0x090a, clean: true}
	for i := range p.id {
		p.id[i], p.hash[i] = byte(0xd0+i), byte(0xe0+i)
	}
	const want = "" +
		"584a5000" + "01" + "01" + "0000" + // magic, version, flags, reserved
		"d0d1d2d3d4d5d6d7d8d9dadbdcdddedf" + "e0e1e2e3e4e5e6e7e8e9eaebecedeeef" + // journal, hash of the last frame
		"0201000000000000" + "0403000000000000" + "0605000000000000" + // epoch, oldest and newest segment
		"0807000000000000" + "0a09000000000000" + // last frame, its last sequence
		"b200d917" // CRC32C of all this
	b := appendPosition(nil, &p)
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("position\n got %s\nwant %s", got, want)
	}
	back, err := decodePosition(b)
	if err != nil || back != p {
		t.Errorf("round trip: %+v, %v", back, err)
	}
}
