package timeline

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
)

// Limits of what is kept and of how long nothing is heard.
const (
	// DefaultMemory bounds the states that are kept.
	DefaultMemory = 256 << 20
	// markSpacing is the least work between two marks, in commands and events: about a
	// millisecond of folding.
	markSpacing = 1 << 14
	// packedPerWork is how many bytes of a packed state are unpacked in the time in which
	// one command or event is folded. Marks lie as far apart as it takes to unpack one,
	// so that neither is long beside the other.
	packedPerWork = 80
	// tellEvery is after how many commands progress is told and an interruption heard.
	tellEvery = 1 << 12
)

// Options are the choices of who opens a timeline. The zero value is fine.
type Options struct {
	Memory   int64                   // for states that are kept; 0 = DefaultMemory
	Spacing  int                     // work between two of them, in commands and events; 0 = as it is good
	Warn     func(string)            // is told what was passed over
	Progress func(done, total int64) // is told how far the first pass has come, in commands
}

// Timeline is the past of a data directory with a place in it where somebody stands.
// It has one user at a time.
type Timeline struct {
	dir   string
	o     Options
	marks marks

	tail    *pipeline.Past // at the last frame that is sound; nil when nothing can follow
	births  births         // of the tail
	work    int            // since the last mark
	gap     int            // work until the next one
	began   int64          // when its first command came
	last    moment         // where the timeline ends
	trouble error          // why it ends there, if not because the journal does

	cursor cursor
	near   near
}

// moment is a command with its time.
type moment struct {
	seq  msg.Seq
	time int64
}

// Open folds the whole past of a data directory. Damage and divergence are no errors
// here: Trouble tells them. It stands at the end.
func Open(ctx context.Context, dir string, o Options) (*Timeline, error) {
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	t := &Timeline{dir: dir, o: o, marks: marks{limit: o.Memory - o.Memory/nearShare, spacing: o.Spacing}}
	if o.Spacing == 0 {
		t.marks.spacing = markSpacing
	}
	if err := t.open(ctx); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *Timeline) open(ctx context.Context) error {
	var err error
	if t.tail, err = pipeline.OpenEarliest(pipeline.PastOptions{Dir: t.dir, Warn: t.o.Warn}); err != nil {
		return err //nolint:wrapcheck // it names the directory
	}
	t.mark()
	if err := t.extend(ctx); err != nil {
		return err
	}
	if t.cursor.past, err = pipeline.OpenPast(pipeline.PastOptions{Dir: t.dir, Genesis: true}); err != nil {
		return err //nolint:wrapcheck // it names the directory
	}
	return t.Goto(t.last.seq)
}

// mark keeps the state of the tail.
func (t *Timeline) mark() {
	e := t.tail.Engine
	t.last = moment{e.Seq(), e.Time()}
	var before *engine.Packed
	if m := t.marks.last(); m != nil {
		before = m.state
	}
	m := mark{seq: e.Seq(), time: e.Time(), state: e.Pack(before), births: t.births.settle(e)}
	t.marks.add(m)
	if t.near.bytes() > t.o.Memory-t.marks.bytes {
		t.near.drop()
	}
	t.work, t.gap = 0, t.marks.spacing
	if t.o.Spacing == 0 {
		t.gap = max(t.gap, int(m.state.Bytes(nil)/packedPerWork))
	}
}

// Extend takes in what was added to the journal since it was read last, and returns
// how many commands that is.
func (t *Timeline) Extend(ctx context.Context) (int, error) {
	before := t.last.seq
	if t.tail == nil {
		return 0, nil
	}
	err := t.extend(ctx)
	return int(t.last.seq - before), err
}

// extend folds to the end of what can be read. An interruption leaves the tail
// between two commands, and a later call goes on there.
func (t *Timeline) extend(ctx context.Context) error {
	total := int64(lastKept(t.dir))
	for n := 1; ; n++ {
		err := t.extendOne()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			t.trouble = err
			err = t.tail.Close()
			t.tail = nil
			return err //nolint:wrapcheck // it says what it did
		}
		if n%tellEvery == 0 {
			if ctx.Err() != nil {
				return errInterrupted
			}
			if t.o.Progress != nil {
				t.o.Progress(int64(t.tail.Engine.Seq()), max(total, int64(t.tail.Engine.Seq())))
			}
		}
	}
}

var errInterrupted = errors.New("interrupted")

// extendOne folds one command into the tail. The timeline ends where a digest has
// proved the state, which is at the end of a frame.
func (t *Timeline) extendOne() error {
	c, events, err := t.tail.Next()
	if err != nil {
		return err //nolint:wrapcheck // io.EOF, or an error that names file, offset and sequence
	}
	if err := fold(t.tail, c); err != nil {
		return err
	}
	if t.began == 0 {
		t.began = c.Time
	}
	t.births.note(t.tail.Engine, c)
	t.work += 1 + len(events)
	if !t.tail.AtFrame() {
		return nil
	}
	t.last = moment{c.Seq, c.Time}
	if t.work >= t.gap {
		t.mark()
	}
	return nil
}

// fold folds the transaction that was read last. Where checksums hold and yet the
// events do not fit the state the engine panics; here that is something to be told.
func fold(p *pipeline.Past, c *msg.Command) (err error) {
	defer misfit(c, &err)
	return p.Fold() //nolint:wrapcheck // it names frame and sequence
}

// misfit makes a panic of the engine an error.
func misfit(c *msg.Command, err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("command %d (%v) does not fit the state before it: %v", c.Seq, c.Kind, v)
	}
}

// Trouble returns why the timeline ends before the journal does: damage, or a digest
// that is not that of the state. It is nil when all is sound.
func (t *Timeline) Trouble() error { return t.trouble }

// First returns where the timeline begins: 0, or the snapshot before the oldest
// command that is still kept.
func (t *Timeline) First() msg.Seq { return t.marks.list[0].seq }

// Began returns when the first command that is shown came, or 0.
func (t *Timeline) Began() int64 { return t.began }

// Last returns the last command, and its time.
func (t *Timeline) Last() (seq msg.Seq, time int64) { return t.last.seq, t.last.time }

// Kept returns how many states are kept, and the memory they take.
func (t *Timeline) Kept() (states int, bytes int64) {
	if t.near.engine == nil {
		return len(t.marks.list), t.marks.bytes
	}
	return len(t.marks.list) + 1, t.marks.bytes + t.near.bytes()
}

// End returns a state of the end, or of the last moment that is kept before it: to
// look up names in, and not to be changed.
func (t *Timeline) End() *engine.Engine {
	if t.tail != nil {
		return t.tail.Engine
	}
	e := engine.New(engine.Capacity{})
	e.Unpack(t.marks.last().state)
	return e
}

// Close releases the journal.
func (t *Timeline) Close() error {
	var errs []error
	for _, p := range []*pipeline.Past{t.tail, t.cursor.past} {
		if p != nil {
			errs = append(errs, p.Close())
		}
	}
	return errors.Join(errs...)
}

// lastKept returns the last command of the journal. It only serves to show progress,
// so where it cannot be told it is 0.
func lastKept(dir string) msg.Seq {
	r, err := journal.OpenReader(pipeline.JournalDir(dir), journal.ReaderOptions{})
	if err != nil {
		return 0
	}
	seq, _, err := r.SeekEnd()
	if errors.Join(err, r.Close()) != nil {
		return 0
	}
	return msg.Seq(seq)
}
