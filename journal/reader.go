package journal

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-7d4c2414/exchange/engine/planted"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// ReaderOptions are the choices of who reads a journal. The zero value is fine.
type ReaderOptions struct {
	FS   vfs.FS       // default vfs.OS()
	Warn func(string) // is told when the journal ends before the place that POSITION names, as a copy of a live one may
}

// Reader reads the frames of a journal in order. It takes no lock and changes nothing: it may run beside a Writer, in this
// process or another. A Reader has one user at a time.
type Reader struct {
	fs     vfs.FS
	dir    string
	warn   func(string)
	strict bool // an end before POSITION's is an error, never a warning

	promised uint64 // the caller knows that this frame was durable; 0 = none

	pos      position // as last read; what it promised stays true
	segments []uint64 // as last listed, from the oldest on

	win     window           // what lies after last, in the open segment
	segment uint64           // number of the first frame of the open segment
	name    string           // its base name
	begins  uint64           // sequence of its first command, if that was read
	last    link             // the last frame that was passed
	time    int64            // of its last command
	skip    target           // frames before it are passed over
	learned map[uint64]marks // of segments that were read or sought in
	sealed  func(*index)     // is told of each segment that was read to its end and is followed by another; nil = nobody
	entry   entry            // the frame at hand
	stored  []byte           // the bytes of the frame that was passed last, until the next one is looked for
	zstd    *zstd.Decoder

	torn   string // why what lies at the end is no frame, when it is torn
	warned bool
	err    error // the first error but io.EOF; final
}

// A link is the end of the chain as far as it has been read: what the next frame must continue.
type link struct {
	index, epoch, seq uint64
	hash              Hash
	loose             bool // only index is known: reading began in the middle
}

// continues returns why h cannot be the frame after l, or "".
func (l *link) continues(h *header) string {
	switch {
	case h.Index != l.index+1:
		return fmt.Sprintf("frame %d lies where frame %d belongs", h.Index, l.index+1)
	case l.loose:
		return ""
	case h.Epoch < l.epoch:
		return fmt.Sprintf("frame %d is of epoch %d, the one before of epoch %d", h.Index, h.Epoch, l.epoch)
	case h.FirstSeq != l.seq+1:
		return fmt.Sprintf("frame %d begins with sequence %d, the one before ended with %d", h.Index, h.FirstSeq, l.seq)
	case h.Prev != l.hash:
		return fmt.Sprintf("frame %d continues a frame %v, the one before is %v", h.Index, h.Prev, l.hash)
	}
	return ""
}

// OpenReader opens the journal in dir for reading, at its first frame.
func OpenReader(dir string, o ReaderOptions) (*Reader, error) { return openReader(dir, o, false) }

func openReader(dir string, o ReaderOptions, strict bool) (*Reader, error) {
	r := &Reader{fs: o.FS, dir: dir, warn: o.Warn, strict: strict}
	if r.fs == nil {
		r.fs = vfs.OS()
	}
	if r.warn == nil {
		r.warn = func(string) {}
	}
	for n := 1; ; n++ {
		err := r.begin()
		if err == nil {
			return r, nil
		}
		if n == seekAttempts || errors.Is(err, ErrNoJournal) || !r.overtaken() {
			return nil, err
		}
	}
}

// begin reads POSITION and opens the first segment.
func (r *Reader) begin() (err error) {
	// POSITION comes first: the segments may then be ahead of it, but not behind.
	r.pos, err = loadPosition(r.fs, r.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("open journal %s: %w, it has no %s", r.dir, ErrNoJournal, positionName)
	}
	if err != nil {
		return err
	}
	if err := r.list(); err != nil {
		return err
	}
	return r.open(r.segments[0])
}

// overtaken reports whether a Writer has removed old segments since POSITION was read: then what was not found may be that.
func (r *Reader) overtaken() bool {
	pos, err := loadPosition(r.fs, r.dir)
	return err == nil && pos.id == r.pos.id && pos.oldest != r.pos.oldest
}

// list fetches the numbers of the segments and checks that the oldest one is there.
func (r *Reader) list() error {
	segments, err := listSegments(r.fs, r.dir)
	if err != nil {
		return err
	}
	// Segments before the oldest are what an interrupted removal has left.
	i, ok := slices.BinarySearch(segments, r.pos.oldest)
	if !ok {
		c := &CorruptError{File: r.path(r.pos.oldest), Reason: "the oldest segment is missing"}
		if r.pos.oldest == 1 {
			c.Seq = 1
		}
		return c
	}
	r.segments = segments[i:]
	return nil
}

func (r *Reader) path(segment uint64) string { return filepath.Join(r.dir, segmentName(segment)) }

// open makes the first frame of the segment the next one.
func (r *Reader) open(segment uint64) error {
	f, err := vfs.Open(r.fs, r.path(segment))
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	if err := r.win.open(f); err != nil {
		return err
	}
	r.segment, r.name = segment, segmentName(segment)
	if r.last.index != segment-1 {
		r.last = link{index: segment - 1, loose: segment != 1}
	}
	return nil
}

// ID returns the journal's identity.
func (r *Reader) ID() ID { return r.pos.id }

// Close releases the Reader.
func (r *Reader) Close() error {
	if errors.Is(r.err, ErrClosed) {
		return ErrClosed
	}
	r.err = ErrClosed
	if r.zstd != nil {
		r.zstd.Close()
	}
	return r.win.open(nil)
}

// Next reads the next frame into f, the payload into f.Raw[:0]. At the end of the last whole frame it returns io.EOF; called
// again later it goes on if more was written in the meantime. What is no frame, and is neither being written nor torn by a
// crash, is a *CorruptError; that and every other error is final.
func (r *Reader) Next(f *Frame) error {
	if err := r.next(); err != nil {
		return err
	}
	raw, err := r.decompress(f.Raw)
	if err != nil {
		r.err = &CorruptError{File: r.path(r.segment), Offset: r.entry.Offset, Seq: r.entry.FirstSeq, Reason: err.Error()}
		return r.err
	}
	*f = r.entry.Frame
	f.Raw = raw
	return nil
}

// next makes r.entry the next frame that is not to be passed over.
func (r *Reader) next() error {
	for r.err == nil {
		err := r.step()
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		r.err = err
		if err == nil && !r.skip.passed(&r.entry.Frame) {
			return nil
		}
	}
	return r.err
}

// step makes r.entry the next frame, or decides what it means that there is none.
//
// A writer may be at work. What it promises, in POSITION or in a later header, is true of all that is read afterwards; that the
// journal was closed is true only as long as POSITION stays the same. So the decision is about what was read after every
// promise, and between two readings of POSITION that agree.
func (r *Reader) step() error {
	r.torn = ""
	found, err := r.look(0)
	for !found && err == nil {
		var promised uint64
		if promised, err = r.win.laterPromise(r.pos.id); err != nil {
			break
		}
		if err = r.refresh(); err != nil {
			break
		}
		before := r.pos
		if found, err = r.look(promised); found || err != nil {
			break
		}
		if err = r.refresh(); err == nil && r.pos == before {
			return r.decide(promised)
		}
	}
	return err
}

// look passes over the next frame, if there is a good one, also in the next segment.
func (r *Reader) look(promised uint64) (found bool, err error) {
	for {
		if err := r.win.load(&r.entry); err != nil {
			return false, err
		}
		if planted.Bug == planted.ZerosAccepted && r.entry.bytes == 1 {
			r.win.take(1)
			continue
		}
		if len(r.win.bytes) > 0 {
			break
		}
		if moved, err := r.advance(); !moved || err != nil {
			return false, err
		}
	}
	if f, _ := r.facts(promised); judge(&f).verdict != keep {
		return false, nil
	}
	r.take()
	return true, nil
}

// refresh reads POSITION again.
func (r *Reader) refresh() error {
	pos, err := loadPosition(r.fs, r.dir)
	if err != nil {
		return err
	}
	if pos.id != r.pos.id {
		return &CorruptError{
			File:   filepath.Join(r.dir, positionName),
			Reason: fmt.Sprintf("journal %v has become journal %v", r.pos.id, pos.id),
		}
	}
	r.pos = pos
	return nil
}

// facts returns what is known of r.entry and what is wrong with it. Promised is the frame that a later header says is durable.
func (r *Reader) facts(promised uint64) (f facts, problem string) {
	e := &r.entry
	f = facts{sound: e.sound, known: e.known, whole: e.whole}
	f.first = r.win.at == 0
	f.newest = r.lastListed() && r.pos.newest <= r.segment
	f.clean = r.pos.clean
	f.promised = max(promised, r.promised, r.pos.frame) > r.last.index
	if !e.known {
		return f, e.problem
	}
	if f.ours = e.ID == r.pos.id; !f.ours {
		return f, fmt.Sprintf("frame belongs to journal %v, this is journal %v", e.ID, r.pos.id)
	}
	if problem = r.last.continues(&e.header); problem != "" {
		return f, problem
	}
	f.fits = true
	if !e.whole {
		return f, e.problem
	}
	problem = r.pos.denies(&e.header)
	f.denied = problem != ""
	return f, problem
}

// take passes over the good frame at hand.
func (r *Reader) take() {
	e := &r.entry
	e.Segment, e.Offset, e.StoredBytes = r.name, r.win.at, e.bytes
	r.note()
	if r.win.at == 0 {
		r.begins = e.FirstSeq
	}
	r.last = link{index: e.Index, epoch: e.Epoch, seq: e.LastSeq(), hash: e.Hash}
	r.time = e.LastTime
	r.stored = r.win.bytes[:e.bytes]
	r.win.take(e.bytes)
}

// advance opens the segment that follows the last frame, if there is one.
func (r *Reader) advance() (moved bool, err error) {
	next := r.last.index + 1
	if next == r.segment {
		return false, nil
	}
	read := index{id: r.pos.id, segment: r.segment, first: r.begins, size: r.win.at, end: r.last}
	err = r.open(next)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil && r.sealed != nil {
		read.marks = r.learned[read.segment]
		r.sealed(&read)
	}
	return err == nil, err
}

// decide returns what it means that no good frame comes next: io.EOF, or what is wrong.
func (r *Reader) decide(promised uint64) error {
	atEnd := len(r.win.bytes) == 0
	r.win.forget() // the next call looks again
	if atEnd {
		return r.end()
	}
	f, problem := r.facts(promised)
	rule := judge(&f)
	if rule.verdict == cut {
		r.torn = problem
		return io.EOF
	}
	corrupt := r.corrupt(r.segment, r.win.at, problem+": "+rule.reason)
	if r.entry.short && r.lastListed() {
		return r.ahead(corrupt)
	}
	return corrupt
}

// end decides about an end between two frames.
func (r *Reader) end() error {
	next := r.last.index + 1
	switch {
	case next < r.pos.oldest:
		return r.corrupt(next, 0, "the segment is no longer kept")
	case !r.lastListed():
		return r.corrupt(next, 0, fmt.Sprintf("the segment is missing: %s ends before frame %d, yet other segments follow", r.name, next))
	case r.pos.newest > r.segment:
		return r.ahead(r.corrupt(r.pos.newest, 0, "the newest segment is missing"))
	case r.pos.frame > r.last.index:
		return r.ahead(r.corrupt(r.segment, r.win.at, fmt.Sprintf("the journal ends after frame %d, but POSITION says that frame %d was durable", r.last.index, r.pos.frame)))
	case r.promised > r.last.index:
		return r.corrupt(r.segment, r.win.at, fmt.Sprintf("the journal ends after frame %d, but frame %d is known to have been durable", r.last.index, r.promised))
	case r.pos.clean && r.segment > r.pos.newest:
		return r.corrupt(r.segment, 0, "the segment is one too many: POSITION says that the journal was closed in "+segmentName(r.pos.newest))
	}
	return io.EOF
}

// lastListed reports whether no segment after the open one was there when they were listed.
func (r *Reader) lastListed() bool { return r.segments[len(r.segments)-1] <= r.segment }

// ahead decides about data that end too early. In a copy of a live journal POSITION may be newer than the segments; then the
// Reader warns and stops at the last whole frame.
func (r *Reader) ahead(corrupt *CorruptError) error {
	if r.strict || r.pos.clean {
		return corrupt
	}
	if !r.warned {
		r.warned = true
		r.warn("reading stops early: " + corrupt.Error())
	}
	return io.EOF
}

// corrupt returns the error for what lies at offset at of a segment, after the last good frame.
func (r *Reader) corrupt(segment uint64, at int64, reason string) *CorruptError {
	c := &CorruptError{File: r.path(segment), Offset: at, Reason: reason}
	switch {
	case !r.last.loose:
		c.Seq = r.last.seq + 1
	case r.entry.known:
		c.Seq = r.entry.FirstSeq
	}
	return c
}

// decompress returns the payload of r.entry in dst[:0], which it makes large enough.
func (r *Reader) decompress(dst []byte) ([]byte, error) {
	e := &r.entry
	if e.codec == codecStored {
		dst = append(dst[:0], e.payload...)
	} else {
		var err error
		if dst, err = r.unpack(dst); err != nil {
			return nil, err
		}
	}
	if len(dst) != int(e.rawBytes) {
		return nil, fmt.Errorf("payload decompresses to %d bytes, must be %d", len(dst), e.rawBytes)
	}
	if got := crc32.Checksum(dst, castagnoli); got != e.rawCRC && planted.Bug != planted.PayloadCRCIgnored {
		return nil, fmt.Errorf("checksum of the decompressed payload is %08x, must be %08x", got, e.rawCRC)
	}
	return dst, nil
}

// unpack decompresses the payload of r.entry into dst[:0]. Before anything is made to hold it, the frame of zstd has to say
// itself that it holds what our header says, and its bytes have to suffice for that; more than that is never made.
func (r *Reader) unpack(dst []byte) ([]byte, error) {
	e, raw := &r.entry, int(r.entry.rawBytes)
	var z zstd.Header
	if err := z.Decode(e.payload); err != nil {
		return nil, fmt.Errorf("decompress payload: %w", err)
	}
	if !z.HasFCS || z.FrameContentSize != uint64(raw) {
		return nil, fmt.Errorf("payload decompresses to %d bytes, must be %d", z.FrameContentSize, raw)
	}
	if raw/maxRatio > len(e.payload) {
		return nil, fmt.Errorf("payload of %d bytes cannot decompress to %d", len(e.payload), raw)
	}
	if r.zstd == nil {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(MaxFrameBytes),
			zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return nil, fmt.Errorf("make decompressor: %w", err)
		}
		r.zstd = d
	}
	if cap(dst) < raw {
		dst = make([]byte, 0, raw)
	}
	out, err := r.zstd.DecodeAll(e.payload, dst[:0:raw])
	if err != nil {
		return nil, fmt.Errorf("decompress payload: %w", err)
	}
	return dst[:len(out)], nil
}
