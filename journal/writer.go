package journal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	"github.com/tidwall/wal"

	"github.com/seed-7d4c2414/exchange/engine/planted"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// DefaultSegmentBytes is small enough that making the next segment does not stall the frames that wait, and large enough that
// its fixed price, five syncs, is paid seldom.
const DefaultSegmentBytes = 2 << 20

// compressBytes is the size from which compression is tried: below it costs time and saves next to nothing.
const compressBytes = 1 << 10

// windowSize is what the compressor looks back: the largest usual batch.
const windowSize = 1 << 20

// Options are the choices of who writes a journal. The zero value is fine.
type Options struct {
	SegmentBytes int    // a segment that has reached this size is followed by another; default DefaultSegmentBytes
	LockFile     string // locked for the life of the Writer; default dir/LOCK
	FS           vfs.FS // for the files that we open ourselves; default vfs.OS(). See LogOn for the segments
	// OpenLog opens what writes the segments; default tidwall/wal. What it returns has to write the same files in the same
	// way, because the Reader, the repair and the Writer know it.
	OpenLog    OpenLog
	Random     io.Reader // of the identity of a new journal; default crypto/rand
	Derivation uint32    // version of what the layer above derives; stored in every frame
	Config     uint64    // fingerprint of its configuration; stored in every frame
	// Promised is a frame of this journal that the caller knows was durable, such as the last one in a snapshot; 0 = none. A
	// journal that is damaged at or before it, ends before it, or is missing is refused, and nothing is cut or made.
	Promised uint64
	Warn     func(string) // is told of repairs
}

// OpenLog opens the log in a directory that holds nothing but whole frames.
type OpenLog = func(dir string, o *wal.Options) (Log, error)

// Log is what a Writer needs of tidwall/wal.
type Log interface {
	Write(index uint64, data []byte) error
	Sync() error
	Close() error
}

// Writer appends frames to a journal. It has one user at a time. The first error of Append or Sync is final: every later call
// returns it, and only opening the journal again, which repairs it, leads on.
//
// A frame is durable when a Sync that began after its Append has returned nil, and not before.
type Writer struct {
	dir    string
	fs     vfs.FS
	opt    Options
	lock   locks
	log    Log
	encode *zstd.Encoder

	pos    position // as last written to POSITION
	last   link
	epoch  uint64
	synced uint64 // the last durable frame
	tail   string // base name of the newest segment
	filled int64  // bytes in it
	sealed int64  // bytes in the segments before it
	marks  marks  // of the newest segment

	buf []byte // the stored frame; reused by every Append
	err error
}

// Open opens the journal in dir for writing and makes it if there is none. It reads the whole journal, repairs what a crash
// left, and begins a new epoch. What a crash cannot have left is an error, mostly a *CorruptError, and nothing is changed.
func Open(dir string, o Options) (*Writer, error) {
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = DefaultSegmentBytes
	}
	if o.LockFile == "" {
		o.LockFile = filepath.Join(dir, lockName)
	}
	if o.FS == nil {
		o.FS = vfs.OS()
	}
	if o.OpenLog == nil {
		o.OpenLog = openWAL
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if err := vfs.MkdirSync(o.FS, dir, dirPerm); err != nil {
		return nil, fmt.Errorf("make journal directory: %w", err)
	}
	l, err := lock(o.FS, o.LockFile, dir)
	if err != nil {
		return nil, err
	}
	w := &Writer{dir: dir, fs: o.FS, opt: o, lock: l}
	if err := w.open(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return w, nil
}

func openWAL(dir string, o *wal.Options) (Log, error) {
	l, err := wal.Open(dir, o)
	if err != nil {
		return nil, err // not the typed nil that l would be inside a Log
	}
	return l, nil
}

// open repairs the journal, begins the epoch in POSITION and opens the log, in this order.
func (w *Writer) open() error {
	t, err := recoverTail(w.fs, w.dir, &w.opt)
	if err != nil {
		return err
	}
	if w.epoch = t.nextEpoch(); w.epoch > math.MaxUint32 {
		return fmt.Errorf("epoch %d exceeds what a frame can hold", w.epoch)
	}
	w.pos, w.last, w.filled, w.marks = t.pos, t.last, t.good, t.marks
	w.pos.epoch = w.epoch
	if err := w.measure(); err != nil {
		return err
	}
	if err := w.begin(t.segment); err != nil {
		return err
	}
	if err := w.makeEncoder(); err != nil {
		return err
	}
	w.log, err = w.opt.OpenLog(w.dir, &wal.Options{
		NoSync:           true, // we sync, once a batch
		SegmentSize:      w.opt.SegmentBytes,
		LogFormat:        wal.Binary,
		SegmentCacheSize: 1, // nobody reads through it
		DirPerms:         dirPerm,
		FilePerms:        filePerm,
	})
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	return nil
}

// begin writes POSITION for the segment that the next frame goes to: newest, or a new one if that is full. tidwall/wal would
// make it in the midst of the next Write; made here, making a segment is always the end of a Write.
func (w *Writer) begin(newest uint64) error {
	w.synced = w.last.index
	if w.filled < int64(w.opt.SegmentBytes) {
		return w.promise(newest, false)
	}
	next := filepath.Join(w.dir, segmentName(w.last.index+1))
	if err := syncSegment(w.fs, next, os.O_WRONLY|os.O_CREATE|os.O_EXCL); err != nil {
		return err
	}
	return w.cycled(newest)
}

func (w *Writer) makeEncoder() (err error) {
	w.encode, err = zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithAllLitEntropyCompression(true),
		zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false),
		zstd.WithWindowSize(windowSize),
		zstd.WithLowerEncoderMem(true))
	if err != nil {
		return fmt.Errorf("make compressor: %w", err)
	}
	return nil
}

// measure sums up the segments before the newest.
func (w *Writer) measure() error {
	segments, err := listSegments(w.fs, w.dir)
	if err != nil {
		return err
	}
	w.sealed = -w.filled
	for _, segment := range segments {
		info, err := w.fs.Stat(filepath.Join(w.dir, segmentName(segment)))
		if err != nil {
			return fmt.Errorf("measure segment: %w", err)
		}
		w.sealed += info.Size()
	}
	return nil
}

// ID returns the journal's identity.
func (w *Writer) ID() ID { return w.pos.id }

// Epoch returns the number of this opening.
func (w *Writer) Epoch() uint64 { return w.epoch }

// LastSeq returns the sequence of the last command appended; 0 = none yet.
func (w *Writer) LastSeq() uint64 { return w.last.seq }

// Bytes returns the size of all segments.
func (w *Writer) Bytes() int64 { return w.sealed + w.filled }

// Frames returns the number of frames that the journal holds.
func (w *Writer) Frames() uint64 { return w.last.index + 1 - w.pos.oldest }

// Append compresses the frame and writes it, without a sync. It borrows f.Raw until it returns and fills the fields of f that
// are the Writer's to fill.
func (w *Writer) Append(f *Frame) error {
	if w.err == nil {
		w.err = w.append(f)
	}
	return w.err
}

func (w *Writer) append(f *Frame) error {
	if len(f.Raw) > MaxFrameBytes {
		return fmt.Errorf("append frame: %d bytes exceed the limit of %d", len(f.Raw), MaxFrameBytes)
	}
	if f.FirstSeq != w.last.seq+1 || f.Commands == 0 {
		return fmt.Errorf("append frame: %d commands from sequence %d do not follow sequence %d", f.Commands, f.FirstSeq, w.last.seq)
	}
	f.Index, f.ID, f.Epoch, f.Format = w.last.index+1, w.pos.id, w.epoch, FormatVersion
	f.Derivation, f.Config = w.opt.Derivation, w.opt.Config
	f.Synced, f.Prev = w.synced, w.last.hash
	w.store(f)
	f.Hash = hashOf(w.buf)
	f.Segment, f.Offset, f.StoredBytes = w.tail, w.filled, uvarintBytes(uint64(len(w.buf)))+len(w.buf)
	if err := w.log.Write(f.Index, w.buf); err != nil {
		return fmt.Errorf("append frame %d, sequences %d to %d: %w", f.Index, f.FirstSeq, f.LastSeq(), err)
	}
	w.marks.note(f.Offset, &w.last, f)
	w.last = link{index: f.Index, epoch: f.Epoch, seq: f.LastSeq(), hash: f.Hash}
	w.filled += int64(f.StoredBytes)
	if w.filled >= int64(w.opt.SegmentBytes) {
		return w.cycled(w.pos.newest)
	}
	return nil
}

// store makes w.buf the stored form of f.
func (w *Writer) store(f *Frame) {
	h := header{Frame: *f, codec: codecStored, rawBytes: uint32(len(f.Raw)), rawCRC: crc32.Checksum(f.Raw, castagnoli)}
	var room [headerBytes]byte
	w.buf = append(w.buf[:0], room[:]...)
	if len(f.Raw) >= compressBytes {
		w.buf = w.encode.EncodeAll(f.Raw, w.buf)
		h.codec = codecZstd
	}
	if h.codec == codecStored || len(w.buf)-headerBytes >= len(f.Raw) {
		w.buf = append(w.buf[:headerBytes], f.Raw...)
		h.codec = codecStored
	}
	payload := w.buf[headerBytes:]
	h.storedBytes = uint32(len(payload))
	appendHeader(w.buf[:0], &h)
	w.buf = binary.LittleEndian.AppendUint32(w.buf, crc32.Checksum(payload, castagnoli))
}

// cycled follows tidwall/wal, which has synced and closed the full segment and made the next one within Write: the name of the
// new file must be durable, and POSITION know it, before anything in it is acknowledged. The full one gets its index, which can
// be lost without harm, but an error of the disk is final wherever it is met.
func (w *Writer) cycled(full uint64) error {
	w.synced = w.last.index
	next := w.last.index + 1
	x := index{id: w.pos.id, segment: full, size: w.filled, end: w.last, marks: w.marks}
	if err := x.store(w.fs, w.dir); err != nil {
		return err
	}
	w.marks = w.marks[:0]
	if err := w.fs.SyncDir(w.dir); err != nil && planted.Bug != planted.FsyncErrorIgnored {
		return fmt.Errorf("sync journal directory: %w", err)
	}
	info, err := w.fs.Stat(filepath.Join(w.dir, segmentName(next)))
	if err != nil {
		return fmt.Errorf("begin segment: %w", err)
	}
	if info.Size() != 0 {
		return fmt.Errorf("begin segment: %s has %d bytes already", segmentName(next), info.Size())
	}
	w.sealed += w.filled
	w.filled = 0
	return w.promise(next, false)
}

// promise writes POSITION: everything appended so far is durable, which the caller has seen to, and newest is the last segment.
func (w *Writer) promise(newest uint64, clean bool) error {
	w.tail = segmentName(newest)
	w.pos.newest, w.pos.clean = newest, clean
	w.pos.frame, w.pos.seq, w.pos.hash = w.last.index, w.last.seq, w.last.hash
	return storePosition(w.fs, w.dir, &w.pos)
}

// Sync makes everything appended durable. Each header says what was durable before it: until the next Append the frames of the
// last Sync are promised by nobody, and a bit that rots in one of them after a crash costs it and those that follow. With one
// frame for each Sync that is the last frame.
func (w *Writer) Sync() error {
	if w.err != nil || w.synced == w.last.index {
		return w.err
	}
	if planted.Bug == planted.NoFsync {
		w.synced = w.last.index
		return nil
	}
	if err := w.log.Sync(); err != nil && planted.Bug != planted.FsyncErrorIgnored {
		w.err = fmt.Errorf("sync through sequence %d: %w", w.last.seq, err)
		return w.err
	}
	w.synced = w.last.index
	return nil
}

// RemoveBefore removes the oldest segments as whole files, as long as all their commands are before seq. The segment that
// holds seq stays, and at least one with frames always does.
func (w *Writer) RemoveBefore(seq uint64) error {
	if w.err == nil {
		w.err = w.removeBefore(seq)
	}
	return w.err
}

func (w *Writer) removeBefore(seq uint64) error {
	r, err := openReader(w.dir, ReaderOptions{FS: w.fs}, true)
	if err != nil {
		return err
	}
	if err := errors.Join(r.seek(target{seq: seq}), r.Close()); err != nil || r.segment == w.pos.oldest {
		return err
	}
	if err := w.Sync(); err != nil {
		return err
	}
	// POSITION first: what is older than it says is removed by the next Open if we do not come to it.
	w.pos.oldest = r.segment
	if err := w.promise(w.pos.newest, false); err != nil {
		return err
	}
	if err := removeOlder(w.fs, w.dir, r.segment); err != nil {
		return err
	}
	if err := w.fs.SyncDir(w.dir); err != nil {
		return fmt.Errorf("sync journal directory: %w", err)
	}
	return w.measure()
}

// Close makes everything durable, says in POSITION that the journal ends here, and releases it. When an earlier call has failed,
// Close writes nothing: it releases the lock and returns only what goes wrong with that, and the next Open takes the end for that
// of a crash.
func (w *Writer) Close() error {
	if errors.Is(w.err, ErrClosed) {
		return ErrClosed
	}
	var err error
	if w.err == nil {
		if err = w.Sync(); err == nil {
			err = w.end()
		}
	}
	w.err = ErrClosed
	return errors.Join(err, w.encode.Close(), w.lock.Close())
}

// end closes the log and POSITION. After an error it is not called: closing tidwall/wal would sync a second time, and after a
// failed sync the next one may succeed although the data are gone.
func (w *Writer) end() error {
	if err := w.log.Close(); err != nil {
		return fmt.Errorf("close log: %w", err)
	}
	return w.promise(w.pos.newest, true)
}
