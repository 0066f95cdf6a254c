package pipeline

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// The parts of a data directory.
const (
	journalDir  = "journal"
	snapshotDir = "snapshot"
	lockFile    = "LOCK"
	crashFile   = "crash"
)

// JournalDir returns where a data directory keeps its journal.
func JournalDir(data string) string { return filepath.Join(data, journalDir) }

// SnapshotDir returns where a data directory keeps its snapshots.
func SnapshotDir(data string) string { return filepath.Join(data, snapshotDir) }

// LockFile returns the file that whoever writes to a data directory holds a
// lock on.
func LockFile(data string) string { return filepath.Join(data, lockFile) }

// derivation is the version of the encoding and of what the engine derives.
const derivation = engine.Derivation<<16 | msg.Version

// derivationText names both versions in a derivation.
func derivationText(d uint32) string {
	return fmt.Sprintf("derivation version %d and encoding version %d", d>>16, d&0xffff)
}

// DivergedError says that folding the journal gave another state than the one
// whose digest the journal holds.
type DivergedError struct {
	Frame     uint64
	Seq       msg.Seq
	Want, Got uint64
}

// Error names frame, sequence and both digests.
func (e *DivergedError) Error() string {
	return fmt.Sprintf("frame %d: the state after command %d has digest %016x, the journal says %016x", e.Frame, e.Seq, e.Got, e.Want)
}

// PastOptions say which past is read, and what is folded on the way.
type PastOptions struct {
	Dir     string
	FS      vfs.FS       // where it is; nil = the operating system
	To      msg.Seq      // start from a snapshot at or before it; 0 = the newest
	Genesis bool         // start before the first transaction, whatever snapshots there are
	Views   func() Views // fresh views to fold as well; nil = none
	Beside  bool         // restore the views, and fold them in FoldTo, on a goroutine of their own: in less time, with two processors
	Room    engine.Capacity
	Warn    func(string) // is told what was passed over
}

// Past is the state at some sequence of a data directory, and what follows it.
// It takes no lock and may be used on the directory of a running exchange.
type Past struct {
	Engine *engine.Engine
	Views  Views // nil when none were asked for

	dir     string // of the journal
	beside  bool
	reader  *journal.Reader
	frame   journal.Frame
	decoder msg.Decoder
	left    uint32  // transactions of the frame that were not read
	last    msg.Seq // that was read, unless it was folded too; 0 = none
	command msg.Command
	events  []msg.Event
	start   *snapshot.Meta // of the snapshot it started from
}

// OpenPast opens the past at the newest usable snapshot, or before the first
// transaction when there is none.
func OpenPast(o PastOptions) (*Past, error) {
	if o.FS == nil {
		o.FS = vfs.OS()
	}
	reader, err := journal.OpenReader(JournalDir(o.Dir), journal.ReaderOptions{FS: o.FS, Warn: o.Warn})
	if err != nil {
		return nil, fmt.Errorf("open the journal of %s: %w", o.Dir, err)
	}
	p := &Past{dir: JournalDir(o.Dir), beside: o.Beside, reader: reader}
	if err := p.begin(o); err != nil {
		return nil, errors.Join(err, reader.Close())
	}
	return p, nil
}

func (p *Past) begin(o PastOptions) error {
	for below := uint64(o.To); !o.Genesis && p.Engine == nil; {
		s, err := p.newest(&o, below)
		if err != nil {
			return err
		}
		if s == nil {
			break
		}
		if err := p.restore(&o, s); err != nil {
			o.warn(fmt.Sprintf("snapshot %d is passed over: %v", s.Seq, err))
			if below = s.Seq - 1; below == 0 {
				break
			}
		}
	}
	if p.Engine == nil {
		p.Engine = engine.New(o.Room)
		if o.Views != nil {
			p.Views = o.Views()
		}
	}
	if err := p.reader.SeekSeq(uint64(p.Engine.Seq()) + 1); err != nil {
		return fmt.Errorf("find command %d: %w", p.Engine.Seq()+1, err)
	}
	return nil
}

// newest returns the newest usable snapshot at or before a sequence, 0 for any.
// One that is later is nothing to warn about.
func (p *Past) newest(o *PastOptions, below uint64) (*snapshot.Snapshot, error) {
	later := false
	usable := func(m *snapshot.Meta) error {
		if later = below > 0 && m.Seq > below; later {
			return errLater
		}
		return p.usable(m)
	}
	s, err := snapshot.Newest(o.FS, SnapshotDir(o.Dir), usable, func(line string) {
		if !later {
			o.warn(line)
		}
		later = false
	})
	if err != nil {
		return nil, fmt.Errorf("read the snapshots of %s: %w", o.Dir, err)
	}
	return s, nil
}

var errLater = errors.New("it is later than what is asked for")

// usable reports why a snapshot is none of this journal's past.
func (p *Past) usable(m *snapshot.Meta) error {
	if m.Journal != [16]byte(p.reader.ID()) {
		return fmt.Errorf("it belongs to journal %s", journal.ID(m.Journal))
	}
	if m.Derivation != derivation {
		return fmt.Errorf("it has %s", derivationText(m.Derivation))
	}
	return p.holds(m)
}

// holds compares a snapshot with the frame that it was taken after. Where the
// journal ends before that, Start compares the ends.
func (p *Past) holds(m *snapshot.Meta) error {
	if err := p.reader.SeekSeq(m.Seq); err != nil {
		return fmt.Errorf("find command %d: %w", m.Seq, err)
	}
	var f journal.Frame
	switch err := p.reader.Next(&f); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return fmt.Errorf("read the frame of command %d: %w", m.Seq, err)
	case f.FirstSeq == m.Seq+1 && f.Prev == m.FrameHash:
		return nil // its own frame is no longer kept
	case f.LastSeq() != m.Seq || f.Hash != m.FrameHash:
		return fmt.Errorf("it was taken after frame %v, frame %d of the journal is %v", journal.Hash(m.FrameHash), f.Index, f.Hash)
	}
	return nil
}

// restore fills the engine and the views from a snapshot.
func (p *Past) restore(o *PastOptions, s *snapshot.Snapshot) error {
	var e *engine.Engine
	var v Views
	if o.Views != nil {
		v = o.Views()
	}
	run := inTurn
	if o.Beside {
		run = atOnce
	}
	err := run(func() (err error) {
		e, err = restoreEngine(s, o.Room)
		return err
	}, func() error {
		if v == nil {
			return nil
		}
		return restoreViews(v, s)
	})
	if err != nil {
		return err
	}
	p.Engine, p.Views, p.start = e, v, &s.Meta
	return nil
}

func restoreEngine(s *snapshot.Snapshot, room engine.Capacity) (*engine.Engine, error) {
	section, ok := s.Section(engineSection)
	if !ok || section.Version != engine.StateVersion {
		return nil, fmt.Errorf("it has no section %s of version %d", engineSection, engine.StateVersion)
	}
	e, err := engine.Restore(section.Data, room)
	if err != nil {
		return nil, fmt.Errorf("restore the engine: %w", err)
	}
	if e.Digest() != s.Digest || uint64(e.Seq()) != s.Seq {
		return nil, fmt.Errorf("its state is of command %d and has digest %016x, not %016x", e.Seq(), e.Digest(), s.Digest)
	}
	return e, nil
}

func (o *PastOptions) warn(line string) {
	if o.Warn != nil {
		o.Warn(line)
	}
}

// Next reads the next transaction without folding it. It returns io.EOF after
// the last one; on the directory of a running exchange more may follow later.
// Command and events are valid until the next call.
func (p *Past) Next() (c *msg.Command, events []msg.Event, err error) {
	if p.events, err = p.step(&p.command, p.events[:0]); err != nil {
		return nil, nil, err
	}
	return &p.command, p.events, nil
}

// step reads the next transaction into c, and appends its events to events.
func (p *Past) step(c *msg.Command, events []msg.Event) ([]msg.Event, error) {
	n := len(events)
	for {
		for p.left == 0 {
			if err := p.nextFrame(); err != nil {
				return events, err
			}
		}
		var err error
		p.left--
		if events, err = p.decoder.Next(c, events[:n]); err != nil {
			return events, p.corrupt(err.Error())
		}
		if p.left == 0 && p.decoder.More() {
			return events, p.corrupt("bytes follow the last transaction")
		}
		if c.Seq > p.Engine.Seq() { // else it is in the snapshot
			p.last = c.Seq
			return events, nil
		}
	}
}

func (p *Past) nextFrame() error {
	if err := p.reader.Next(&p.frame); err != nil {
		return err //nolint:wrapcheck // io.EOF, or an error that names file, offset and sequence
	}
	if p.frame.Derivation != derivation {
		return p.corrupt(fmt.Sprintf("%s are not known here, only %s are", derivationText(p.frame.Derivation), derivationText(derivation)))
	}
	if next := uint64(max(p.Engine.Seq(), p.last)) + 1; p.frame.FirstSeq > next {
		return p.corrupt(fmt.Sprintf("commands %d to %d are no longer kept, and no snapshot has them", next, p.frame.FirstSeq-1))
	}
	p.left = p.frame.Commands
	p.decoder.Reset(p.frame.Raw, msg.Seq(p.frame.FirstSeq), p.frame.FirstTime)
	return nil
}

// corrupt names the frame at hand, and the command after those that were read
// from it.
func (p *Past) corrupt(why string) error {
	return &journal.CorruptError{
		File: filepath.Join(p.dir, p.frame.Segment), Offset: p.frame.Offset,
		Seq: p.frame.FirstSeq + uint64(p.frame.Commands-p.left), Reason: why,
	}
}

// Fold applies the transaction that Next returned last. At the end of a frame
// the digest must be the frame's: else the error is a *DivergedError.
func (p *Past) Fold() error {
	p.Engine.Apply(&p.command, p.events)
	if p.Views != nil {
		p.Views.Apply(&p.command, p.events)
	}
	return p.checkDigest()
}

// Execute decides the command that Next returned last anew, in place of Fold,
// and returns what follows from it now.
func (p *Past) Execute(events []msg.Event) ([]msg.Event, error) {
	events = p.Engine.Execute(&p.command, events)
	return events, p.checkDigest()
}

func (p *Past) checkDigest() error {
	if p.left > 0 {
		return nil
	}
	return checkDigest(p.Engine, p.command.Seq, &p.frame)
}

// checkDigest compares the state after a command with what its frame, whose last it is,
// says of it.
func checkDigest(e *engine.Engine, last msg.Seq, f *journal.Frame) error {
	if got := e.Digest(); got != f.Digest {
		return &DivergedError{f.Index, last, f.Digest, got}
	}
	return nil
}

// Frame returns the number of the frame that the state was read through, of the
// snapshot if none was read since; 0 when there is none.
func (p *Past) Frame() uint64 {
	if p.frame.Index == 0 && p.start != nil {
		return p.start.Frame
	}
	return p.frame.Index
}

// Start returns the sequence of the snapshot that the past started from, or 0.
func (p *Past) Start() msg.Seq {
	if p.start == nil {
		return 0
	}
	return msg.Seq(p.start.Seq)
}

// Close releases the journal. Engine and Views stay usable.
func (p *Past) Close() error {
	if err := p.reader.Close(); err != nil {
		return fmt.Errorf("close the journal: %w", err)
	}
	return nil
}
