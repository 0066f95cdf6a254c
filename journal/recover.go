package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/planted"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// A verdict is what shall become of the bytes that lie where the next frame belongs.
type verdict uint8

const (
	keep   verdict = iota // they are the next frame
	cut                   // they are the torn end of a crash: the journal ends before them
	refuse                // something is wrong that only a person may put right
)

// facts is everything that the verdict depends on.
type facts struct {
	sound  bool // a header begins here, whole, and its checksum is right
	known  bool // and this program knows its version, its flags and its codec
	ours   bool // and it names this journal
	fits   bool // and it continues the frame before: number, epoch, sequence, hash
	whole  bool // and the payload is whole, its checksum is right and so is the length prefix
	denied bool // POSITION says that this is not the frame of this number, or that the journal was closed before it

	first    bool // nothing lies before it in the segment
	newest   bool // no segment follows
	clean    bool // POSITION says that the journal was closed
	promised bool // POSITION, a later header or the caller says that the frame of this number was durable
}

// bits returns the facts in the order of the columns of rules.
func (f *facts) bits() [10]byte {
	var b [10]byte
	for i, set := range [...]bool{f.sound, f.known, f.ours, f.fits, f.whole, f.denied, f.first, f.newest, f.clean, f.promised} {
		b[i] = '0'
		if set {
			b[i] = '1'
		}
	}
	return b
}

// A rule gives the verdict for all facts that its pattern covers: 1 = true, 0 = false, _ = either.
type rule struct {
	pattern string
	verdict verdict
	reason  string
}

// rules is the rule of recovery. Every combination of facts matches exactly one; the test goes through all of them.
//
// The three blocks of damage differ only in what is damaged. In each, a segment that another one follows was synced whole
// before that one was made, a clean stop leaves nothing unfinished, and a promised frame had reached the disk: what is wrong
// there is rot and not a crash. What remains is the end that nobody promises, and only that is cut: frames that were not synced,
// and those of the last sync, which the next frame would have promised.
var rules = [...]rule{
	//  sound known ours fits whole denied | first newest clean promised
	{"111110" + "____", keep, "a good frame"},
	{"111111" + "____", refuse, "not what POSITION says"},
	{"10____" + "____", refuse, "written by another version of this program"},
	{"110___" + "____", refuse, "a frame of another journal"},
	{"1110__" + "1___", refuse, "the segment was renamed, copied or misplaced"},

	{"0_____" + "_0__", refuse, "a segment that another one follows was durable"},
	{"0_____" + "_11_", refuse, "the journal was closed, nothing in it can be unfinished"},
	{"0_____" + "_101", refuse, "the frame was durable"},
	{"0_____" + "_100", cut, "a crash before the header was written"},

	{"1110__" + "00__", refuse, "a segment that another one follows was durable"},
	{"1110__" + "011_", refuse, "the journal was closed, nothing in it can be unfinished"},
	{"1110__" + "0101", refuse, "the frame was durable"},
	{"1110__" + "0100", cut, "a crash that left an old sector"},

	{"11110_" + "_0__", refuse, "a segment that another one follows was durable"},
	{"11110_" + "_11_", refuse, "the journal was closed, nothing in it can be unfinished"},
	{"11110_" + "_101", refuse, "the frame was durable"},
	{"11110_" + "_100", cut, "a crash before the payload was written"},
}

// covers reports whether the pattern matches the bits.
func (r *rule) covers(bits [10]byte) bool {
	for i := range bits {
		if r.pattern[i] != '_' && r.pattern[i] != bits[i] {
			return false
		}
	}
	return true
}

// judge returns the rule for f.
func judge(f *facts) *rule {
	bits := f.bits()
	for i := range rules {
		if planted.Bug == planted.CutOnAnyDamage && rules[i].verdict == refuse && (!f.known || !f.fits || !f.whole) {
			continue
		}
		if rules[i].covers(bits) {
			return &rules[i]
		}
	}
	if planted.Bug == planted.CutOnAnyDamage {
		return &rule{verdict: cut}
	}
	panic("journal: no rule for the facts " + string(bits[:]))
}

// promiseIn returns the highest frame that a whole header of the journal id in b says is durable. Such a header may be out of
// place or out of date; then it can turn a cut into a refusal, and never a refusal into a cut.
func promiseIn(b []byte, id ID) (frame uint64) {
	var h header
	for {
		i := bytes.Index(b, magic)
		if i < 0 || len(b)-i < headerBytes {
			return frame
		}
		b = b[i:]
		if sound, problem := decodeHeader(b, &h); sound && problem == "" && h.ID == id {
			frame = max(frame, h.Synced)
		}
		b = b[1:]
	}
}

// A tail is where a journal ends: what a Writer goes on from.
type tail struct {
	pos     position // as found, or as made for a new journal
	last    link
	segment uint64   // the newest one
	good    int64    // bytes of good frames in it
	doubt   int64    // where in it the frames begin that nobody promises
	torn    string   // why what lies after them is cut; "" if nothing does
	marks   marks    // of the newest segment
	lost    []*index // of sealed segments whose index is not on disk as it should be
}

// lostIndexes bounds how many indexes are made again in one opening: it is what they take in memory that has to be bounded, and
// a segment without one is only slower to look for something in.
const lostIndexes = 4096

// survey reads the whole journal and changes nothing. What is no journal and may not be taken for a new one is an error, and so
// is an end before the promised frame.
func survey(fsys vfs.FS, dir string, promised uint64) (*tail, error) {
	r, err := openReader(dir, ReaderOptions{FS: fsys}, true)
	if err != nil {
		return nil, err
	}
	r.promised = promised
	var lost []*index
	r.sealed = func(x *index) {
		if len(lost) < lostIndexes && !x.isStored(fsys, dir) {
			lost = append(lost, x)
		}
	}
	var d doubt
	for err == nil {
		if err = r.next(); err == nil {
			d.note(&r.entry.Frame)
		}
	}
	t := &tail{
		pos: r.pos, last: r.last, segment: r.segment, good: r.win.at, doubt: d.begins(r), torn: r.torn, marks: slices.Clone(r.learned[r.segment]), lost: lost,
	}
	if !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, r.Close())
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	return t, nil
}

// recoverTail returns where the journal in dir ends, after repairing what a crash left. It makes a new journal when there is
// none. All that it found is durable when it returns. A journal that does not reach to the promised frame is refused.
func recoverTail(fsys vfs.FS, dir string, o *Options) (*tail, error) {
	t, err := survey(fsys, dir, o.Promised)
	if errors.Is(err, ErrNoJournal) {
		t, err = create(fsys, dir, o)
	}
	if err != nil {
		return nil, err
	}
	if err := removeOlder(fsys, dir, t.pos.oldest); err != nil {
		return nil, err
	}
	if t.torn != "" {
		if err := t.cut(fsys, dir, o.Warn); err != nil {
			return nil, err
		}
	}
	if err := t.index(fsys, dir); err != nil {
		return nil, err
	}
	// The frames may be in the memory of the system only; what is built on them must not be more durable than they are.
	if err := t.settle(fsys, dir); err != nil {
		return nil, err
	}
	if err := fsys.SyncDir(dir); err != nil {
		return nil, fmt.Errorf("sync journal directory: %w", err)
	}
	return t, nil
}

// create draws the identity of a new journal. The first segment is made before POSITION, so a crash on the way here leaves at
// most an empty one. Where frames are promised there was a journal, and a new one must not hide that it is gone.
func create(fsys vfs.FS, dir string, o *Options) (*tail, error) {
	segments, err := listSegments(fsys, dir)
	if err != nil {
		return nil, err
	}
	for _, segment := range segments {
		name := filepath.Join(dir, segmentName(segment))
		info, err := fsys.Stat(name)
		if err != nil {
			return nil, fmt.Errorf("create journal: %w", err)
		}
		if segment != 1 || info.Size() != 0 {
			return nil, &CorruptError{File: filepath.Join(dir, positionName), Reason: "the file is missing, yet there is " + segmentName(segment)}
		}
	}
	if o.Promised > 0 {
		return nil, &CorruptError{
			File:   filepath.Join(dir, positionName),
			Reason: fmt.Sprintf("the file is missing, but frame %d is known to have been durable", o.Promised),
		}
	}
	t := &tail{pos: position{oldest: 1}, segment: 1}
	if _, err := io.ReadFull(o.Random, t.pos.id[:]); err != nil {
		return nil, fmt.Errorf("draw journal id: %w", err)
	}
	return t, syncSegment(fsys, filepath.Join(dir, segmentName(1)), os.O_WRONLY|os.O_CREATE)
}

// syncSegment opens the segment with the flags and makes its contents durable.
func syncSegment(fsys vfs.FS, name string, flag int) error {
	f, err := fsys.OpenFile(name, flag, filePerm)
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync segment: %w", err)
	}
	return nil
}

// removeOlder removes the segments before the oldest one that POSITION names, each after its index.
func removeOlder(fsys vfs.FS, dir string, oldest uint64) error {
	segments, err := listSegments(fsys, dir)
	if err != nil {
		return err
	}
	for _, segment := range segments {
		if segment >= oldest {
			break
		}
		if err := fsys.Remove(filepath.Join(dir, indexName(segment))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove index: %w", err)
		}
		if err := fsys.Remove(filepath.Join(dir, segmentName(segment))); err != nil {
			return fmt.Errorf("remove segment: %w", err)
		}
	}
	return nil
}

// cut shortens the newest segment to its good frames. The original is kept and durable before.
func (t *tail) cut(fsys vfs.FS, dir string, warn func(string)) error {
	name := filepath.Join(dir, segmentName(t.segment))
	// tidwall/wal looks at names of 20 digits only, and the epoch about to begin makes this one unique.
	kept := fmt.Sprintf("%s.broken-%d", name, t.nextEpoch())
	size, err := copyFile(fsys, kept, name)
	if err != nil {
		// A part of it is of no use, least of all on a full disk. The original is still whole.
		if gone := fsys.Remove(kept); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return fmt.Errorf("keep torn segment: %w", err)
	}
	if err := fsys.SyncDir(dir); err != nil {
		return fmt.Errorf("keep torn segment: %w", err)
	}
	f, err := fsys.OpenFile(name, os.O_WRONLY, filePerm)
	if err != nil {
		return fmt.Errorf("cut torn segment: %w", err)
	}
	if err := f.Truncate(t.good); err != nil {
		return errors.Join(fmt.Errorf("cut torn segment: %w", err), f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("cut torn segment: %w", err)
	}
	warn(fmt.Sprintf("journal: cut %d bytes of a torn tail from %s at offset %d, after sequence %d (%s); original kept as %s",
		size-t.good, name, t.good, t.last.seq, t.torn, kept))
	return nil
}

// index makes the indexes on disk those of the sealed segments.
func (t *tail) index(fsys vfs.FS, dir string) error {
	segments, err := listSegments(fsys, dir)
	if err != nil {
		return err
	}
	newest, _ := slices.BinarySearch(segments, t.segment)
	if err := removeIndexes(fsys, dir, segments[:newest]); err != nil {
		return err
	}
	for _, x := range t.lost {
		if err := x.store(fsys, dir); err != nil {
			return err
		}
	}
	return nil
}

// nextEpoch returns the epoch of the Writer that goes on from t.
func (t *tail) nextEpoch() uint64 { return max(t.pos.epoch, t.last.epoch) + 1 }

// copyFile makes dst a durable copy of src.
func copyFile(fsys vfs.FS, dst, src string) (size int64, err error) {
	from, err := vfs.Open(fsys, src)
	if err != nil {
		return 0, err
	}
	to, err := fsys.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, filePerm)
	if err != nil {
		return 0, errors.Join(err, from.Close())
	}
	size, err = io.Copy(to, from)
	if err == nil {
		err = to.Sync()
	}
	return size, errors.Join(err, to.Close(), from.Close())
}
