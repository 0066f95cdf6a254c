package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/ring"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// The defaults of Options.
const (
	DefaultRing      = 1 << 13 // commands
	DefaultReserved  = 1 << 10 // of them for cancels
	DefaultBatch     = 1 << 14 // commands
	DefaultBatches   = 4
	DefaultMaxOrders = 1 << 20
	DefaultPatience  = 10 * time.Second
)

// Sync says when the journal is made durable.
type Sync struct {
	Mode     SyncMode
	Interval time.Duration // of SyncInterval
}

// SyncMode is one of the three ways to sync.
type SyncMode uint8

// The modes. Only with SyncAlways is every answer durable.
const (
	SyncAlways   SyncMode = 0 // before anything of a batch is visible
	SyncInterval SyncMode = 1 // every so often; a crash may take the tail
	SyncNever    SyncMode = 2 // when the operating system likes, and at the end
)

// The ways in which a command is not taken. Nothing of it was sequenced.
var (
	ErrBusy    = errors.New("pipeline: busy, the ring is full")
	ErrFull    = errors.New("pipeline: the bound of open orders is reached")
	ErrStopped = errors.New("pipeline: stopped")
	ErrBarred  = errors.New("pipeline: this very command is refused, because it crashed the program")
)

// ErrUnknown says that the pipeline ended by a fatal error while a command was
// under way: it may or may not be in the journal.
var ErrUnknown = errors.New("pipeline: ended by an error, the outcome is unknown")

// Options are what a pipeline is started with.
type Options struct {
	Dir       string          // the data directory
	FS        vfs.FS          // where it is; nil = the operating system. On another one the segments are written by journal.LogOn
	Clock     func() int64    // nanoseconds; stamps commands that carry no time. Required; called by several goroutines
	Capacity  engine.Capacity // room to start with
	Ring      int             // commands in the ring, a power of two
	Reserved  int             // of them for cancels only; negative: none
	Batch     int             // commands in a batch, which is a frame
	Batches   int             // batches in memory: filled, synced, published, at least 2
	MaxOrders int             // open orders; new ones are refused with ErrFull beyond. Negative: no bound
	Patience  time.Duration   // for how long the answer to a command of Hand may take
	Sync      Sync
	Segment   int             // bytes of a journal segment; 0 = the journal's default
	Snapshots snapshot.Policy // when to take one in the background; the zero policy never does
	Retain    Retention       // how much of the journal is kept when a snapshot was taken; the zero value keeps all
	Storage   Storage         // what to do about a disk that fills up; the zero value is nothing
	Build     func() string   // tells this build from others, by which crashes are counted; nil = all are the same. Called when there are crashes only
	Barred    []CommandHash   // commands that have crashed before they were journalled, and are refused from now on with ErrBarred
	Views     func() Views    // makes fresh views; nil = none
	Publish   func(*Batch)    // called with each batch once it is durable and folded; nil = nobody
	Removed   func(Removal)   // is told what was removed of the journal; nil = nobody
	Warn      func(string)    // is told of repairs and of snapshots passed over; called by several goroutines

	Observe func(*Timing)        // is told how each batch went, by the publisher; nil = nobody
	Elapsed func() time.Duration // a stopwatch that never goes back; required with Observe, called by several goroutines

	// Tests put a faulty journal, a panicking engine, a small disk or known chance here.
	openLog func(dir string, o journal.Options) (log, error)
	execute func(e *engine.Engine, c *msg.Command, events []msg.Event) []msg.Event
	disk    vfs.FS    // of the ballast and the room beside it
	random  io.Reader // of the identity of a new journal

	segments journal.OpenLog // nil = tidwall/wal
}

func (o *Options) setDefaults() {
	for _, d := range [...]struct {
		field *int
		value int
	}{
		{&o.Ring, DefaultRing},
		{&o.Batch, DefaultBatch},
		{&o.Batches, DefaultBatches},
		{&o.MaxOrders, DefaultMaxOrders},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if o.Patience == 0 {
		o.Patience = DefaultPatience
	}
	if o.Reserved == 0 {
		o.Reserved = min(DefaultReserved, o.Ring/8)
	}
	o.Reserved = max(o.Reserved, 0)
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	if o.openLog == nil {
		o.openLog = openJournal
	}
	if o.execute == nil {
		o.execute = (*engine.Engine).Execute
	}
	if o.FS == nil {
		o.FS = vfs.OS()
	} else {
		o.segments = journal.LogOn(o.FS)
	}
	if o.Build == nil {
		o.Build = func() string { return "unknown" }
	}
	if o.disk == nil {
		o.disk = o.FS
	}
}

// check refuses what cannot run.
func (o *Options) check() error {
	switch {
	case o.Clock == nil:
		return errors.New("pipeline: Clock: is required")
	case o.Ring < 1 || o.Ring > ring.MaxSize || o.Ring&(o.Ring-1) != 0:
		return fmt.Errorf("pipeline: Ring: %d is no power of two up to %d", o.Ring, ring.MaxSize)
	case o.Reserved >= o.Ring:
		return fmt.Errorf("pipeline: Reserved: %d leaves nothing of a ring of %d", o.Reserved, o.Ring)
	case o.Batch < 1 || o.Batch > ring.MaxSize:
		return fmt.Errorf("pipeline: Batch: %d is not from 1 to %d", o.Batch, ring.MaxSize)
	case o.Batches < 2:
		return fmt.Errorf("pipeline: Batches: %d is less than 2", o.Batches)
	case o.Patience < patienceBeats:
		return fmt.Errorf("pipeline: Patience: %v is too short", o.Patience)
	case o.Observe != nil && o.Elapsed == nil:
		return errors.New("pipeline: Elapsed: is required with Observe")
	case o.Sync.Mode > SyncNever:
		return fmt.Errorf("pipeline: Sync.Mode: %d is unknown", o.Sync.Mode)
	case o.Sync.Mode == SyncInterval && o.Sync.Interval <= 0:
		return fmt.Errorf("pipeline: Sync.Interval: %v is not positive", o.Sync.Interval)
	case o.Storage.Reserve != 0 && o.Storage.Reserve < MinReserve:
		return fmt.Errorf("pipeline: Storage.Reserve: %d is less than %d", o.Storage.Reserve, MinReserve)
	case o.Storage.Interval < 0:
		return fmt.Errorf("pipeline: Storage.Interval: %v is negative", o.Storage.Interval)
	}
	return nil
}

// log is what the pipeline needs of a *journal.Writer.
type log interface {
	Append(f *journal.Frame) error
	Sync() error
	Close() error
	ID() journal.ID
	Epoch() uint64
	LastSeq() uint64
	Bytes() int64
	RemoveBefore(seq uint64) error
}

func openJournal(dir string, o journal.Options) (log, error) {
	w, err := journal.Open(dir, o)
	if err != nil {
		return nil, fmt.Errorf("open the journal: %w", err)
	}
	return w, nil
}

// Pipeline is a running exchange without its edges. Start makes one.
type Pipeline struct {
	o       Options
	ring    *ring.Ring[request]
	rests   rests
	replies chan *reply
	desk    desk
	hand    *handover
	durable chan *Batch

	engine  *engine.Engine // of the engine goroutine
	command *msg.Command   // of the engine goroutine: the one that is executed, unless it has a place of its own
	log     log            // of the journal goroutine
	views   Views          // of the publisher goroutine

	direct     bool         // goroutines may do each other's work
	broken     bool         // the engine has panicked; of whoever consumes the ring
	publishing atomic.Int32 // batches that are to be published, or are being

	closing   atomic.Bool
	written   Position          // of the journal goroutine
	syncNow   chan chan<- error // asks it for a sync, whatever the mode
	removals  chan removal      // asks it to remove old segments
	synced    atomic.Pointer[Position]
	published atomic.Uint64
	snapshots *snapshotter
	storage   *storage // nil when nobody looks at the disk
	barred    map[CommandHash]struct{}
	stages    sync.WaitGroup
	watch     sync.WaitGroup // of runDesk and of the storage

	failure sync.Once
	err     error // written once, before done is closed
	done    chan struct{}
	stopped sync.Once
	stopErr error
}

// Position is a place in the journal with the state's digest there.
type Position struct {
	Seq    msg.Seq
	Time   int64
	Digest uint64
	Epoch  uint64
	Frame  uint64
	Bytes  int64 // of the journal
}

// Start recovers the state of a data directory, which it makes if needed, and
// begins to take commands: the newest usable snapshot, then the frames after it,
// each checked by its digest.
func Start(o Options) (*Pipeline, error) {
	p, err := open(o)
	if err != nil {
		return nil, err
	}
	p.run()
	return p, nil
}

// open does all that Start does before goroutines come in.
func open(o Options) (*Pipeline, error) {
	o.setDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	frame, err := promised(o.FS, o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start in %s: %w", o.Dir, err)
	}
	l, err := openWithRoom(&o, frame)
	if err != nil {
		return nil, fmt.Errorf("start in %s: %w", o.Dir, err)
	}
	p := &Pipeline{o: o, log: l, done: make(chan struct{}), storage: newStorage(&o, o.disk)}
	if err := p.storage.begin(); err != nil {
		return nil, errors.Join(fmt.Errorf("start in %s: %w", o.Dir, err), l.Close())
	}
	if err := p.refusePoison(); err != nil {
		return nil, errors.Join(fmt.Errorf("start in %s: %w", o.Dir, err), l.Close())
	}
	if err := p.recover(); err != nil {
		return nil, errors.Join(fmt.Errorf("recover %s: %w", o.Dir, err), l.Close())
	}
	p.ring = ring.New[request](o.Ring, o.Reserved)
	p.command = new(msg.Command)
	p.replies = make(chan *reply, o.Ring)
	p.hand = newHandover(o.Batches, o.Batch, p.done)
	p.durable = make(chan *Batch, o.Batches)
	p.syncNow = make(chan chan<- error)
	p.removals = make(chan removal)
	return p, nil
}

// run starts the goroutines.
func (p *Pipeline) run() {
	p.snapshots.start()
	p.direct = true
	p.ring.Lend(p.serve)
	p.stages.Add(3)
	go p.runEngine()
	go p.runJournal()
	go p.runPublisher()
	p.watch.Go(p.runDesk)
	if p.storage != nil {
		p.watch.Go(func() { p.storage.run(p.done) })
	}
}

// openWithRoom opens the journal. Where that finds no room for what it has to write,
// it may have that of the ballast: by then it has held the lock.
func openWithRoom(o *Options, promised uint64) (log, error) {
	j := journal.Options{
		SegmentBytes: o.Segment, LockFile: LockFile(o.Dir), FS: o.FS, OpenLog: o.segments, Random: o.random,
		Promised: promised, Derivation: derivation, Warn: o.Warn,
	}
	open := func() (log, error) { return o.openLog(JournalDir(o.Dir), j) }
	l, err := open()
	if err == nil || o.Storage.Reserve == 0 || !vfs.NoRoom(err) {
		return l, err
	}
	if kept, herr := hasBallast(o.disk, o.Dir); herr != nil || !kept {
		return nil, err
	}
	o.Warn(fmt.Sprintf("the ballast is given up, because the disk is full: %v", err))
	if err := dropBallast(o.disk, o.Dir); err != nil {
		return nil, err
	}
	return open()
}

// promised returns the last frame that the snapshots of this journal say was
// durable. Snapshots where there is no journal are of one that was lost, or is
// somewhere else; a new one must not begin beside them.
func promised(fsys vfs.FS, dir string) (frame uint64, err error) {
	infos, err := snapshot.List(fsys, SnapshotDir(dir))
	if err != nil {
		return 0, fmt.Errorf("list snapshots: %w", err)
	}
	r, err := journal.OpenReader(JournalDir(dir), journal.ReaderOptions{FS: fsys})
	if err != nil {
		if errors.Is(err, journal.ErrNoJournal) && len(infos) > 0 {
			return 0, fmt.Errorf("%w, but %d snapshots of one: put the journal back, or take the snapshots away to begin anew", err, len(infos))
		}
		return 0, nil // what is wrong is for the opening to say, which may repair it
	}
	for _, info := range infos {
		// A snapshot that cannot be read promises nothing; it is passed over later.
		if m, err := snapshot.ReadMeta(fsys, info.Path); err == nil && m.Journal == [16]byte(r.ID()) {
			frame = max(frame, m.Frame)
		}
	}
	return frame, r.Close() //nolint:wrapcheck // nothing was read
}

// recover folds the journal.
func (p *Pipeline) recover() error {
	past, err := OpenPast(PastOptions{
		Dir: p.o.Dir, FS: p.o.FS, Views: p.o.Views, Warn: p.o.Warn, Room: p.o.Capacity,
		Beside: p.o.segments == nil, // on another file system everything has one order
	})
	if err != nil {
		return err
	}
	if err := p.foldTo(stageRecover, past, 0); err != nil {
		return errors.Join(err, past.Close())
	}
	if end := p.log.LastSeq(); uint64(past.Engine.Seq()) != end {
		return errors.Join(fmt.Errorf("the journal ends with command %d, but snapshot %d says that more was durable", end, past.Start()), past.Close())
	}
	p.engine, p.views = past.Engine, past.Views
	p.written = Position{
		Seq: p.engine.Seq(), Time: p.engine.Time(), Digest: p.engine.Digest(), Epoch: p.log.Epoch(), Frame: past.Frame(), Bytes: p.log.Bytes(),
	}
	at := p.written
	p.synced.Store(&at)
	p.published.Store(uint64(p.engine.Seq()))
	p.snapshots = newSnapshotter(p, past.Start())
	return past.Close()
}

// Put hands a command over without waiting for its answer. The command is
// copied, but for what Spec points to. ErrBusy, ErrStopped, or an error that names what is wrong with c.
func (p *Pipeline) Put(c *msg.Command) error { return p.put(c, nil, 0, false) }

// Do hands a command over and waits until its events are durable and folded
// into the views. Into is the caller's and must not be nil; on an error it says
// nothing. When ctx ends first the outcome is unknown, and an answer that comes
// later is dropped.
func (p *Pipeline) Do(ctx context.Context, c *msg.Command, into *Result) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var r *reply
	select {
	case r = <-p.replies:
	default:
		r = newReply()
	}
	ticket := r.open(into)
	if err := p.put(c, r, ticket, into.Folded != nil); err != nil {
		r.settle(ticket)
		p.giveBack(r)
		return err
	}
	var err error
	select {
	case <-r.signal:
		err = r.err
	case <-ctx.Done():
		err = r.abandon(ticket, context.Cause(ctx))
	case <-p.done:
		err = r.abandon(ticket, ErrUnknown)
	}
	p.giveBack(r)
	return err
}

func (p *Pipeline) giveBack(r *reply) {
	r.result = nil
	select {
	case p.replies <- r:
	default:
	}
}

// put hands a command over, with the reply that its answer goes to, if anybody waits.
func (p *Pipeline) put(c *msg.Command, r *reply, ticket uint64, watches bool) error {
	if err := c.Check(); err != nil {
		return fmt.Errorf("command: %w", err)
	}
	if p.refuses(c) {
		return ErrBarred
	}
	if !p.storage.takes(c.Kind) && !p.closing.Load() {
		return ErrStorage
	}
	q := newRequest(c, &p.rests)
	q.reply, q.ticket, q.watches = r, ticket, watches
	ok := false
	if c.Kind == msg.Cancel || c.Kind == msg.CancelAll {
		ok = p.ring.PutReserved(&q)
	} else {
		ok = p.ring.Put(&q)
	}
	if ok {
		return nil
	}
	p.rests.giveBack(&q)
	if p.closing.Load() {
		return ErrStopped
	}
	return ErrBusy
}

// Durable returns the last position that a crash cannot take back. With another
// mode than SyncAlways it is that of the last sync.
func (p *Pipeline) Durable() Position { return *p.synced.Load() }

// Published returns the last sequence that was folded and answered.
func (p *Pipeline) Published() msg.Seq { return msg.Seq(p.published.Load()) }

// JournalID returns the identity of the journal.
func (p *Pipeline) JournalID() journal.ID { return p.log.ID() }

// Done is closed when the pipeline has ended, by Stop or by a fatal error.
func (p *Pipeline) Done() <-chan struct{} { return p.done }

// Err returns the fatal error after Done was closed, or nil.
func (p *Pipeline) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// fail ends the pipeline. Only the first error counts.
func (p *Pipeline) fail(err error) {
	p.failure.Do(func() {
		p.err = err
		p.refuse() // first, so that nothing is taken any more once Done is closed
		close(p.done)
	})
}

// refuse takes no more commands; those in the ring are still executed.
func (p *Pipeline) refuse() {
	p.closing.Store(true)
	p.ring.Close()
}

// failed reports whether the pipeline has ended by an error.
func (p *Pipeline) failed() bool { return p.Err() != nil }

// Stop refuses new commands, finishes those that were taken, syncs, takes a
// snapshot and closes the journal. It returns the fatal error if there was one.
func (p *Pipeline) Stop() error {
	p.stopped.Do(func() {
		p.refuse()
		p.stages.Wait()
		p.snapshots.stop(!p.failed())
		p.stopErr = errors.Join(p.Err(), p.log.Close())
		p.fail(nil)
		p.watch.Wait()
	})
	return p.stopErr
}

// TakeSnapshot takes a snapshot of the state as far as it is durable and
// returns its sequence.
func (p *Pipeline) TakeSnapshot() (msg.Seq, error) { return p.snapshots.take() }
