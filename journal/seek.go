package journal

import (
	"errors"
	"io"
	"math"
)

// seekAttempts bounds how often is begun again when segments were removed meanwhile.
const seekAttempts = 8

// learnedSegments bounds of how many segments a Reader keeps the marks.
const learnedSegments = 256

// A target is what a Reader looks for: a sequence or a time. The zero target is before everything.
type target struct {
	seq    uint64
	time   int64
	byTime bool
}

// passed reports whether all of the frame is before the target.
func (t *target) passed(f *Frame) bool {
	if t.byTime {
		return f.LastTime < t.time
	}
	return f.LastSeq() < t.seq
}

// follows reports whether a frame that begins so has only frames before it that are before the target too.
func (t *target) follows(firstSeq uint64, firstTime int64) bool {
	if t.byTime {
		return firstTime < t.time
	}
	return firstSeq <= t.seq
}

// SeekSeq makes the frame that holds seq the next one, or the first after it if that is no longer kept. Beyond the end, Next
// returns io.EOF until the frame is written. It reads the beginnings of a few segments, the index of one, if there is one, and
// then at most what lies between two of its marks; of a segment without an index what lies before the frame.
func (r *Reader) SeekSeq(seq uint64) error { return r.seekFinal(target{seq: seq}) }

// SeekTime makes the frame that holds the first command at or after a time the next one, as SeekSeq does for a sequence. Times
// must not fall from frame to frame.
func (r *Reader) SeekTime(nanos int64) error { return r.seekFinal(target{time: nanos, byTime: true}) }

// SeekEnd makes what is written next the next frame, and returns the last sequence before it and its time; both are zero in a
// journal without frames.
func (r *Reader) SeekEnd() (seq uint64, nanos int64, err error) {
	if err := r.SeekSeq(math.MaxUint64); err != nil {
		return 0, 0, err
	}
	if err := r.next(); !errors.Is(err, io.EOF) {
		return 0, 0, err
	}
	if r.last.loose {
		return 0, 0, nil
	}
	return r.last.seq, r.time, nil
}

func (r *Reader) seekFinal(t target) error {
	if r.err == nil {
		r.err = r.seek(t)
	}
	return r.err
}

// seek looks for the target. A writer may remove segments meanwhile; then what is oldest has changed, and it looks again.
func (r *Reader) seek(t target) error {
	for n := 1; ; n++ {
		if err := r.refresh(); err != nil {
			return err
		}
		err := r.seekListed(&t)
		if err == nil || n == seekAttempts || !r.overtaken() {
			return err
		}
	}
}

func (r *Reader) seekListed(t *target) error {
	if err := r.list(); err != nil {
		return err
	}
	// The frame is in the last segment that begins before the target: lo begins so, or is the first; hi does not.
	lo, hi := 0, len(r.segments)
	for hi-lo > 1 {
		mid := lo + (hi-lo)/2
		before, err := r.beginsBefore(r.segments[mid], t)
		if err != nil {
			return err
		}
		if before {
			lo = mid
		} else {
			hi = mid
		}
	}
	r.skip, r.last, r.torn = *t, link{}, ""
	if err := r.open(r.segments[lo]); err != nil {
		return err
	}
	return r.jump(t)
}

// beginsBefore reports whether the segment's first frame, if it has one already, begins before the target. A segment that does
// not begin with a good header is not searched but read up to, and named then.
func (r *Reader) beginsBefore(segment uint64, t *target) (bool, error) {
	if err := r.open(segment); err != nil {
		return false, err
	}
	var room [prefixBytes + headerBytes]byte
	b, err := r.win.peek(room[:])
	if err != nil {
		return false, err
	}
	r.entry.parse(b)
	return r.entry.known && t.follows(r.entry.FirstSeq, r.entry.FirstTime), nil
}

// jump makes the open segment be read from the last mark before the target on. What is found there must be the frame that the
// mark promises and must itself say that it is not behind the target: else there are no marks, and reading begins where the
// segment does.
func (r *Reader) jump(t *target) error {
	m := r.markBefore(t)
	if m == nil {
		return nil
	}
	r.win.jump(m.offset)
	if err := r.win.load(&r.entry); err != nil {
		return err
	}
	e := &r.entry
	if e.known && e.ID == r.pos.id && m.before.continues(&e.header) == "" && t.follows(e.FirstSeq, e.FirstTime) {
		r.last = m.before
		return nil
	}
	r.learned[r.segment] = nil
	r.win.jump(0)
	return nil
}

// markBefore returns the last mark of the open segment that lies before the target, or nil.
func (r *Reader) markBefore(t *target) *mark {
	all := r.marks()
	for n := len(all); n > 0; n-- {
		if m := &all[n-1]; t.follows(m.before.seq+1, m.time) {
			return m
		}
	}
	return nil
}

// marks returns those of the open segment: what was learned while it was read, or what its index says.
func (r *Reader) marks() marks {
	if m, ok := r.learned[r.segment]; ok {
		return m
	}
	info, err := r.win.file.Stat()
	if err != nil {
		return nil
	}
	m, err := loadIndex(r.fs, r.dir, r.pos.id, r.segment, info.Size())
	if err != nil {
		return nil // whatever the reason: the marks are learned again
	}
	r.learn(m)
	return m
}

// learn keeps marks of the open segment.
func (r *Reader) learn(m marks) {
	if _, ok := r.learned[r.segment]; !ok && len(r.learned) >= learnedSegments {
		clear(r.learned)
	}
	if r.learned == nil {
		r.learned = make(map[uint64]marks)
	}
	r.learned[r.segment] = m
}

// note learns from the frame at hand, which is about to be passed.
func (r *Reader) note() {
	if r.win.at < markSpacing {
		return
	}
	m := r.learned[r.segment]
	n := len(m)
	if m.note(r.win.at, &r.last, &r.entry.Frame); len(m) != n {
		r.learn(m)
	}
}
