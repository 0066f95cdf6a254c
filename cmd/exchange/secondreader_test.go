package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// The second reader reads data directories by journal/FORMAT.md,
// engine/msg/FORMAT.md and snapshot/FORMAT.md and shares no code with the one
// that the product has. Where both agree, the documents say what is done.

const (
	secondHeader   = 128
	secondPosition = 84
	secondRatio    = 32_768
)

// secondFrame is a frame of the journal, its payload decompressed.
type secondFrame struct {
	segment string
	offset  int

	journal, prev, hash    [16]byte
	number, firstSeq       uint64
	firstTime, lastTime    int64
	digest, config, synced uint64
	epoch, derivation      uint32
	commands, events       uint32
	codec                  byte
	raw                    []byte
}

func (f *secondFrame) lastSeq() uint64 { return f.firstSeq + uint64(f.commands) - 1 }

func secondCRC(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// secondVersion reads the first eight bytes of a file or a frame.
func secondVersion(c *secondCursor, magic string) (next byte) {
	if got := string(c.bytes(4)); got != magic+"\x00" {
		c.fail("magic %q, want %q", got, magic)
	}
	if v := c.u8(); v != 1 {
		c.fail("version %d", v)
	}
	next = c.u8()
	if reserved := c.u16(); reserved != 0 {
		c.fail("reserved bytes %04x", reserved)
	}
	return next
}

// secondSegment reads all frames of a segment.
func secondSegment(name string, b []byte) (frames []secondFrame, err error) {
	c := &secondCursor{b: b}
	for c.more() {
		start := c.at
		length := c.uint()
		f := secondFrame{segment: name, offset: start}
		if n := c.at - start; n > 1 && length < 1<<(7*(n-1)) {
			c.fail("length %d in %d bytes", length, n)
		}
		if length < secondHeader+4 || length > uint64(len(b)-c.at) {
			c.fail("length %d", length)
		}
		if c.err == nil {
			c.err = f.read(c.bytes(int(length)))
		}
		if c.err != nil {
			return frames, fmt.Errorf("segment %s, frame at %d: %w", name, start, c.err)
		}
		frames = append(frames, f)
	}
	return frames, nil
}

// read reads a frame, which is all of b.
func (f *secondFrame) read(b []byte) error {
	c := &secondCursor{b: b}
	f.codec = secondVersion(c, "XJF")
	f.journal, f.prev = c.hash(), c.hash()
	f.number, f.firstSeq = c.u64(), c.u64()
	f.firstTime, f.lastTime = int64(c.u64()), int64(c.u64())
	f.digest, f.config, f.synced = c.u64(), c.u64(), c.u64()
	f.epoch, f.derivation = c.u32(), c.u32()
	f.commands, f.events = c.u32(), c.u32()
	raw, stored, rawCRC := c.u32(), c.u32(), c.u32()
	if sum := c.u32(); sum != secondCRC(b[:124]) {
		c.fail("checksum of the header")
	}
	if uint64(len(b)) != secondHeader+uint64(stored)+4 || raw > 64<<20 || stored > 64<<20 || f.commands == 0 {
		c.fail("%d bytes, %d stored, %d raw, %d commands", len(b), stored, raw, f.commands)
	}
	if c.err != nil {
		return c.err
	}
	payload := c.bytes(int(stored))
	if sum := c.u32(); sum != secondCRC(payload) {
		c.fail("checksum of the payload")
	}
	switch f.codec {
	case 0:
		f.raw = payload
	case 1:
		var err error
		if f.raw, err = secondUnzstd(payload, uint64(raw), 1<<20, true); err != nil {
			c.fail("%w", err)
		}
	default:
		c.fail("codec %d", f.codec)
	}
	if uint64(len(f.raw)) != uint64(raw) || secondCRC(f.raw) != rawCRC {
		c.fail("%d raw bytes with another checksum, want %d", len(f.raw), raw)
	}
	sum := sha256.Sum256(b)
	copy(f.hash[:], sum[:])
	return c.err
}

// secondUnzstd decompresses into size bytes. Stated says that the size has to
// stand in the compressed bytes. What looks back further than window bytes would not
// have been written.
func secondUnzstd(stored []byte, size, window uint64, stated bool) ([]byte, error) {
	var h zstd.Header
	if err := h.Decode(stored); err != nil {
		return nil, err
	}
	if stated && !h.HasFCS || h.HasFCS && h.FrameContentSize != size || size > secondRatio*uint64(len(stored)) {
		return nil, fmt.Errorf("%d bytes for %d, stated %d", len(stored), size, h.FrameContentSize)
	}
	if !h.SingleSegment && h.WindowSize > window {
		return nil, fmt.Errorf("a window of %d bytes", h.WindowSize)
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	raw, err := d.DecodeAll(stored, make([]byte, 0, size))
	if err == nil && uint64(len(raw)) != size {
		err = fmt.Errorf("%d bytes decompressed, want %d", len(raw), size)
	}
	return raw, err
}

// secondEnd is POSITION.
type secondEnd struct {
	clean                 bool
	journal, hash         [16]byte
	epoch, oldest, newest uint64
	lastFrame, lastSeq    uint64
}

func secondReadEnd(b []byte) (e secondEnd, err error) {
	c := &secondCursor{b: b}
	flags := secondVersion(c, "XJP")
	e.journal, e.hash = c.hash(), c.hash()
	e.epoch, e.oldest, e.newest = c.u64(), c.u64(), c.u64()
	e.lastFrame, e.lastSeq = c.u64(), c.u64()
	if sum := c.u32(); len(b) != secondPosition || sum != secondCRC(b[:80]) || flags > 1 {
		c.fail("POSITION of %d bytes, flags %d, checksum %08x", len(b), flags, sum)
	}
	e.clean = flags == 1
	return e, c.err
}

// secondJournal is a journal that was stopped cleanly.
type secondJournal struct {
	end      secondEnd
	segments []uint64
	sizes    map[uint64]int
	frames   []secondFrame
}

// secondReadJournal reads the directory of a journal and checks its chain.
func secondReadJournal(dir string) (*secondJournal, error) {
	b, err := os.ReadFile(filepath.Join(dir, "POSITION"))
	if err != nil {
		return nil, err
	}
	j := &secondJournal{sizes: map[uint64]int{}}
	if j.end, err = secondReadEnd(b); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir) // by name, so by number
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		number, err := strconv.ParseUint(e.Name(), 10, 64)
		if err != nil || len(e.Name()) != 20 || number < j.end.oldest {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		frames, err := secondSegment(e.Name(), b)
		if err != nil {
			return nil, err
		}
		if len(frames) > 0 && frames[0].number != number {
			return nil, fmt.Errorf("segment %s begins with frame %d", e.Name(), frames[0].number)
		}
		j.segments, j.sizes[number] = append(j.segments, number), len(b)
		j.frames = append(j.frames, frames...)
	}
	return j, j.chain()
}

// chain checks that each frame continues the one before, and that the last is the
// one that POSITION names.
func (j *secondJournal) chain() error {
	var before *secondFrame
	for i := range j.frames {
		f := &j.frames[i]
		switch {
		case f.journal != j.end.journal || f.synced >= f.number || f.firstTime > f.lastTime:
			return fmt.Errorf("frame %d: journal %x, synced %d, times %d to %d", f.number, f.journal, f.synced, f.firstTime, f.lastTime)
		case f.derivation != 1<<16|1 || f.config != 0:
			return fmt.Errorf("frame %d: derivation %x, configuration %x", f.number, f.derivation, f.config)
		case before == nil && f.number == 1 && (f.prev != [16]byte{} || f.firstSeq != 1):
			return fmt.Errorf("frame 1 follows %x with sequence %d", f.prev, f.firstSeq)
		case before != nil && (f.number != before.number+1 || f.firstSeq != before.lastSeq()+1 || f.epoch < before.epoch || f.prev != before.hash):
			return fmt.Errorf("frame %d does not continue frame %d", f.number, before.number)
		}
		before = f
	}
	e := &j.end
	if before == nil || !e.clean || before.number != e.lastFrame || before.hash != e.hash || before.lastSeq() != e.lastSeq ||
		uint64(before.epoch) > e.epoch || j.segments[0] != e.oldest || j.segments[len(j.segments)-1] != e.newest {
		return fmt.Errorf("the journal does not end where POSITION says: %+v", e)
	}
	return nil
}

// secondMark is a place at which reading may begin.
type secondMark struct {
	hash               [16]byte
	epoch, number, seq uint64 // of the frame before
	offset             uint64
	firstTime          int64
}

// secondReadIndex reads the index of a segment and holds it against the journal.
func (j *secondJournal) secondReadIndex(path string) (marks []secondMark, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &secondCursor{b: b}
	if next := secondVersion(c, "XJI"); next != 0 {
		c.fail("reserved byte %02x", next)
	}
	id, last := c.hash(), secondMark{hash: c.hash(), epoch: c.u64(), number: c.u64(), seq: c.u64()}
	segment, size, count := c.u64(), c.u64(), c.u64()
	for range min(count, uint64(len(b)/56)) {
		marks = append(marks, secondMark{hash: c.hash(), epoch: c.u64(), number: c.u64(), seq: c.u64(), offset: c.u64(), firstTime: int64(c.u64())})
	}
	if sum := c.u32(); c.at != len(b) || sum != secondCRC(b[:len(b)-4]) || uint64(len(marks)) != count {
		c.fail("%d marks in %d bytes, checksum %08x", count, len(b), sum)
	}
	if id != j.end.journal || filepath.Base(path) != fmt.Sprintf("INDEX-%020d", segment) || size != uint64(j.sizes[segment]) {
		c.fail("an index of journal %x, segment %d, %d bytes", id, segment, size)
	}
	if c.err != nil {
		return nil, c.err
	}
	return marks, j.checkMarks(segment, last, marks)
}

// checkMarks compares marks with those that the frames of a segment ask for.
func (j *secondJournal) checkMarks(segment uint64, last secondMark, marks []secondMark) error {
	var want []secondMark
	var before *secondFrame
	name, at := fmt.Sprintf("%020d", segment), 0
	for i := range j.frames {
		f := &j.frames[i]
		if f.segment == name && f.offset >= at+64<<10 {
			at = f.offset
			want = append(want, secondMark{before.hash, uint64(before.epoch), before.number, before.lastSeq(), uint64(f.offset), f.firstTime})
		}
		if f.segment > name {
			break
		}
		before = f
	}
	if end := (secondMark{hash: before.hash, epoch: uint64(before.epoch), number: before.number, seq: before.lastSeq()}); last != end {
		return fmt.Errorf("segment %d ends with %+v, its index says %+v", segment, end, last)
	}
	if fmt.Sprint(want) != fmt.Sprint(marks) {
		return fmt.Errorf("segment %d has the marks %v, its index %v", segment, want, marks)
	}
	return nil
}

// secondSnapshot is a snapshot file.
type secondSnapshot struct {
	journal, hash             [16]byte
	seq, digest, epoch, frame uint64
	time                      int64
	derivation                uint32
	names                     []string
	versions                  []uint32
	sections                  [][]byte
}

func secondReadSnapshot(path string) (*secondSnapshot, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &secondCursor{b: b}
	magic, version, flags, h := string(c.bytes(8)), c.u16(), c.u16(), int(c.u32())
	if magic != "XCHGSNAP" || h < 100 || h > 23_140 || h > len(b) {
		return nil, fmt.Errorf("magic %q, header of %d bytes", magic, h)
	}
	if tail := (&secondCursor{b: b, at: h - 4}); tail.u32() != secondCRC(b[:h-4]) {
		return nil, errors.New("checksum of the header")
	}
	if version != 1 || flags != 0 {
		return nil, fmt.Errorf("version %d, flags %d", version, flags)
	}
	s := &secondSnapshot{journal: c.hash(), seq: c.u64(), time: int64(c.u64()), digest: c.u64(), epoch: c.u64(), frame: c.u64(), hash: c.hash()}
	s.derivation = c.u32()
	if filepath.Base(path) != fmt.Sprintf("%020d.snap", s.seq) {
		c.fail("a snapshot of sequence %d", s.seq)
	}
	c.err = s.table(c, b, h)
	return s, c.err
}

// table reads the table of a snapshot and then its sections.
func (s *secondSnapshot) table(c *secondCursor, b []byte, h int) error {
	count := c.u32()
	if count > 256 {
		c.fail("%d sections", count)
		return c.err
	}
	body := &secondCursor{b: b, at: h}
	for range count {
		l, flags := int(c.u8()), c.u8()
		version, raw, stored, sum := c.u32(), c.u64(), c.u64(), c.u32()
		name := string(c.bytes(l))
		if l < 1 || l > 64 || flags != 0 || strings.ContainsFunc(name, func(r rune) bool { return r < 0x21 || r > 0x7e }) {
			c.fail("section %q, flags %d", name, flags)
		}
		if raw > 1<<31-1 || stored > raw+raw/1024+64 || (raw == 0) != (stored == 0) {
			c.fail("section %s: %d bytes in %d", name, raw, stored)
		}
		if c.err != nil {
			return c.err
		}
		data := body.bytes(int(stored))
		if secondCRC(data) != sum {
			c.fail("section %s: checksum", name)
		}
		if raw > 0 {
			var err error
			if data, err = secondUnzstd(data, raw, 4<<20, false); err != nil {
				c.fail("section %s: %w", name, err)
			}
		}
		s.names, s.versions, s.sections = append(s.names, name), append(s.versions, version), append(s.sections, data)
	}
	if c.at != h-4 || body.at != len(b) {
		c.fail("a table up to %d of %d, sections up to %d of %d", c.at, h-4, body.at, len(b))
	}
	if c.err != nil {
		return c.err
	}
	return body.err
}
