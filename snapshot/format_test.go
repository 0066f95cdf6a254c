package snapshot

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// golden is a file of format version 1, field by field as in FORMAT.md. It must be read as goldenSnapshot for as long as
// version 1 is read. That it is also what Write makes may change with the compressor: then its sections and their lengths and
// checksums differ here, and nothing else may.
const golden = `
58434847534e4150 0100 0000 9f000000      magic, version, flags, header length
000102030405060708090a0b0c0d0e0f         journal id
2a00000000000000 ffffffffffffffff        sequence, time
efcdab8967452301 0300000000000000        digest, epoch
0700000000000000                         frame
f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff         frame hash
01000000 02000000                        derivation, sections
06 00 05000000                           name length, flags, version
2000000000000000 0e00000000000000        raw and stored length
f979f371 656e67696e65                    checksum, name
01 00 00000000                           name length, flags, version
0000000000000000 0000000000000000        raw and stored length
00000000 76                              checksum, name
9ef56d58                                 checksum of the header
28b52ffd 0400 030100 61 d79af998        zstd: frame, one block of 32 times a, checksum
`

func goldenSnapshot() *Snapshot {
	s := &Snapshot{Meta: Meta{
		Seq: 42, Time: -1, Digest: 0x0123456789abcdef, Epoch: 3, Frame: 7, Derivation: 1,
	}}
	for i := range 16 {
		s.Journal[i], s.FrameHash[i] = byte(i), byte(0xf0+i)
	}
	s.Sections = []Section{
		{Name: "engine", Version: 5, Data: bytes.Repeat([]byte("a"), 32)},
		{Name: "v"},
	}
	return s
}

// goldenBytes is golden without its comments.
func goldenBytes(t *testing.T) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(golden) {
		fields, _, _ := strings.Cut(line, "   ")
		digits.WriteString(strings.ReplaceAll(strings.TrimSpace(fields), " ", ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestGoldenIsWritten(t *testing.T) {
	fsys := vfs.NewMem()
	info := mustWrite(t, fsys, goldenSnapshot())
	if got, want := load(t, fsys, info.Path), goldenBytes(t); !bytes.Equal(got, want) {
		t.Errorf("got\n%swant\n%s", hex.Dump(got), hex.Dump(want))
	}
	if want := "00000000000000000042.snap"; info.Name != want {
		t.Errorf("name %s, want %s", info.Name, want)
	}
}

func TestGoldenIsRead(t *testing.T) {
	fsys := vfs.NewMem()
	path := dir + "/00000000000000000042.snap"
	store(t, fsys, path, goldenBytes(t))
	got, err := Read(fsys, path)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(got, goldenSnapshot()); d != "" {
		t.Error(d)
	}
}

// damageBytes is the size of the state that the next two tests damage. 64 KiB do not compress below 16 KiB.
func damageBytes() int {
	if os.Getenv("EXCHANGE_LONG") != "" {
		return 256 << 10
	}
	return 8 << 10
}

// wantCorrupt reads data as a file and fails unless the answer is a corruption in it.
func wantCorrupt(t *testing.T, fsys vfs.FS, name string, data []byte, what string, at int) {
	t.Helper()
	path := filepath.Join(dir, name)
	f, err := fsys.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o640)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, read := range []func() error{
		func() error { _, err := Read(fsys, path); return err },
		func() error { _, err := Verify(fsys, path); return err },
	} {
		err := read()
		c, ok := errors.AsType[*CorruptError](err)
		if !ok {
			t.Fatalf("%s %d: %v, want a *CorruptError", what, at, err)
		}
		if c.File != path || c.Offset < 0 || c.Offset > int64(len(data)) || c.Reason == "" {
			t.Fatalf("%s %d of %d: %+v", what, at, len(data), c)
		}
	}
}

func TestEveryFlippedBitIsDetected(t *testing.T) {
	fsys := vfs.NewMem()
	info := mustWrite(t, fsys, state(9, damageBytes()))
	data := load(t, fsys, info.Path)
	for bit := range 8 * len(data) {
		data[bit/8] ^= 1 << (bit % 8)
		wantCorrupt(t, fsys, info.Name, data, "bit", bit)
		data[bit/8] ^= 1 << (bit % 8)
	}
	for i, was := range data {
		for _, b := range []byte{0x00, 0xff} {
			if was != b {
				data[i] = b
				wantCorrupt(t, fsys, info.Name, data, "byte", i)
			}
		}
		data[i] = was
	}
	t.Logf("%d bits flipped", 8*len(data))
}

func TestEveryTruncationIsDetected(t *testing.T) {
	fsys := vfs.NewMem()
	info := mustWrite(t, fsys, state(9, damageBytes()))
	data := load(t, fsys, info.Path)
	for n := range data {
		wantCorrupt(t, fsys, info.Name, data[:n], "cut to", n)
	}
	for _, tail := range [][]byte{{0}, make([]byte, 4096), data} {
		wantCorrupt(t, fsys, info.Name, append(bytes.Clone(data), tail...), "trailing bytes", len(tail))
	}
}

// Damage that leaves every part whole: parts of other snapshots, in other places, under other names.
func TestMisplacedPartsAreDetected(t *testing.T) {
	fsys := vfs.NewMem()
	two := func(seq uint64, a, b string) []byte {
		s := &Snapshot{Meta: Meta{Seq: seq}, Sections: []Section{{Name: "a", Data: []byte(a)}, {Name: "b", Data: []byte(b)}}}
		return load(t, fsys, mustWrite(t, fsys, s).Path)
	}
	one := two(1, "one", "two")
	other := two(2, "ten", "six")
	if len(one) != len(other) {
		t.Fatalf("files of %d and %d bytes, want the same", len(one), len(other))
	}
	h := minHeaderBytes + 2*(entryBytes+1)
	half := h + (len(one)-h)/2
	swapped := append(append(bytes.Clone(one[:h]), one[half:]...), one[h:half]...)
	for what, data := range map[string][]byte{
		"header of another":       append(bytes.Clone(other[:h]), one[h:]...),
		"second of another":       append(bytes.Clone(one[:half]), other[half:]...),
		"sections swapped":        swapped,
		"first section twice":     append(bytes.Clone(one[:half]), one[h:half]...),
		"another under this name": other,
	} {
		wantCorrupt(t, fsys, fileName(1), data, what, 0)
	}
}

// edit returns a file whose header was changed by f and has a right checksum again.
func edit(file []byte, f func(header []byte)) []byte {
	b := bytes.Clone(file)
	h := binary.LittleEndian.Uint32(b[12:])
	f(b[:h])
	binary.LittleEndian.PutUint32(b[h-4:], checksum(b[:h-4]))
	return b
}

// Headers with a right checksum that no writer makes.
func TestForgedHeadersAreRefused(t *testing.T) {
	fsys := vfs.NewMem()
	le := binary.LittleEndian
	file := goldenBytes(t)
	const first, second = fixedBytes, fixedBytes + entryBytes + 6
	for _, c := range []struct {
		reason string
		offset int64
		f      func(h []byte)
	}{
		{"reserved flags 8000 are set", 10, func(h []byte) { h[11] = 0x80 }},
		{"257 sections, the limit is 256", 92, func(h []byte) { le.PutUint32(h[92:], 257) }},
		{"4294967295 sections", 92, func(h []byte) { le.PutUint32(h[92:], math.MaxUint32) }},
		{"27 bytes after the last entry", second, func(h []byte) { le.PutUint32(h[92:], 1) }},
		{"the header ends within a field of 2 bytes", int64(len(file) - 14 - 4), func(h []byte) { le.PutUint32(h[92:], 3) }},
		{"reserved flags 01 are set", first + 1, func(h []byte) { h[first+1] = 1 }},
		{"a name of 0 bytes", second, func(h []byte) { h[second] = 0 }},
		{"the header ends within a field of 255 bytes", second + entryBytes, func(h []byte) { h[second] = 255 }},
		{"not printable ASCII", second, func(h []byte) { h[second+entryBytes] = '\n' }},
		{"2147483648 bytes, the limit is 2147483647", first + 6, func(h []byte) { le.PutUint64(h[first+6:], 1<<31) }},
		{"the limit is 2147483647", first + 6, func(h []byte) { le.PutUint64(h[first+6:], math.MaxUint64) }},
		{"458753 bytes are stored as 14, which zstd", first + 6, func(h []byte) { le.PutUint64(h[first+6:], 14<<15+1) }},
		{"32 bytes are stored as 97", first + 14, func(h []byte) { le.PutUint64(h[first+14:], 97) }},
		{"32 bytes are stored as 18446744073709551615", first + 14, func(h []byte) { le.PutUint64(h[first+14:], math.MaxUint64) }},
		{"32 bytes are stored as 0", first + 6, func(h []byte) { le.PutUint64(h[first+14:], 0) }},
		{"the file has 173 bytes, should have 174", 173, func(h []byte) { le.PutUint64(h[first+14:], 15) }},
		{"the snapshot of sequence 43", 32, func(h []byte) { h[32] = 43 }},
	} {
		path := dir + "/" + fileName(42)
		store(t, fsys, path, edit(file, c.f))
		_, err := Read(fsys, path)
		e, ok := errors.AsType[*CorruptError](err)
		if !ok || !strings.Contains(e.Reason, c.reason) {
			t.Errorf("%s: %v", c.reason, err)
			continue
		}
		if e.Offset != c.offset {
			t.Errorf("%s: offset %d, want %d", c.reason, e.Offset, c.offset)
		}
	}
}

// Tables with a right checksum that no writer makes.
func TestForgedTablesAreRefused(t *testing.T) {
	huge := func(name string) entry {
		return entry{name: name, rawBytes: MaxSectionBytes, storedBytes: 1 << 20}
	}
	for _, c := range []struct {
		reason string // "" for a good one
		table  []entry
	}{
		{"", []entry{huge("a"), huge("b"), huge("c"), huge("d")}},
		{"10737418235 bytes in the sections so far, the limit is 8589934592", []entry{huge("a"), huge("b"), huge("c"), huge("d"), huge("e")}},
		{"a second section with the name \"a\"", []entry{{name: "a"}, {name: "b"}, {name: "a"}}},
		{"", []entry{{name: strings.Repeat("x", 64)}}},
		{"a name of 65 bytes", []entry{{name: strings.Repeat("x", 65)}}},
	} {
		_, err := decodeHeader("x", appendHeader(nil, &header{table: c.table}))
		if c.reason == "" {
			if err != nil {
				t.Errorf("%d entries: %v", len(c.table), err)
			}
			continue
		}
		if e, ok := errors.AsType[*CorruptError](err); !ok || !strings.Contains(e.Reason, c.reason) {
			t.Errorf("error %v, want one that says %q", err, c.reason)
		}
	}
}

func TestUnknownVersionIsNotCorrupt(t *testing.T) {
	fsys := vfs.NewMem()
	path := dir + "/" + fileName(42)
	for version, says := range map[byte]string{0: "version 0, known is 1", 2: "version 2, known is 1"} {
		store(t, fsys, path, edit(goldenBytes(t), func(h []byte) { h[8] = version }))
		_, err := Read(fsys, path)
		if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want ErrVersion that says %s", err, says)
		}
		if _, ok := errors.AsType[*CorruptError](err); ok {
			t.Errorf("error %v is a *CorruptError", err)
		}
	}
}

// oneSection returns a file with one section of which everything but raw is true.
func oneSection(raw uint64, stored []byte) []byte {
	h := header{table: []entry{{name: "x", rawBytes: raw, storedBytes: uint64(len(stored)), checksum: checksum(stored)}}}
	return append(appendHeader(nil, &h), stored...)
}

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Sections with a right checksum that decompress to something else than they claim. None may cost more memory than the decoder
// itself and what the length of the file allows to claim; with a wrong checksum, there is not even a decoder.
func TestPromiseDecompressionSnapshots(t *testing.T) {
	const decoderBytes = 3 << 20
	p := promise.Begin(t, "D16")
	most := uint64(0)
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 64<<20)
	bomb := z.EncodeAll(zeros, nil)
	var streamed bytes.Buffer // its frame does not say how long it is
	z.Reset(&streamed)
	if _, err := z.Write(zeros); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	small := z.EncodeAll([]byte("hello"), nil)
	withDict, err := zstd.NewWriter(nil, zstd.WithEncoderDictRaw(7, bytes.Repeat([]byte("abcdefgh"), 100)))
	if err != nil {
		t.Fatal(err)
	}
	dict := withDict.EncodeAll(bytes.Repeat([]byte("abcdefgh"), 20), nil)
	if err := withDict.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		raw    uint64
		stored []byte
	}{
		{"bomb", uint64(len(bomb)), bomb},
		{"bomb of unknown length", uint64(streamed.Len()), streamed.Bytes()},
		{"claim beyond zstd", 1 << 30, bytes.Repeat([]byte{1}, 1<<10)},
		{"claim of 1 MiB", 1 << 20, bytes.Repeat([]byte{1}, 1<<10)},
		{"too short a claim", 4, small},
		{"too long a claim", 6, small},
		{"two frames", 5, append(bytes.Clone(small), small...)},
		{"half a frame", 5, small[:len(small)-3]},
		{"no frame", 5, []byte("hello")},
		{"a dictionary", 160, dict},
		{"nothing", 1, nil},
		{"something for nothing", 0, small},
	} {
		file := oneSection(c.raw, c.stored)
		problem, made := readsBomb(t, file)
		bad := 0
		if limit := uint64(decoderBytes + 1<<20); made > limit {
			t.Errorf("%s: %d bytes were allocated, the limit is %d: %s", c.name, made, limit, problem)
			bad++
		}
		most = max(most, made)
		if len(c.stored) > 0 && c.raw > 0 && strings.Contains(problem, "decompress") {
			file[len(file)-1] ^= 1
			limit := uint64(2*len(file) + 64<<10) // the file and what is read of it
			if problem, made = readsBomb(t, file); made > limit || !strings.Contains(problem, "checksum is") {
				t.Errorf("%s, with a wrong checksum: %d bytes were allocated, the limit is %d: %s", c.name, made, limit, problem)
				bad++
			}
		}
		p.Add(1, bad)
	}
	p.Note(fmt.Sprintf("bombs took at most %d KiB", most>>10))
	// The same shapes are good when they are what they claim: any zstd will do.
	for name, stored := range map[string][]byte{"bomb": bomb, "bomb of unknown length": streamed.Bytes()} {
		fsys := vfs.NewMem()
		store(t, fsys, dir+"/x", oneSection(uint64(len(zeros)), stored))
		s, err := Read(fsys, dir+"/x")
		if err != nil || !bytes.Equal(s.Sections[0].Data, zeros) {
			t.Errorf("%s with a true claim: %v", name, err)
		}
	}
}

// readsBomb reads a file that is corrupt, and returns why and what was allocated for it.
func readsBomb(t *testing.T, file []byte) (problem string, bytes uint64) {
	t.Helper()
	fsys := vfs.NewMem()
	path := dir + "/x"
	store(t, fsys, path, file)
	var err error
	bytes = allocated(func() { _, err = Read(fsys, path) })
	corrupt, ok := errors.AsType[*CorruptError](err)
	if !ok {
		t.Fatalf("error %v, want a *CorruptError", err)
	}
	return corrupt.Reason, bytes
}

// checkRead reads data as a file. What is accepted is written again and must come back the same.
func checkRead(t *testing.T, data []byte) {
	fsys := vfs.NewMem()
	store(t, fsys, dir+"/x", data)
	s, err := Read(fsys, dir+"/x")
	if err != nil {
		if _, ok := errors.AsType[*CorruptError](err); !ok && !errors.Is(err, ErrVersion) {
			t.Fatalf("error %v, want a *CorruptError or ErrVersion", err)
		}
		return
	}
	again, err := Read(fsys, mustWrite(t, fsys, s).Path)
	if err != nil {
		t.Fatal(err)
	}
	if d := diff(again, s); d != "" {
		t.Fatal(d)
	}
}

// FuzzRead gives Read any bytes, as they are and with the header's checksum made right, so that what stands behind the checksum
// is reached.
func FuzzRead(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte(magic))
	fsys := vfs.NewMem()
	for _, s := range []*Snapshot{{}, goldenSnapshot(), state(3, 500)} {
		info, err := Write(fsys, dir, s)
		if err != nil {
			f.Fatal(err)
		}
		data, err := vfs.ReadFile(fsys, info.Path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkRead(t, data)
		if len(data) < prefixBytes {
			return
		}
		if h, err := headerBytes("x", data[:prefixBytes]); err == nil && h <= len(data) {
			checkRead(t, edit(data, func([]byte) {}))
		}
	})
}

// FuzzSection gives the decompressor any bytes, behind a right checksum and any claim of their length.
func FuzzSection(f *testing.F) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint64(0), []byte{})
	f.Add(uint64(5), z.EncodeAll([]byte("hello"), nil))
	f.Add(uint64(1<<20), z.EncodeAll(make([]byte, 1<<20), nil))
	f.Add(uint64(math.MaxUint64), []byte("hello"))
	if err := z.Close(); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw uint64, stored []byte) {
		if raw <= MaxSectionBytes {
			raw %= 4 << 20 // claims that are allowed are kept small, for the sake of the machine that fuzzes
		}
		checkRead(t, oneSection(raw, stored))
	})
}
