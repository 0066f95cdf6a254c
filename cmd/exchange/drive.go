package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/flow"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/marketview"
)

const (
	// driveRing holds a few milliseconds of work, so that the producer can sleep
	// while the ring is full and the engine never finds it empty.
	driveRing = 1 << 14
	// drivePause is how long the producer sleeps then. Spinning would take the
	// core that the engine needs.
	drivePause = 100 * time.Microsecond
	// driveLook is after how many commands the producer looks at the progress bar
	// and for an interruption.
	driveLook = 1 << 12
)

// drive takes a plan through a pipeline on an empty data directory, and has
// every transaction checked on the way.
type drive struct {
	dir   string
	plan  *flow.Plan
	check flow.CheckOptions
	sync  pipeline.Sync
	batch int
	warn  func(string)

	pipeline     *pipeline.Pipeline
	checker      *flow.Checker
	took         time.Duration
	end          pipeline.Position
	journalBytes int64 // of the frames of the plan's rows
}

// run drives the plan. progress is told how many of its rows were put.
func (d *drive) run(ctx context.Context, progress func(done, total int64)) error {
	if err := d.start(); err != nil {
		return err
	}
	err := d.rows(ctx, progress)
	if stopped := d.pipeline.Stop(); stopped != nil {
		return fmt.Errorf("drive the flow: %w", stopped)
	}
	d.end = d.pipeline.Durable()
	if err != nil {
		return err
	}
	d.journalBytes, err = bytesSince(d.dir, d.plan.FirstSeq)
	return err
}

// start starts the pipeline with checked views.
func (d *drive) start() error {
	live := &checked{views: views{marketview.New(marketview.Limits{})}}
	d.check.Depth = live.levels()
	var err error
	if live.checker, err = flow.NewChecker(d.plan, d.check); err != nil {
		return fmt.Errorf("check the flow: %w", err)
	}
	d.checker = live.checker
	d.pipeline, err = pipeline.Start(pipeline.Options{
		Dir:       d.dir,
		Clock:     func() int64 { return 0 }, // recorded times are the commands' times, zero too
		Ring:      driveRing,
		Batch:     d.batch,
		MaxOrders: -1,
		Sync:      d.sync,
		Views:     firstThese(live),
		Warn:      d.warn,
		Build:     buildName(),
	})
	return err //nolint:wrapcheck // it names the directory
}

// rows puts the setup, waits until nothing of it is left, then puts the rows
// and measures.
func (d *drive) rows(ctx context.Context, progress func(done, total int64)) error {
	for i := range d.plan.Setup {
		if err := d.put(ctx, &d.plan.Setup[i]); err != nil {
			return err
		}
	}
	if err := d.wait(ctx, d.plan.FirstSeq-1); err != nil {
		return err
	}
	var c msg.Command
	began := time.Now()
	for row := range d.plan.Len() {
		d.plan.Command(row, &c)
		if err := d.put(ctx, &c); err != nil {
			return fmt.Errorf("row %d: %w", row+1, err)
		}
		if row%driveLook == 0 {
			if err := ctx.Err(); err != nil {
				return errInterrupted
			}
			progress(int64(row), int64(d.plan.Len()))
		}
	}
	err := d.wait(ctx, d.plan.FirstSeq+msg.Seq(d.plan.Len())-1)
	d.took = time.Since(began)
	return err
}

// put waits for room in the ring.
func (d *drive) put(ctx context.Context, c *msg.Command) error {
	for {
		err := d.pipeline.Put(c)
		if !errors.Is(err, pipeline.ErrBusy) {
			return err //nolint:wrapcheck // the caller knows the row
		}
		if ctx.Err() != nil {
			return errInterrupted
		}
		time.Sleep(drivePause)
	}
}

// wait waits until a sequence is published, or the pipeline has failed; then
// Stop says why.
func (d *drive) wait(ctx context.Context, seq msg.Seq) error {
	for d.pipeline.Published() < seq && d.pipeline.Err() == nil {
		if ctx.Err() != nil {
			return errInterrupted
		}
		time.Sleep(drivePause)
	}
	return nil
}

// errInterrupted says that a drive was ended early. What was put until then is
// journaled; its end says how far that reaches.
var errInterrupted = errors.New("interrupted")

// bytesSince returns what the frames from a sequence on take in the journal.
func bytesSince(data string, seq msg.Seq) (total int64, err error) {
	r, err := journal.OpenReader(pipeline.JournalDir(data), journal.ReaderOptions{})
	if err != nil {
		return 0, fmt.Errorf("measure the journal: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := r.SeekSeq(uint64(seq)); err != nil {
		return 0, fmt.Errorf("measure the journal: %w", err)
	}
	var f journal.Frame
	for {
		err := r.Next(&f)
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return 0, fmt.Errorf("measure the journal: %w", err)
		}
		total += int64(f.StoredBytes)
	}
}
