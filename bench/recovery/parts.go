package recovery

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/allviews"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// parts is what one after the other takes of all that a restart does.
type parts struct {
	snapshot time.Duration // read and decompressed
	engine   time.Duration // restored, with the sweep of its state
	views    time.Duration // restored
	sweep    time.Duration // the engine's once more, alone

	// Of the journal behind the snapshot.
	read, decode, foldEngine, foldViews time.Duration
}

// timeParts takes a restart apart, and returns the digest that it ends with.
func timeParts(d *directory) (p parts, digest uint64, err error) {
	v := allviews.New()
	e := engine.New(engine.Capacity{})
	if d.after > 0 {
		if e, err = p.restore(d, v); err != nil {
			return p, 0, err
		}
		p.sweep = stopwatch(func() { err = e.Check() })
		if err != nil {
			return p, 0, fmt.Errorf("sweep the engine: %w", err)
		}
	}
	err = p.fold(d, e, v)
	return p, e.Digest(), err
}

func stopwatch(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

// restore fills views, and returns the engine, of the directory's snapshot.
func (p *parts) restore(d *directory, v pipeline.Views) (e *engine.Engine, err error) {
	infos, err := snapshot.List(vfs.OS(), pipeline.SnapshotDir(d.dir))
	if err != nil || len(infos) == 0 {
		return nil, errors.Join(errors.New("there is no snapshot"), err)
	}
	var s *snapshot.Snapshot
	p.snapshot = stopwatch(func() { s, err = snapshot.Read(vfs.OS(), infos[0].Path) })
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Base(infos[0].Path), err)
	}
	section, _ := s.Section("engine")
	p.engine = stopwatch(func() { e, err = engine.Restore(section.Data, engine.Capacity{}) })
	if err != nil {
		return nil, fmt.Errorf("restore the engine: %w", err)
	}
	p.views = stopwatch(func() {
		for _, part := range v.Sections() {
			section, _ := s.Section(part.Name())
			err = errors.Join(err, part.Restore(section.Data))
		}
	})
	return e, err
}

// fold reads, decodes and folds the journal behind the state, a frame at a time.
func (p *parts) fold(d *directory, e *engine.Engine, v pipeline.Views) (err error) {
	r, err := journal.OpenReader(pipeline.JournalDir(d.dir), journal.ReaderOptions{})
	if err != nil {
		return fmt.Errorf("open the journal: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	p.read += stopwatch(func() { err = r.SeekSeq(uint64(e.Seq()) + 1) })
	if err != nil {
		return fmt.Errorf("find command %d: %w", e.Seq()+1, err)
	}
	var f journal.Frame
	var t transactions
	for {
		p.read += stopwatch(func() { err = r.Next(&f) })
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
		p.decode += stopwatch(func() { err = t.decode(&f) })
		if err != nil {
			return fmt.Errorf("decode frame %d: %w", f.Index, err)
		}
		p.foldEngine += stopwatch(func() { t.each(e.Apply) })
		p.foldViews += stopwatch(func() { t.each(v.Apply) })
		if e.Digest() != f.Digest {
			return fmt.Errorf("frame %d: the digest is %016x, not %016x", f.Index, e.Digest(), f.Digest)
		}
	}
}

// transactions are those of a frame. They are used again by the next one.
type transactions struct {
	decoder  msg.Decoder
	commands []msg.Command
	events   []msg.Event
	ends     []int // of each command's events
}

func (t *transactions) decode(f *journal.Frame) (err error) {
	t.commands, t.events, t.ends = t.commands[:0], t.events[:0], t.ends[:0]
	t.decoder.Reset(f.Raw, msg.Seq(f.FirstSeq), f.FirstTime)
	for t.decoder.More() {
		t.commands = append(t.commands, msg.Command{})
		if t.events, err = t.decoder.Next(&t.commands[len(t.commands)-1], t.events); err != nil {
			return err //nolint:wrapcheck // the caller names the frame
		}
		t.ends = append(t.ends, len(t.events))
	}
	return nil
}

func (t *transactions) each(apply func(*msg.Command, []msg.Event)) {
	from := 0
	for i, to := range t.ends {
		apply(&t.commands[i], t.events[from:to])
		from = to
	}
}
