package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/tidwall/wal"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// FuzzEntry reads anything as an entry of a segment. Whatever is accepted must be exactly what a Writer would have written.
func FuzzEntry(f *testing.F) {
	disk := memJournal(f, 3, true)
	segment := readAll(f, disk, segmentName(1))
	f.Add(segment[:200])
	f.Add(segment[:50])
	f.Add(append([]byte{segment[0], segment[1] | 0x80, 0}, segment[2:200]...))
	f.Add([]byte{})
	f.Add(make([]byte, 300))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, repaired := range []bool{false, true} { // as it is, then with its header made sound, which gets further
			if repaired {
				_, n := binary.Uvarint(b)
				if n <= 0 || len(b) < n+headerBytes {
					return
				}
				b = bytes.Clone(b)
				copy(b[n:], magic)
				seal(b[n : n+headerBytes])
			}
			var e entry
			want := e.parse(b)
			if e.short != (want > len(b)) || (e.whole && e.known) != (e.problem == "") {
				t.Fatalf("want %d of %d bytes, short %v, whole %v, known %v, problem %q", want, len(b), e.short, e.whole, e.known, e.problem)
			}
			if e.problem != "" {
				continue
			}
			again := binary.AppendUvarint(nil, uint64(e.frameBytes()))
			again = appendHeader(again, &e.header)
			again = append(again, e.payload...)
			again = binary.LittleEndian.AppendUint32(again, crc32.Checksum(e.payload, castagnoli))
			if !bytes.Equal(again, b[:e.bytes]) {
				t.Fatalf("written again\n%x\nbut was\n%x", again, b[:e.bytes])
			}
		}
	})
}

// FuzzPosition reads anything as POSITION.
func FuzzPosition(f *testing.F) {
	f.Add(readAll(f, memJournal(f, 3, true), positionName))
	f.Add(readAll(f, memJournal(f, 0, false), positionName))
	f.Add([]byte("XJP"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= positionBytes {
			b = bytes.Clone(b)
			seal(b)
		}
		p, err := decodePosition(b)
		if err == nil && !bytes.Equal(appendPosition(nil, &p), b) {
			t.Fatalf("%x is not what %+v is written as", b, p)
		}
	})
}

// FuzzPayload decompresses anything. What comes out is never larger than the header allows, and neither is what is made for it.
func FuzzPayload(f *testing.F) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	bomb := z.EncodeAll(make([]byte, 1<<20), nil)
	f.Add(bomb, uint32(1<<20))
	f.Add(bomb, uint32(100))
	f.Add(append(z.EncodeAll([]byte("12345"), nil), bomb...), uint32(5))
	f.Add(z.EncodeAll(bytes.Repeat([]byte("order "), 300), nil), uint32(1800))
	f.Fuzz(func(t *testing.T, payload []byte, rawBytes uint32) {
		rawBytes %= 2 << 20
		r := &Reader{}
		r.entry.codec, r.entry.rawBytes, r.entry.payload = codecZstd, rawBytes, payload
		raw, err := r.decompress(nil)
		if err == nil && len(raw) != int(rawBytes) {
			t.Fatalf("%d bytes, header says %d", len(raw), rawBytes)
		}
		if r.zstd != nil {
			r.zstd.Close()
		}
	})
}

// TestBombs has payloads whose checksums are right and which still are not what the header says.
func TestBombs(t *testing.T) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	raw := bytes.Repeat([]byte("order "), 500)
	packed := z.EncodeAll(raw, nil)
	sum := crc32.Checksum(raw, castagnoli)
	huge := z.EncodeAll(make([]byte, 40<<20), nil)
	for name, c := range map[string]struct {
		payload []byte
		bytes   int
		crc     uint32
		want    string
	}{
		"larger than said":   {packed, len(raw) - 1, sum, "must be 2999"},
		"smaller than said":  {packed, len(raw) + 1, sum, "must be 3001"},
		"bomb":               {huge, 1000, sum, "must be 1000"},
		"bomb after a frame": {append(bytes.Clone(packed), huge...), len(raw), sum, "decompress"},
		"no zstd":            {raw, len(raw), sum, "decompress"},
		"cut short":          {packed[:len(packed)-3], len(raw), sum, "decompress"},
		"other contents":     {packed, len(raw), sum + 1, "checksum of the decompressed payload"},
		"nothing":            {nil, len(raw), sum, "decompress"},
	} {
		r := &Reader{}
		r.entry.codec, r.entry.payload, r.entry.rawBytes, r.entry.rawCRC = codecZstd, c.payload, uint32(c.bytes), c.crc
		made := testing.AllocsPerRun(1, func() { _, err = r.decompress(nil) })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v (%v allocations), want %q", name, err, made, c.want)
		}
	}

	// A Reader names the place of such a frame.
	fsys := vfs.NewMem()
	w, err := Open(testDir, memOptions(fsys))
	if err != nil {
		t.Fatal(err)
	}
	appendFrames(t, w, 1, 2)
	f := testFrame(3)
	f.Raw = raw
	if err := w.Append(&f); err != nil {
		t.Fatal(err)
	}
	name := f.Segment
	b := readAll(t, fsys, name)
	head := b[f.Offset+2:][:headerBytes]
	head[120] ^= 1 // the checksum of the uncompressed payload
	seal(head)
	writeAll(t, fsys, name, b)
	_, err = verify(fsys, testDir, nil, true)
	var c *CorruptError
	if !errors.As(err, &c) || c.Offset != f.Offset || c.Seq != f.FirstSeq || !strings.Contains(c.Reason, "decompressed") {
		t.Errorf("verify: %v", err)
	}
}

// memoryLog takes frames and keeps nothing.
type memoryLog struct{}

func (memoryLog) Write(uint64, []byte) error { return nil }
func (memoryLog) Sync() error                { return nil }
func (memoryLog) Close() error               { return nil }

func TestNoAllocations(t *testing.T) {
	if sampling != 1 {
		t.Skip("the race detector allocates")
	}
	for _, raw := range [][]byte{[]byte("small"), bytes.Repeat([]byte("an order of some kind "), 3000)} {
		fsys := vfs.NewMem()
		w, err := Open(testDir, Options{
			FS: fsys, SegmentBytes: 1 << 30,
			OpenLog: func(string, *wal.Options) (Log, error) { return memoryLog{}, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		f := Frame{Commands: 1, Raw: raw}
		if n := testing.AllocsPerRun(200, func() {
			f.FirstSeq++
			if err := w.Append(&f); err != nil {
				t.Fatal(err)
			}
			if err := w.Sync(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("Append of %d bytes makes %v allocations", len(raw), n)
		}

		dir := t.TempDir()
		if w, err = Open(dir, Options{}); err != nil {
			t.Fatal(err)
		}
		for f.FirstSeq = 1; f.FirstSeq <= 300; f.FirstSeq++ {
			if err := w.Append(&f); err != nil {
				t.Fatal(err)
			}
		}
		r, err := OpenReader(dir, ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var got Frame
		if n := testing.AllocsPerRun(200, func() {
			if err := r.Next(&got); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("Next of %d bytes makes %v allocations", len(raw), n)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// benchmarkPayload looks like 1,024 encoded events: 12 KiB that compress by a sixth.
func benchmarkPayload() []byte {
	raw := make([]byte, 0, 12<<10)
	x := uint64(42)
	for len(raw) < cap(raw) {
		x = x*6364136223846793005 + 1442695040888963407
		raw = append(raw, byte(x>>60), byte(x>>40)&0x7f, byte(x>>33)&0x1f, byte(x>>57))
	}
	return raw
}

func BenchmarkAppend(b *testing.B) {
	for _, sync := range []bool{false, true} {
		name := "nosync"
		if sync {
			name = "sync"
		}
		b.Run(name, func(b *testing.B) {
			w, err := Open(b.TempDir(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			f := Frame{Commands: 1, Raw: benchmarkPayload()}
			b.SetBytes(int64(len(f.Raw)))
			b.ReportAllocs()
			for b.Loop() {
				f.FirstSeq++
				if err := w.Append(&f); err != nil {
					b.Fatal(err)
				}
				if !sync {
					continue
				}
				if err := w.Sync(); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func BenchmarkNext(b *testing.B) {
	dir := b.TempDir()
	w, err := Open(dir, Options{})
	if err != nil {
		b.Fatal(err)
	}
	f := Frame{Commands: 1, Raw: benchmarkPayload()}
	for f.FirstSeq = 1; f.FirstSeq <= 2000; f.FirstSeq++ {
		if err := w.Append(&f); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	r, err := OpenReader(dir, ReaderOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(f.Raw)))
	b.ReportAllocs()
	for b.Loop() {
		err := r.Next(&f)
		if errors.Is(err, io.EOF) {
			err = r.SeekSeq(1)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	w, err := Open(dir, Options{})
	if err != nil {
		b.Fatal(err)
	}
	f := Frame{Commands: 1, Raw: benchmarkPayload()}
	for f.FirstSeq = 1; f.FirstSeq <= 2000; f.FirstSeq++ {
		if err := w.Append(&f); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(w.Bytes())
	for b.Loop() {
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		if w, err = Open(dir, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}
