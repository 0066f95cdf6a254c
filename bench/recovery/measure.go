package recovery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/allviews"
	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// Size says how much is measured.
type Size struct {
	folded  int // commands of the shaped flow that are folded
	resting int // orders in the snapshot, and commands after it
	samples int
}

// The sizes: that of the promise, and one that shows within seconds that everything
// runs.
var (
	Long  = Size{folded: 1_000_000, resting: 1_000_000, samples: 5}
	Short = Size{folded: 50_000, resting: 20_000, samples: 1}
)

// The goals.
const (
	goalEvents  = 5_000_000 // a second
	goalSeconds = 2
)

const section = "recovery and snapshots"

// Measure adds how fast a journal is folded and how long a restart takes, with its
// parts.
func Measure(ctx context.Context, r *result.Run, size Size) (err error) {
	dir, err := os.MkdirTemp("", "recovery")
	if err != nil {
		return fmt.Errorf("measure recovery: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	shaped, err := shapedDirectory(filepath.Join(dir, "shaped"), size.folded)
	if err != nil {
		return err
	}
	if err := folding(ctx, r, &shaped, size.samples); err != nil {
		return err
	}
	busy, err := busyDirectory(filepath.Join(dir, "busy"), size.resting)
	if err != nil {
		return err
	}
	if err := restarting(ctx, r, &busy, size.samples); err != nil {
		return err
	}
	return takingApart(ctx, r, &busy, size.samples)
}

// folding adds how fast a journal is folded: by the engine alone, and by engine and
// views as a restart does it.
func folding(ctx context.Context, r *result.Run, d *directory, samples int) error {
	var alone, both []float64
	for range samples {
		for _, k := range []struct {
			views func() pipeline.Views
			rates *[]float64
		}{{nil, &alone}, {allviews.New, &both}} {
			took, err := fold(ctx, d, k.views)
			if err != nil {
				return err
			}
			*k.rates = append(*k.rates, float64(d.events)/took.Seconds())
		}
	}
	note := fmt.Sprintf("shaped flow, %d events, digest %016x", d.events, d.end.Digest)
	r.Time(section, "folding a journal, engine and views", "events/s", both, &result.Goal{AtLeast: goalEvents}).Note = note
	r.Time(section, "folding a journal, engine alone", "events/s", alone, &result.Goal{AtLeast: goalEvents}).Note = note
	return nil
}

// fold folds a whole journal, and returns how long that takes.
func fold(ctx context.Context, d *directory, views func() pipeline.Views) (took time.Duration, err error) {
	if err := ctx.Err(); err != nil {
		return 0, context.Cause(ctx)
	}
	debug.FreeOSMemory()
	var past *pipeline.Past
	took = stopwatch(func() {
		past, err = pipeline.OpenPast(pipeline.PastOptions{Dir: d.dir, Genesis: true, Views: views, Beside: true})
		if err == nil {
			err = errors.Join(past.FoldTo(0), past.Close())
		}
	})
	if err != nil {
		return 0, fmt.Errorf("fold a journal: %w", err)
	}
	return took, d.matches(past.Engine)
}

// matches returns an error unless the state is that of the directory's end.
func (d *directory) matches(e *engine.Engine) error { return d.reached(e.Digest()) }

func (d *directory) reached(digest uint64) error {
	if digest != d.end.Digest {
		return fmt.Errorf("the state has digest %016x, not %016x", digest, d.end.Digest)
	}
	return nil
}

// restarting adds how long it takes until an exchange takes commands again: a process
// that is started on a directory, until it says that it is ready.
func restarting(ctx context.Context, r *result.Run, d *directory, samples int) error {
	x, err := build(ctx, filepath.Dir(d.dir))
	if err != nil {
		return err
	}
	var seconds []float64
	for range samples {
		took, err := x.start(ctx, d.dir)
		if err != nil {
			return err
		}
		seconds = append(seconds, took.Seconds())
	}
	if err := d.still(); err != nil {
		return err
	}
	r.Time(section, "restart", "s", seconds, &result.Goal{AtMost: goalSeconds}).Note = "a process, from its start until it is ready; " + d.note()
	return nil
}

// still returns an error unless starts have left the directory as it was: nothing has
// happened, and what it holds gives the state that was written.
func (d *directory) still() error {
	past, err := pipeline.OpenPast(pipeline.PastOptions{Dir: d.dir})
	if err != nil {
		return fmt.Errorf("fold after restarts: %w", err)
	}
	if err := errors.Join(past.FoldTo(0), past.Close()); err != nil {
		return fmt.Errorf("fold after restarts: %w", err)
	}
	if past.Start() != d.after || past.Engine.Seq() != d.end.Seq {
		return fmt.Errorf("the snapshot is of command %d and the end at %d, not %d and %d", past.Start(), past.Engine.Seq(), d.after, d.end.Seq)
	}
	return d.matches(past.Engine)
}

// note says what is in the directory.
func (d *directory) note() string {
	return fmt.Sprintf("%d commands up to the snapshot, %d events of %d commands after it, digest %016x",
		d.after, d.events, d.end.Seq-d.after, d.end.Digest)
}

// takingApart adds what the parts of a restart take, one after the other.
func takingApart(ctx context.Context, r *result.Run, d *directory, samples int) error {
	var each [8][]float64
	for range samples {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		debug.FreeOSMemory()
		p, digest, err := timeParts(d)
		if err == nil {
			err = d.reached(digest)
		}
		if err != nil {
			return fmt.Errorf("take a restart apart: %w", err)
		}
		for i, part := range [...]time.Duration{p.snapshot, p.engine, p.views, p.sweep, p.read, p.decode, p.foldEngine, p.foldViews} {
			each[i] = append(each[i], float64(part.Microseconds())/1000)
		}
	}
	for i, name := range [...]string{
		"read the snapshot", "restore the engine", "restore the views", "sweep the engine",
		"read the journal", "decode it", "fold it into the engine", "fold it into the views",
	} {
		r.Time(section, "restart, alone: "+name, "ms", each[i], nil)
	}
	return nil
}
