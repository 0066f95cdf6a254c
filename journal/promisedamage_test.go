package journal

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// A damaged directory is a journal that something has happened to, and what has to be
// made of it: a file that is refused by its name, or a number of frames that are kept.
type damaged struct {
	name   string
	fsys   *vfs.Mem
	refuse string // base name of the file; "" = it opens
	frames int    // that are kept when it opens
	torn   bool   // and something is cut, and kept aside
}

// A damagedSet makes damaged directories from one journal of three segments.
type damagedSet struct {
	t        *testing.T
	disk     *vfs.Mem
	other    *vfs.Mem // another journal, of the same frames
	closed   bool
	segments []string
	where    []place
	all      []damaged
}

func damageSet(t *testing.T, closed bool) *damagedSet {
	t.Helper()
	s := &damagedSet{t: t, disk: memJournal(t, journalFrames, closed), other: memJournal(t, journalFrames, closed), closed: closed}
	s.segments, s.where = segmentNames(t, s.disk), places(t, s.disk)
	s.tails()
	s.sectors()
	s.missing()
	s.misplaced()
	s.leftovers()
	return s
}

// add adds a directory in which files hold other data; nil removes a file.
func (s *damagedSet) add(d damaged, files map[string][]byte) {
	s.t.Helper()
	d.name = fmt.Sprintf("closed=%v %s", s.closed, d.name)
	d.fsys = s.disk.Clone()
	for name, data := range files {
		if data == nil {
			remove(s.t, d.fsys, name)
		} else {
			writeAll(s.t, d.fsys, name, data)
		}
	}
	s.all = append(s.all, d)
}

func (s *damagedSet) newest() string { return s.segments[len(s.segments)-1] }

// tails has something behind the frames: only behind those of a crashed journal's
// newest segment a crash can have left it.
func (s *damagedSet) tails() {
	old := readAll(s.t, s.disk, s.segments[0])
	tails := map[string][]byte{"old segment": old, "half an old segment": old[:len(old)/2], "ones": bytes.Repeat([]byte{0xff}, 600)}
	for _, n := range []int{1, 2, 4, 64, 127, 128, 132, 511, 512, 4095, 4096, 65536, 1 << 20} {
		tails[fmt.Sprintf("%d zeros", n)] = make([]byte, n)
	}
	for what, tail := range tails {
		for i, segment := range s.segments {
			d := damaged{name: fmt.Sprintf("%s behind segment %d", what, i+1), refuse: segment}
			if segment == s.newest() && !s.closed {
				d.refuse, d.frames, d.torn = "", journalFrames, true
			}
			s.add(d, map[string][]byte{segment: append(readAll(s.t, s.disk, segment), tail...)})
		}
	}
}

// sectors has parts of what was durable swapped, stale, or zero.
func (s *damagedSet) sectors() {
	const sector = 128
	for i, segment := range s.segments[:2] {
		b := readAll(s.t, s.disk, segment)
		for at := 0; at+2*sector <= len(b); at += 2 * sector {
			for what, change := range map[string]func(c []byte){
				"swapped": func(c []byte) {
					copy(c[at:at+sector], b[at+sector:])
					copy(c[at+sector:at+2*sector], b[at:])
				},
				"stale":   func(c []byte) { copy(c[at+sector:at+2*sector], b[at:]) },
				"zero":    func(c []byte) { clear(c[at : at+sector]) },
				"foreign": func(c []byte) { copy(c[at:at+sector], readAll(s.t, s.other, segment)[at:]) },
			} {
				c := slices.Clone(b)
				change(c)
				if !bytes.Equal(b, c) {
					s.add(damaged{name: fmt.Sprintf("%s sectors at %d of segment %d", what, at, i+1), refuse: segment}, map[string][]byte{segment: c})
				}
			}
		}
	}
}

// missing has files gone, or cut between frames.
func (s *damagedSet) missing() {
	for i, segment := range s.segments {
		s.add(damaged{name: fmt.Sprintf("segment %d is missing", i+1), refuse: segment}, map[string][]byte{segment: nil})
		if segment != s.newest() {
			s.add(damaged{name: fmt.Sprintf("segment %d is empty", i+1), refuse: segment}, map[string][]byte{segment: {}})
		}
	}
	for i, p := range s.where {
		d := damaged{name: fmt.Sprintf("cut after frame %d", i+1), refuse: p.segment}
		switch {
		case i == len(s.where)-1:
			continue
		case s.where[i+1].segment != p.segment:
			continue // then nothing is cut off
		case p.segment != s.newest():
			d.refuse = segmentName(uint64(i + 2)) // what is missing would lie in a segment that is not there
		case !s.closed:
			d.refuse, d.frames = "", i+1
		}
		s.add(d, map[string][]byte{p.segment: readAll(s.t, s.disk, p.segment)[:p.end]})
	}
	s.add(damaged{name: "POSITION is missing", refuse: positionName}, map[string][]byte{positionName: nil})
	s.add(damaged{name: "POSITION is empty", refuse: positionName}, map[string][]byte{positionName: {}})
	for _, n := range []int{1, 8, 40, positionBytes - 1} {
		s.add(damaged{name: fmt.Sprintf("POSITION is cut after %d bytes", n), refuse: positionName},
			map[string][]byte{positionName: readAll(s.t, s.disk, positionName)[:n]})
	}
}

// misplaced has segments under names that are not theirs, doubled, or of another
// journal.
func (s *damagedSet) misplaced() {
	next := segmentName(journalFrames + 1)
	for i, from := range s.segments {
		data := readAll(s.t, s.disk, from)
		for j, to := range s.segments {
			if i != j {
				s.add(damaged{name: fmt.Sprintf("segment %d over segment %d", i+1, j+1), refuse: to}, map[string][]byte{to: data})
			}
		}
		s.add(damaged{name: fmt.Sprintf("segment %d as one too many", i+1), refuse: next}, map[string][]byte{next: data})
		s.add(damaged{name: fmt.Sprintf("segment %d as a later one", i+1), refuse: next}, map[string][]byte{segmentName(99): data})
		s.add(damaged{name: fmt.Sprintf("segment %d renamed", i+1), refuse: from}, map[string][]byte{from: nil, segmentName(uint64(90 + i)): data})
		s.add(damaged{name: fmt.Sprintf("segment %d of another journal", i+1), refuse: from}, map[string][]byte{from: readAll(s.t, s.other, from)})
	}
	swapped := map[string][]byte{s.segments[0]: readAll(s.t, s.disk, s.segments[1]), s.segments[1]: readAll(s.t, s.disk, s.segments[0])}
	s.add(damaged{name: "two segments swapped", refuse: s.segments[0]}, swapped)
	s.add(damaged{name: "POSITION of another journal", refuse: s.segments[0]}, map[string][]byte{positionName: readAll(s.t, s.other, positionName)})
}

// leftovers has files beside the journal that tidwall/wal would act upon, which are
// refused, and others, which do no harm.
func (s *damagedSet) leftovers() {
	for _, suffix := range []string{".START", ".END", ".START.TEMP", ".END.TEMP"} {
		name := s.segments[1] + suffix
		s.add(damaged{name: "leftover " + suffix, refuse: name}, map[string][]byte{name: {}})
	}
	s.add(damaged{name: "a segment of frame 0", refuse: segmentName(0)}, map[string][]byte{segmentName(0): {}})
	for _, name := range []string{"POSITION.tmp", s.segments[0] + ".bak", s.segments[0] + ".broken-1", "notes.txt"} {
		s.add(damaged{name: "beside it " + name, frames: journalFrames}, map[string][]byte{name: []byte("anything")})
	}
	if s.closed {
		s.add(damaged{name: "an empty segment too many", refuse: segmentName(journalFrames + 1)}, map[string][]byte{segmentName(journalFrames + 1): {}})
	} else {
		s.add(damaged{name: "an empty newest segment", frames: journalFrames}, map[string][]byte{segmentName(journalFrames + 1): {}})
	}
}

// TestPromiseDamagedJournals goes through a table of damaged directories. Each is
// refused with the name of the file, and nothing in it changes, or it opens with
// exactly the frames that may be kept. The damage is made by hand, one at a time; it
// does not show what two at once would do.
func TestPromiseDamagedJournals(t *testing.T) {
	p := promise.Begin(t, "D8")
	for _, closed := range []bool{false, true} {
		for _, d := range damageSet(t, closed).all {
			if err := d.check(); err != nil {
				t.Errorf("%s: %v", d.name, err)
				p.Add(0, 1)
			}
			p.Add(1, 0)
		}
	}
}

// check opens the journal and holds what comes of it against what is wanted.
func (d *damaged) check() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	before, err := everything(d.fsys)
	if err != nil {
		return err
	}
	w, err := Open(testDir, memOptions(d.fsys))
	if d.refuse != "" {
		return d.refused(err, before)
	}
	if err != nil {
		return err
	}
	if err := d.opened(w, before); err != nil {
		return errors.Join(err, w.Close())
	}
	return w.Close()
}

// opened checks that the frames wanted were kept, and the rest set aside.
func (d *damaged) opened(w *Writer, before map[string][]byte) error {
	if got := w.Frames(); got != uint64(d.frames) {
		return fmt.Errorf("%d frames are kept, want %d", got, d.frames)
	}
	if err := sameFrames(d.fsys, d.frames); err != nil {
		return err
	}
	aside := false
	after, err := everything(d.fsys)
	if err != nil {
		return err
	}
	for name, b := range after {
		if segment, _, ok := bytes.Cut([]byte(name), []byte(".broken-")); ok && before[name] == nil {
			aside = bytes.Equal(b, before[string(segment)])
		}
	}
	if aside != d.torn {
		return fmt.Errorf("the original was kept aside: %v, want %v", aside, d.torn)
	}
	return nil
}

// refused checks that the error names the file, and that nothing was changed.
func (d *damaged) refused(err error, before map[string][]byte) error {
	var c *CorruptError
	if !errors.As(err, &c) {
		return fmt.Errorf("opened with %w, want an error about %s", err, d.refuse)
	}
	if filepath.Base(c.File) != d.refuse || c.Reason == "" {
		return fmt.Errorf("refused with %w, want an error about %s", err, d.refuse)
	}
	after, err := everything(d.fsys)
	if err != nil {
		return err
	}
	for name, b := range before {
		if !bytes.Equal(b, after[name]) {
			return fmt.Errorf("%s was changed", name)
		}
	}
	if len(after) != len(before) {
		return fmt.Errorf("%d files have become %d", len(before), len(after))
	}
	return nil
}

// everything returns the contents of all files of the journal but the lock.
func everything(fsys vfs.FS) (map[string][]byte, error) {
	names, err := fsys.ReadDir(testDir)
	if err != nil {
		return nil, err
	}
	all := make(map[string][]byte)
	for _, name := range names {
		if name == lockName {
			continue
		}
		if all[name], err = vfs.ReadFile(fsys, filepath.Join(testDir, name)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// sameFrames checks that the journal holds the first n frames as they were written.
func sameFrames(fsys vfs.FS, n int) error {
	r, err := OpenReader(testDir, ReaderOptions{FS: fsys})
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it was only read
	var f Frame
	for i := 1; i <= n; i++ {
		want := testFrame(i)
		if err := r.Next(&f); err != nil {
			return fmt.Errorf("frame %d: %w", i, err)
		}
		if f.FirstSeq != want.FirstSeq || f.Digest != want.Digest || !bytes.Equal(f.Raw, want.Raw) {
			return fmt.Errorf("frame %d is another", i)
		}
	}
	return nil
}
