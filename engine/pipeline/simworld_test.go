package pipeline

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// deepest bounds how many power cuts follow each other, each in the life after the one before.
const deepest = 3

// simWorld tries one plan: it lets a pipeline run once to know what must come of the workload, and then again with a power cut
// before each of its operations on the disk. From each cut several legal states of the disk are recovered, and these lives are
// cut short as well.
type simWorld struct {
	plan   *simPlan
	oracle *simOracle // nil in the first run
	rng    *rand.Rand // of power cuts and what they leave

	odds    int               // one in so many operations of the first life is cut
	samples int               // states that are tried of each cut
	chosen  func(string) bool // which phases are cut; nil = all
	spoils  bool              // snapshots are damaged too
	budget  int               // states to try at most

	states     int
	lineage    []msg.Command // as stamped in the first run
	traced     maphash.Hash  // of all that happened on the disk in the first life, and when
	operations int           // of the first life, reading ones too
	seen       *simCoverage
	faulty     bool     // operations fail or data are damaged: what is passed over may be warned of
	story      []string // the power cuts that led here
	broken     error    // the first promise that was broken
}

// simCoverage counts what was done, over many worlds.
type simCoverage struct {
	steps            map[string]int // by phase and kind of operation
	cuts             map[string]int // of these, how many were cut before
	rolls, snapshots int            // segments and snapshots of the first lives
	recoveries, deep int            // lives after a cut, and after more than one
	repairs          int            // torn ends that were cut off
	fallbacks        int            // snapshots that were passed over
	rotten, refused  int            // journals that were damaged, and that were refused by name
	errors           int            // operations that were made to fail
	worlds           int
}

func newCoverage() *simCoverage {
	return &simCoverage{steps: make(map[string]int), cuts: make(map[string]int)}
}

// newWorld runs the plan once, undisturbed.
func newWorld(plan *simPlan, seen *simCoverage) *simWorld {
	w := &simWorld{plan: plan, seen: seen, odds: 1, samples: 1, budget: math.MaxInt, rng: rand.New(rand.NewPCG(plan.seed, 6))}
	w.traced.SetSeed(simSeed)
	seen.worlds++
	r := w.live()
	w.operations = r.fs.Ops()
	if w.broken == nil {
		w.oracle = newOracle(w.lineage)
		if got := w.oracle.last(); int(got) != len(plan.commands) {
			w.broken = fmt.Errorf("%d of %d commands were executed", got, len(plan.commands))
		}
	}
	names, err := r.disk.ReadDir(JournalDir(simDir))
	if err == nil {
		seen.rolls += len(slices.DeleteFunc(names, func(name string) bool { return len(name) != 20 })) - 1
	}
	return w
}

// live is a whole first life.
func (w *simWorld) live() *simRun {
	r := w.newRun(vfs.NewMem(), simDuty{}, 0)
	if err := r.start(); err != nil {
		w.violated(r, fmt.Errorf("start: %w", err))
		return r
	}
	r.drive(len(w.plan.commands))
	if err := r.end(); err != nil {
		w.violated(r, fmt.Errorf("stop: %w", err))
	}
	return r
}

// simulate runs the plan again, with power cuts, and compares the two runs.
func (w *simWorld) simulate() {
	if w.broken != nil {
		return
	}
	first := w.traced.Sum64()
	w.traced.Reset()
	r := w.live()
	if w.broken == nil && w.traced.Sum64() != first {
		w.violated(r, errors.New("the same seed gave another run"))
	}
}

// execute is what the engine of a run does with a command.
func (w *simWorld) execute(e *engine.Engine, c *msg.Command, events []msg.Event) []msg.Event {
	if w.oracle == nil {
		w.lineage = append(w.lineage, *c)
	}
	return e.Execute(c, events)
}

// command returns what callers submit as number i, from 0: with the time that the first life gave it, or as planned.
func (w *simWorld) command(i int, stamped bool) msg.Command {
	if !stamped {
		return w.plan.commands[i]
	}
	c := w.oracle.commands[i]
	c.Seq = 0
	return c
}

// agrees compares a transaction with what must have come of the workload.
func (w *simWorld) agrees(seq msg.Seq, time int64, events []msg.Event) error {
	switch {
	case w.oracle == nil:
		return nil
	case seq < 1 || seq > w.oracle.last():
		return fmt.Errorf("command %d is none of %d", seq, w.oracle.last())
	case w.oracle.commands[seq-1].Time != time:
		return fmt.Errorf("command %d has time %d, must have %d", seq, time, w.oracle.commands[seq-1].Time)
	case !slices.Equal(w.oracle.events[seq-1], events):
		return fmt.Errorf("command %d has events %+v, must have %+v", seq, events, w.oracle.events[seq-1])
	}
	return nil
}

// covered and trace note an operation.
func (w *simWorld) covered(phase, kind string) { w.seen.steps[phase+" "+kind]++ }

func (w *simWorld) trace(r *simRun, op *vfs.Op) {
	if r.depth == 0 {
		_, _ = fmt.Fprintf(&w.traced, "%d %s %s %s %d seen %d next %d waiting %d\n", op.N, op.Kind, op.Name, op.To, op.Bytes, r.duty.seen, r.next, r.waiting)
	}
}

// warned judges what an operator would be told.
func (w *simWorld) warned(line string) {
	switch {
	case strings.Contains(line, "torn tail"):
		w.seen.repairs++
	case w.faulty:
		if strings.Contains(line, "passed over") {
			w.seen.fallbacks++
		}
	default:
		w.violated(nil, errors.New("warned: "+line))
	}
}

// violated notes a broken promise.
func (w *simWorld) violated(r *simRun, err error) {
	if w.broken != nil {
		return
	}
	where := strings.Join(w.story, ", then ")
	if r != nil && r.p != nil {
		where += fmt.Sprintf(", %d commands submitted, %d seen", r.duty.submitted, r.duty.seen)
	}
	w.broken = fmt.Errorf("%s: %w", strings.TrimPrefix(where, ", "), err)
}

// cut cuts the power before an operation, if chance wants it.
func (w *simWorld) cut(r *simRun, phase string, op *vfs.Op) {
	if w.oracle == nil || w.broken != nil || w.states >= w.budget {
		return
	}
	samples := 1
	if r.depth > 0 {
		if r.depth >= deepest || w.rng.IntN(60) != 0 {
			return
		}
	} else {
		if w.chosen != nil && !w.chosen(phase) || w.rng.IntN(w.odds) != 0 {
			return
		}
		samples = w.samples
	}
	w.seen.cuts[phase+" "+op.Kind]++
	if r.disk.States() == 1 {
		samples = 1
	}
	for range samples {
		left, how := w.outcome(r.disk)
		w.story = append(w.story, fmt.Sprintf("power cut before operation %d, %s of %s (%s)", op.N, op.Kind, op.Name, how))
		w.survive(left, r.duty, r.depth+1)
		w.story = w.story[:len(w.story)-1]
	}
}

// outcome draws what a power cut leaves; a dead process is one that leaves everything, not all of it durable.
func (w *simWorld) outcome(disk *vfs.Mem) (left *vfs.Mem, how string) {
	switch w.rng.IntN(8) {
	case 0:
		return disk.Fork(), "the process only"
	case 1:
		return disk.CrashClone(nil), "all that was not synced is lost"
	default:
		return disk.CrashClone(w.rng), "chance decides"
	}
}

// survive recovers what a power cut has left, checks it, and goes on for a while.
func (w *simWorld) survive(disk *vfs.Mem, duty simDuty, depth int) {
	w.states++
	w.seen.recoveries++
	if depth > 1 {
		w.seen.deep++
	}
	if w.rng.IntN(16) == 0 {
		w.decay(disk.Fork(), duty)
	}
	if w.spoils && !w.faulty && w.rng.IntN(4) == 0 {
		w.damageSnapshots(disk.Fork(), duty, w.rng.IntN(2) == 0)
	}
	r := w.newRun(disk, duty, depth)
	defer r.leave()
	if err := r.start(); err != nil {
		w.violated(r, fmt.Errorf("recovery: %w", err))
		return
	}
	if err := r.recovered(duty); err != nil {
		w.violated(r, fmt.Errorf("recovery: %w", err))
		return
	}
	limit := len(w.plan.commands)
	if w.rng.IntN(40) != 0 {
		limit = min(limit, r.next+w.rng.IntN(12))
	}
	r.drive(limit)
	if w.broken == nil && r.p.failed() {
		w.violated(r, fmt.Errorf("after recovery: %w", r.p.Err()))
	}
	if w.broken != nil {
		return
	}
	if w.rng.IntN(4) != 0 {
		if err := r.end(); err != nil {
			w.violated(r, fmt.Errorf("stop: %w", err))
			return
		}
		r.duty.seen = msg.Seq(limit)
	}
	if err := w.audit(disk, r.duty); err != nil {
		w.violated(r, fmt.Errorf("in the end: %w", err))
	}
}

// recovered holds the state that a recovery found against its duty.
func (r *simRun) recovered(duty simDuty) error {
	n, o := r.p.Durable().Seq, r.w.oracle
	if n < duty.seen || n > duty.submitted {
		return fmt.Errorf("%d commands are there, of %d that were seen and %d submitted", n, duty.seen, duty.submitted)
	}
	if got := r.p.engine.Digest(); got != o.digests[n] || r.p.Durable().Digest != got || r.p.engine.Seq() != n {
		return fmt.Errorf("the state after command %d has digest %016x, must have %016x", n, got, o.digests[n])
	}
	if maphash.Bytes(simSeed, r.p.engine.AppendState(nil)) != o.states[n] {
		return fmt.Errorf("the state after command %d is another", n)
	}
	if v := r.p.views.(*simView); v.sum != o.views[n] {
		return fmt.Errorf("the views after command %d, which say %d, are others", n, v.seq)
	}
	if got := r.p.snapshots.last.Seq; got < duty.snapshot && !r.w.faulty {
		return fmt.Errorf("it went on from snapshot %d, although %d was completed", got, duty.snapshot)
	}
	if duty.completed > 1 && r.w.rng.IntN(4) == 0 {
		return r.w.keeps(r.disk, duty.completed)
	}
	return nil
}

// keeps counts the snapshots that read whole.
func (w *simWorld) keeps(disk *vfs.Mem, want int) error {
	infos, err := snapshot.List(disk, SnapshotDir(simDir))
	if err != nil {
		return fmt.Errorf("list snapshots: %w", err)
	}
	good := 0
	for _, info := range infos {
		if _, err := snapshot.Read(disk, info.Path); err == nil {
			good++
		}
	}
	if good < want {
		return fmt.Errorf("%d of %d snapshots can be used, %d were completed and not removed", good, len(infos), want)
	}
	return nil
}

// audit reads the whole journal from its beginning, without a pipeline: all transactions are those of the workload.
func (w *simWorld) audit(disk *vfs.Mem, duty simDuty) error {
	past, err := OpenPast(PastOptions{Dir: simDir, FS: disk, Genesis: true, Warn: w.warned})
	if err != nil {
		return err
	}
	defer past.Close() //nolint:errcheck // it was only read
	for {
		c, events, err := past.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := w.agrees(c.Seq, c.Time, events); err != nil {
			return err
		}
		want := w.oracle.commands[c.Seq-1]
		if want.Spec != nil && c.Spec != nil && *want.Spec == *c.Spec {
			want.Spec = c.Spec
		}
		if *c != want {
			return fmt.Errorf("command %d is %s, must be %s", c.Seq, simText(c), simText(&want))
		}
		if err := past.Fold(); err != nil {
			return err
		}
	}
	if n := past.Engine.Seq(); n < duty.seen || n > duty.submitted {
		return fmt.Errorf("the journal has %d commands, of %d that were seen and %d submitted", n, duty.seen, duty.submitted)
	}
	return nil
}
