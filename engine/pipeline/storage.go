package pipeline

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// Storage says how a pipeline lives with a disk that fills up. The zero value does
// not look at the disk: then a write that finds no room is a fatal error like any
// other.
//
// The disk is looked at before each frame is written, and every Interval. With less
// than Reserve free, only cancels are taken, and what trading is stopped with. With
// less than a quarter of it free, the ballast goes, a reserve of that size that was
// taken in advance, so that cancels still find room. When an eighth of it is all that
// is left, nothing is taken any more, and what was taken before waits for room rather
// than fail. When there is room for the ballast and a quarter more than Reserve
// beside it, all is as before, by itself.
//
// What a file system keeps for the administrator does not count as free. If even that
// is taken, the ballast makes up for it first, and less of it is left for cancels.
type Storage struct {
	Reserve  int64               // bytes, at least MinReserve, or 0; on a small disk no more than a part of it, see ReserveShare
	Interval time.Duration       // between two looks; 0 = DefaultStorageInterval
	Changed  func(StorageReport) // is told of each change of level, by one goroutine at a time, and asks the pipeline nothing; nil = Warn is told
}

// The bounds and defaults of Storage.
const (
	MinReserve             = 4 << 20
	ReserveShare           = 16 // the reserve is at most one part of the disk in so many, and at least MinReserve
	DefaultReserve         = 64 << 20
	DefaultStorageInterval = 200 * time.Millisecond
)

// StorageLevel says how much room there is on the disk.
type StorageLevel uint8

// The levels.
const (
	StorageOK   StorageLevel = 0
	StorageLow  StorageLevel = 1 // only cancels are taken, and what trading is stopped with
	StorageFull StorageLevel = 2 // nothing is taken
)

// String returns ok, low or full.
func (l StorageLevel) String() string {
	return [...]string{StorageOK: "ok", StorageLow: "low", StorageFull: "full"}[l]
}

// StorageReport is what the last look at the disk has found.
type StorageReport struct {
	Looked  bool // else nobody looks at the disk, and the rest says nothing
	Level   StorageLevel
	Free    vfs.Space
	Ballast int64 // bytes of it that are held now
}

// String says it in words.
func (r StorageReport) String() string {
	files := ""
	if r.Free.Files >= 0 {
		files = fmt.Sprintf(" and %d files", r.Free.Files)
	}
	return fmt.Sprintf("storage is %v: %d bytes%s are free beside %d of ballast", r.Level, r.Free.Bytes, files, r.Ballast)
}

// ErrStorage says that a command was not taken, or a snapshot not, because there is
// too little room on the disk.
var ErrStorage = errors.New("pipeline: too little room on the disk")

// The marks in files: of inodes only a few are needed, one for each segment and
// snapshot and for what replaces a file.
const (
	resumeFiles  = 320
	lowFiles     = 256
	releaseFiles = 32
	fullFiles    = 16
)

// What a frame must leave free when it is written: room for the next segment, an index and the
// replacement of POSITION, and for what others write between the look and the write.
const (
	slackBytes = 512 << 10
	slackFiles = 8
	// frameOverhead is what the journal puts around the encoding of a batch, at most.
	frameOverhead = 4 << 10
)

// awaitPause is how long a frame that finds no room waits between two looks.
const awaitPause = 10 * time.Millisecond

// marks are the amounts of free room at which something changes, beside the ballast.
type marks struct{ make, resume, low, release, full vfs.Space }

func marksOf(reserve int64) marks {
	resume := reserve + reserve/4
	return marks{
		make:    vfs.Space{Bytes: reserve + resume, Files: ballastFiles + resumeFiles},
		resume:  vfs.Space{Bytes: resume, Files: resumeFiles},
		low:     vfs.Space{Bytes: reserve, Files: lowFiles},
		release: vfs.Space{Bytes: reserve / 4, Files: releaseFiles},
		full:    vfs.Space{Bytes: reserve / 8, Files: fullFiles},
	}
}

// step is what is to be done with the ballast.
type step uint8

const (
	leave step = iota
	drop
	build
)

// judge decides what the level is and what becomes of the ballast, from the level
// before, whether the ballast is there, and what is free beside it. After a step it
// is asked again.
func (m *marks) judge(was StorageLevel, ballast bool, free vfs.Space) (StorageLevel, step) {
	switch {
	case ballast && free.Below(m.release):
		return StorageLow, drop
	case ballast && (free.Below(m.low) || was != StorageOK && free.Below(m.resume)):
		return StorageLow, leave
	case ballast:
		return StorageOK, leave
	case free.Below(m.full) || was == StorageFull && free.Below(m.release):
		return StorageFull, leave
	case free.Below(m.make):
		return StorageLow, leave
	default:
		return StorageLow, build
	}
}

// storage watches the disk of a data directory.
type storage struct {
	o     Storage
	dir   string
	fs    vfs.FS
	disk  vfs.Measurer
	marks marks
	warn  func(string)
	level atomic.Uint32 // a StorageLevel; written with mu held

	mu       sync.Mutex // guards all below, and is held while the ballast is dropped
	free     vfs.Space  // at the last look
	ballast  bool       // it is there
	building bool       // by the watcher, without mu
	unwanted bool       // what is being built is to be dropped at once
	told     string     // the last failure of which was told
}

// newStorage returns nil when nobody is to look at the disk.
func newStorage(o *Options, fsys vfs.FS) *storage {
	if o.Storage.Reserve == 0 {
		return nil
	}
	disk, ok := fsys.(vfs.Measurer)
	if !ok {
		o.Warn("the room on the disk cannot be watched: the file system does not tell")
		return nil
	}
	free, err := disk.Space(o.Dir)
	if errors.Is(err, errors.ErrUnsupported) {
		o.Warn(fmt.Sprintf("the room on the disk cannot be watched: %v", err))
		return nil
	}
	s := &storage{o: o.Storage, dir: o.Dir, fs: fsys, disk: disk, warn: o.Warn}
	if err == nil { // else begin says so
		s.o.Reserve = max(min(s.o.Reserve, free.Size/ReserveShare), MinReserve)
	}
	s.marks = marksOf(s.o.Reserve)
	if s.o.Interval == 0 {
		s.o.Interval = DefaultStorageInterval
	}
	return s
}

// begin builds the ballast, or finds that there is no room for it, before the first
// command comes. Who calls it holds the lock of the data directory.
func (s *storage) begin() error {
	if s == nil {
		return nil
	}
	free, err := s.disk.Space(s.dir)
	if err != nil {
		return fmt.Errorf("measure the room on the disk: %w", err)
	}
	kept, err := hasBallast(s.fs, s.dir)
	if err != nil {
		return err
	}
	// One that is there is taken over whatever there is beside it: that is what it is for.
	enough := vfs.Space{Bytes: s.o.Reserve + s.marks.low.Bytes, Files: ballastFiles + s.marks.low.Files}
	if kept || !free.Below(enough) {
		err = buildBallast(s.fs, s.dir, s.o.Reserve, func() bool { return false })
		if err != nil && !vfs.NoRoom(err) {
			return fmt.Errorf("take a reserve of %d bytes on the disk: %w", s.o.Reserve, err)
		}
		s.ballast = err == nil
	}
	s.look(0)
	return nil
}

// run looks at the disk every so often, until done.
func (s *storage) run(done <-chan struct{}) {
	t := time.NewTicker(s.o.Interval)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			s.look(0)
			s.rebuild()
		case <-done:
			return
		}
	}
}

// await returns once a frame can be written whose encoding has that many bytes. It
// gives up when ended says that the pipeline does not wait any more.
func (s *storage) await(encoded int, ended func() bool) error {
	if s == nil || s.look(int64(encoded)+frameOverhead) {
		return nil
	}
	t := time.NewTicker(awaitPause)
	defer t.Stop()
	for !ended() {
		<-t.C
		if s.look(int64(encoded) + frameOverhead) {
			return nil
		}
	}
	return ErrStorage
}

// look looks at the disk, drops the ballast if need be, and reports whether so many
// bytes can be written now. A disk that does not answer is no reason to wait: if it is
// broken, the write will say so.
func (s *storage) look(need int64) (room bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	free, err := s.disk.Space(s.dir)
	if err != nil {
		s.tell(fmt.Sprintf("the room on the disk is not known: %v", err))
		return true
	}
	level := StorageLevel(s.level.Load())
	level, what := s.marks.judge(level, s.ballast, free)
	room = hasRoom(free, need)
	if s.ballast && (what == drop || !room) {
		s.drop()
		if free, err = s.disk.Space(s.dir); err != nil {
			s.tell(fmt.Sprintf("the room on the disk is not known: %v", err))
			return true
		}
		level, _ = s.marks.judge(level, s.ballast, free)
		room = hasRoom(free, need)
	}
	if !room {
		level = StorageFull
		s.unwanted = s.building
	}
	s.set(level, free)
	return room
}

func hasRoom(free vfs.Space, need int64) bool {
	return !free.Below(vfs.Space{Bytes: need + slackBytes, Files: slackFiles})
}

// set shows what was found, and tells of a change.
func (s *storage) set(level StorageLevel, free vfs.Space) {
	s.free = free
	was := StorageLevel(s.level.Swap(uint32(level)))
	switch {
	case was == level:
	case s.o.Changed != nil:
		s.o.Changed(s.report())
	default:
		s.warn(s.report().String())
	}
}

// report says what was found. The caller holds mu.
func (s *storage) report() StorageReport {
	r := StorageReport{Looked: true, Level: StorageLevel(s.level.Load()), Free: s.free}
	if s.ballast {
		r.Ballast = s.o.Reserve
	}
	return r
}

// drop gives the ballast back to the disk.
func (s *storage) drop() {
	s.ballast = false
	if err := dropBallast(s.fs, s.dir); err != nil {
		s.tell(fmt.Sprintf("the reserve on the disk is not given back: %v", err))
	}
}

// tell warns of a failure, once until there is another one.
func (s *storage) tell(line string) {
	if line != s.told {
		s.told = line
		s.warn(line)
	}
}

// rebuild builds the ballast anew when there is room for it. Where that takes long,
// the journal goes on meanwhile, and drops it again if it needs the room.
func (s *storage) rebuild() {
	s.mu.Lock()
	level := StorageLevel(s.level.Load())
	_, what := s.marks.judge(level, s.ballast, s.free)
	if what != build {
		s.mu.Unlock()
		return
	}
	s.building, s.unwanted = true, false
	s.mu.Unlock()

	err := buildBallast(s.fs, s.dir, s.o.Reserve, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.unwanted
	})

	s.mu.Lock()
	s.building, s.ballast = false, err == nil
	if s.unwanted {
		s.drop()
	}
	if err != nil && !errors.Is(err, errUnwanted) && !vfs.NoRoom(err) {
		s.tell(fmt.Sprintf("the reserve on the disk cannot be taken again: %v", err))
	}
	s.mu.Unlock()
	s.look(0)
}

// takes reports whether a command of a kind is taken now.
func (s *storage) takes(k msg.Kind) bool {
	if s == nil {
		return true
	}
	switch StorageLevel(s.level.Load()) {
	case StorageOK:
		return true
	case StorageLow:
		return stops(k)
	default:
		return false
	}
}

// stops reports whether a command of a kind only takes risk away: it cancels, or is
// what the operator stops an account or a market with.
func stops(k msg.Kind) bool {
	return k == msg.Cancel || k == msg.CancelAll || k == msg.SetStatus || k == msg.SetPhase
}

// low reports whether there is too little room for what can wait.
func (s *storage) low() bool { return s != nil && StorageLevel(s.level.Load()) != StorageOK }

// Storage returns what the last look at the disk has found.
func (p *Pipeline) Storage() StorageReport {
	if p.storage == nil {
		return StorageReport{}
	}
	p.storage.mu.Lock()
	defer p.storage.mu.Unlock()
	return p.storage.report()
}
