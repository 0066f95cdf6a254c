package journal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// decompressorBytes is what a decompressor takes by itself, and what a Reader does beside the frame.
const decompressorBytes = 2 << 20

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// bomb is a compressed payload that is not what its header says.
type bomb struct {
	name    string
	payload []byte
	raw     uint32 // bytes that the header says
	says    string
}

// bombs returns payloads that claim more than they hold, hold more than they claim, or are no payload at all.
func bombs(tb testing.TB) []bomb {
	tb.Helper()
	z := newCompressor(tb)
	zeros := make([]byte, 256<<20)
	packed := z.EncodeAll(bytes.Repeat([]byte("order "), 500), nil)
	huge := z.EncodeAll(zeros, nil)
	all := z.EncodeAll(zeros[:MaxFrameBytes], nil) // as much as a frame may hold
	var streamed bytes.Buffer                      // its frame does not say how much it holds
	z.Reset(&streamed)
	if _, err := z.Write(zeros[:32<<20]); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	dict := newCompressor(tb, zstd.WithEncoderDictRaw(7, bytes.Repeat([]byte("abcdefgh"), 100))).EncodeAll(bytes.Repeat([]byte("abcdefgh"), 200), nil)
	// A frame header of zstd by hand: its window or its content are as large as can be said.
	claim := func(descriptor byte, rest ...byte) []byte {
		return append(append([]byte{0x28, 0xb5, 0x2f, 0xfd, descriptor}, rest...), 1, 0, 0)
	}
	content := func(n uint64) []byte { return claim(0xe0, binary.LittleEndian.AppendUint64(nil, n)...) }
	return []bomb{
		{"256 MiB for 1,000 bytes", huge, 1000, "must be 1000"},
		{"256 MiB for all that is allowed", huge, MaxFrameBytes, "must be 67108864"},
		{"64 MiB for one byte less", all, MaxFrameBytes - 1, "must be 67108863"},
		{"32 MiB that do not say so", streamed.Bytes(), 32 << 20, "must be 33554432"},
		{"3 KB, and 256 MiB behind them", append(bytes.Clone(packed), huge...), 3000, "decompress payload"},
		{"3 KB twice", append(bytes.Clone(packed), packed...), 3000, "decompress payload"},
		{"3 KB for 2,999 bytes", packed, 2999, "must be 2999"},
		{"3 KB for 3,001 bytes", packed, 3001, "must be 3001"},
		{"3 KB, cut short", packed[:len(packed)-3], 3000, "decompress payload"},
		{"a dictionary", dict, 1600, "decompress payload"},
		{"a claim of 64 MiB and nothing else", content(MaxFrameBytes), MaxFrameBytes, "cannot decompress"},
		{"a claim of 64 MiB over 2,047 bytes", append(content(MaxFrameBytes), make([]byte, 2047-16)...), MaxFrameBytes, "cannot decompress"},
		{"a claim of 2^64 less 1", content(1<<64 - 1), 1 << 20, "must be 1048576"},
		{"a window of 2^41 bytes", claim(0xc0, 0xf8, 1, 0, 0, 0, 0, 0, 0, 0), 1, "decompress payload"},
		{"no zstd", []byte("no zstd at all"), 14, "decompress payload"},
		{"nothing", nil, 1, "decompress payload"},
		{"a frame to be skipped", []byte{0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4}, 1, "must be 1"},
	}
}

func newCompressor(tb testing.TB, o ...zstd.EOption) *zstd.Encoder {
	tb.Helper()
	z, err := zstd.NewWriter(nil, append(o, zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		tb.Fatal(err)
	}
	return z
}

// forgedFrame returns an entry of a segment with a payload whose checksums are right.
func forgedFrame(b *bomb) []byte {
	h := header{
		Frame: Frame{Index: 1, ID: ID{1}, Epoch: 1, FirstSeq: 1, Commands: 1, Format: FormatVersion},
		codec: codecZstd, rawBytes: b.raw, storedBytes: uint32(len(b.payload)),
	}
	dst := binary.AppendUvarint(nil, uint64(h.frameBytes()))
	dst = append(appendHeader(dst, &h), b.payload...)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(b.payload, castagnoli))
}

// reads has a new Reader decompress an entry, and returns the problem and what was allocated.
func reads(stored []byte) (problem string, bytes uint64) {
	r := &Reader{}
	bytes = allocated(func() {
		if r.entry.parse(stored); r.entry.problem != "" {
			problem = r.entry.problem
			return
		}
		if _, err := r.decompress(nil); err != nil {
			problem = err.Error()
		}
	})
	if r.zstd != nil {
		r.zstd.Close()
	}
	return problem, bytes
}

// TestPromiseDecompressionFrames has frames with payloads that are bombs behind right checksums, and the same behind wrong ones.
// None takes more memory than its header and its own length allow together, and one with a wrong checksum is not decompressed at
// all: not even a decompressor is made. It says nothing of errors in zstd itself beyond those that these inputs reach.
func TestPromiseDecompressionFrames(t *testing.T) {
	p := promise.Begin(t, "D16")
	most := uint64(0)
	for _, b := range bombs(t) {
		stored := forgedFrame(&b)
		problem, made := reads(stored)
		limit := uint64(decompressorBytes + min(int(b.raw), maxRatio*len(b.payload)))
		bad := 0
		if !strings.Contains(problem, b.says) || made > limit {
			t.Errorf("%s: %q, want %q; %d bytes, limit %d", b.name, problem, b.says, made, limit)
			bad++
		}
		most = max(most, made)
		stored[len(stored)-1] ^= 1
		if problem, made := reads(stored); !strings.Contains(problem, "payload checksum") || made > 64<<10 {
			t.Errorf("%s, with a wrong checksum: %q, %d bytes", b.name, problem, made)
			bad++
		}
		p.Add(2, bad)
	}
	p.Add(damagedPayloads(t, promise.Scale(2_000, 50_000, 1_000_000)))
	p.Note(fmt.Sprintf("bombs took at most %d KiB", most>>10))
}

// damagedPayloads decompresses payloads with right checksums in which bytes were changed, cut or put in. It returns how many it
// tried, and how many took too much memory or gave something of another length.
func damagedPayloads(t *testing.T, n int) (cases, violations int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(16, 0))
	z := newCompressor(t)
	var good [][]byte
	for _, size := range []int{100, 3_000, 100_000} {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(rng.IntN(1 + rng.IntN(60)))
		}
		good = append(good, z.EncodeAll(b, nil))
	}
	r := &Reader{}
	r.entry.codec = codecZstd
	for range n {
		var h zstd.Header
		damaged := damage(rng, good[rng.IntN(len(good))])
		if h.Decode(damaged) == nil && h.HasFCS && rng.IntN(4) > 0 {
			r.entry.rawBytes = uint32(min(h.FrameContentSize, MaxFrameBytes)) // as a forger would, who knows what is compared
		}
		r.entry.payload = damaged
		var out []byte
		var err error
		made := allocated(func() { out, err = r.decompress(nil) })
		limit := uint64(decompressorBytes + min(int(r.entry.rawBytes), maxRatio*len(damaged)))
		if made > limit || err == nil && len(out) != int(r.entry.rawBytes) {
			t.Errorf("%d bytes for %d took %d, limit %d, %v: %.40x", len(out), r.entry.rawBytes, made, limit, err, damaged)
			violations++
		}
	}
	if r.zstd != nil {
		r.zstd.Close()
	}
	return n, violations
}

// damage returns a copy of b in which something is wrong.
func damage(rng *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + rng.IntN(3) {
		at := rng.IntN(len(b))
		if rng.IntN(3) > 0 {
			at = rng.IntN(min(len(b), 24)) // where the headers are
		}
		switch rng.IntN(4) {
		case 0:
			b = append(b[:at:at], b[at+min(len(b)-at-1, rng.IntN(8)):]...)
		case 1:
			b = append(b[:at:at], append([]byte{byte(rng.Uint32())}, b[at:]...)...)
		default:
			b[at] ^= 1 << rng.IntN(8)
		}
	}
	return b
}

// FuzzBomb gives the decompressor any payload behind right checksums, and any claim of how much it holds: no panic, and no more
// memory than the claim and the length of the payload allow together.
func FuzzBomb(f *testing.F) {
	for _, b := range bombs(f) {
		if len(b.payload) < 10_000 {
			f.Add(b.payload, b.raw)
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte, raw uint32) {
		if len(payload) > 1<<16 {
			return
		}
		raw %= MaxFrameBytes + 1
		problem, made := reads(forgedFrame(&bomb{payload: payload, raw: raw}))
		if limit := uint64(decompressorBytes + min(int(raw), maxRatio*len(payload)) + len(payload)); made > limit {
			t.Errorf("%d bytes were allocated, limit %d: %s", made, limit, problem)
		}
	})
}

// TestBombInAJournal has the Reader of a journal name the place of a bomb.
func TestBombInAJournal(t *testing.T) {
	disk := memJournal(t, 1, true)
	name := segmentNames(t, disk)[0]
	b := readAll(t, disk, name)
	var e entry
	if e.parse(b); e.problem != "" {
		t.Fatal(e.problem)
	}
	e.codec, e.rawBytes = codecZstd, MaxFrameBytes
	payload := newCompressor(t).EncodeAll(make([]byte, 1000), nil)
	e.storedBytes = uint32(len(payload))
	forged := binary.AppendUvarint(nil, uint64(e.frameBytes()))
	forged = append(appendHeader(forged, &e.header), payload...)
	forged = binary.LittleEndian.AppendUint32(forged, crc32.Checksum(payload, castagnoli))
	fsys := vfs.NewMem()
	if err := vfs.MkdirSync(fsys, testDir, dirPerm); err != nil {
		t.Fatal(err)
	}
	writeAll(t, fsys, name, forged)
	p := position{id: e.ID, epoch: 1, oldest: 1, newest: 1}
	if err := storePosition(fsys, testDir, &p); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReader(testDir, ReaderOptions{FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // it was only read
	var f Frame
	if err := r.Next(&f); err == nil || !strings.Contains(err.Error(), "offset 0, sequence 1: payload decompresses to 1000 bytes, must be 67108864") {
		t.Errorf("error %v", err)
	}
}
