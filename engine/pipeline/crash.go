package pipeline

import (
	"encoding/hex"
	"fmt"
	"path/filepath"
	"runtime/debug"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// PanicError says which command made the program panic. While it was executed, nothing
// of its batch was journalled or seen; later, it is durable.
type PanicError struct {
	Seq   msg.Seq
	Hash  CommandHash
	Value any // what the panic said
	Times int // that this build has crashed so, this one included, as far as is recorded

	stage string
}

// Error names the command and what the panic said.
func (e *PanicError) Error() string {
	what := map[string]string{
		stageExecute: "the engine", stagePublish: "views or streams", stageSnapshot: "the fold for a snapshot", stageRecover: "the recovery",
	}[e.stage]
	again := ""
	if e.Times >= crashesRefused {
		again = fmt.Sprintf(", %d times by now: it crashes this build", e.Times)
	}
	return fmt.Sprintf("command %d made %s panic (command hash %s%s): %v", e.Seq, what, e.Hash, again, e.Value)
}

// crash ends the pipeline after a panic while a command was executed, and records what
// it takes to see it again from the end of the journal.
func (p *Pipeline) crash(b *Batch, value any, stack []byte) {
	c := b.requests[b.n].command(&b.shown)
	r := p.crashOf(stageExecute, c, value, stack)
	if b.n > 0 {
		r.Before = &CrashBefore{Commands: b.n, Seq: b.first().seq, Time: b.first().time}
		if len(b.raw) <= batchBytes {
			r.Before.Bytes = hex.EncodeToString(b.raw)
		}
	}
	p.fail(p.recordCrash(r, value))
}

// crashPublished ends the pipeline after a panic while a batch was folded and shown.
// At is the command that was folded; when it is the batch as a whole that was shown,
// it is the number of commands.
func (p *Pipeline) crashPublished(b *Batch, at int, value any, stack []byte) {
	r := p.crashOf(stagePublish, b.requests[min(at, b.n-1)].command(&b.shown), value, stack)
	r.Frame = b.frame.Index
	p.fail(p.recordCrash(r, value))
}

// crashFolded records a panic while the journal was folded, in the background or at
// the start.
func (p *Pipeline) crashFolded(stage string, past *Past, value any, stack []byte) error {
	c, f := &past.command, &past.frame
	r := p.crashOf(stage, c, value, stack)
	r.Frame, r.File, r.Offset = f.Index, filepath.Join(JournalDir(p.o.Dir), f.Segment), f.Offset
	return p.recordCrash(r, value)
}

// crashOf describes a panic.
func (p *Pipeline) crashOf(stage string, c *msg.Command, value any, stack []byte) *Crash {
	r := &Crash{
		Time: p.o.Clock(), Stage: stage, Journal: p.log.ID().String(), Build: p.o.Build(),
		Seq: c.Seq, At: c.Time, Kind: c.Kind.String(), Hash: HashOf(c), Panic: fmt.Sprint(value), Stack: string(stack),
	}
	r.Bytes = hex.EncodeToString(encodeRefused(c))
	return r
}

// recordCrash appends a crash to the history, and returns the error by which the
// pipeline ends.
func (p *Pipeline) recordCrash(r *Crash, value any) error {
	err := &PanicError{Seq: r.Seq, Hash: r.Hash, Value: value, Times: 1, stage: r.Stage}
	h := history{p.o.FS, p.o.Dir}
	before, rerr := h.read(func(string) {})
	for i := range before {
		if b := &before[i]; b.Build == r.Build && b.Journal == r.Journal && sameCrash(b, r) {
			err.Times++
		}
	}
	if werr := h.append(r); rerr != nil || werr != nil {
		return fmt.Errorf("%w; and %s does not say so: %w", err, CrashFile(p.o.Dir), firstError(werr, rerr))
	}
	return err
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// foldTo folds the past to a sequence, 0 for all, and names the command when that
// panics.
func (p *Pipeline) foldTo(stage string, past *Past, to msg.Seq) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *besidePanic:
			err = p.crashFolded(stage, past, r.value, r.stack)
		default:
			err = p.crashFolded(stage, past, r, debug.Stack())
		}
	}()
	return past.FoldTo(to)
}

// PoisonError says that a command has crashed this build before, and would again.
type PoisonError struct {
	Crash Crash // the last one
	Times int
	File  string // that records them
}

// Durable reports whether the command stands in the journal: then it cannot be left
// out, and only another build leads on.
func (e *PoisonError) Durable() bool { return e.Crash.durable() }

// Error names the command, the build and the places to look at.
func (e *PoisonError) Error() string {
	c := &e.Crash
	where := "it is not in the journal, but whoever sent it may send it again"
	if c.durable() {
		where = "it is in the journal"
		if c.File != "" {
			where += fmt.Sprintf(", in %s at offset %d, frame %d", c.File, c.Offset, c.Frame)
		}
	}
	return fmt.Sprintf("command %d crashes this build (%s; %s, command hash %s), %d times, last with %q: %s; %s has the details",
		c.Seq, c.Build, c.Kind, c.Hash, e.Times, c.Panic, where, e.File)
}

// refusePoison returns a *PoisonError when this build has crashed twice for a command,
// unless the command is barred. Who starts another build, or takes the record away,
// has it tried again.
func (p *Pipeline) refusePoison() error {
	h := history{p.o.FS, p.o.Dir}
	crashes, err := h.read(p.o.Warn)
	if err != nil {
		return err
	}
	if err := p.bar(h, crashes); err != nil {
		return err
	}
	if len(crashes) == 0 {
		return nil
	}
	build, id, end := p.o.Build(), p.log.ID().String(), msg.Seq(p.log.LastSeq())
	for i := len(crashes) - 1; i > 0; i-- {
		last := &crashes[i]
		if last.Build != build || last.Journal != id || last.Stage == stageBarred || p.isBarred(last) {
			continue
		}
		if last.durable() && last.Seq > end {
			continue // it was lost with what was not synced
		}
		times := 1
		for j := range crashes[:i] {
			b := &crashes[j]
			if b.Build == build && b.Journal == id && !p.isBarred(b) && sameCrash(b, last) && !p.passed(b, last, end) {
				times++
			}
		}
		if times >= crashesRefused {
			return &PoisonError{Crash: *last, Times: times, File: CrashFile(p.o.Dir)}
		}
	}
	return nil
}

// passed reports whether two crashes have only a sequence in common, which another
// command got since: the journal ends there or later.
func (p *Pipeline) passed(a, b *Crash, end msg.Seq) bool {
	return !a.durable() && a.Hash != b.Hash && a.Seq <= end
}

// sameCrash reports whether two crashes of one build and journal are for the same
// command: at the same sequence, which is given anew as long as nothing came to be
// there, or for the same command at another.
func sameCrash(a, b *Crash) bool {
	if a.Stage == stageBarred || b.Stage == stageBarred || a.durable() != b.durable() {
		return false
	}
	return a.Seq == b.Seq || !a.durable() && a.Hash == b.Hash
}

// isBarred reports whether a crash cannot happen again, because its command is refused
// before it is sequenced.
func (p *Pipeline) isBarred(c *Crash) bool {
	_, ok := p.barred[c.Hash]
	return ok && !c.durable()
}

// bar has commands refused, of which each has crashed before, and records it.
func (p *Pipeline) bar(h history, crashes []Crash) error {
	for _, hash := range p.o.Barred {
		var crashed *Crash
		recorded := false
		for i := range crashes {
			if c := &crashes[i]; c.Hash == hash {
				recorded = recorded || c.Stage == stageBarred && c.Journal == p.log.ID().String()
				if c.Stage != stageBarred {
					crashed = c
				}
			}
		}
		switch {
		case crashed == nil:
			return fmt.Errorf("bar command %s: %s records no crash of it", hash, CrashFile(p.o.Dir))
		case crashed.durable():
			return fmt.Errorf("bar command %s: it is in the journal, as command %d, and cannot be left out", hash, crashed.Seq)
		case !recorded:
			err := h.append(&Crash{
				Time: p.o.Clock(), Stage: stageBarred, Journal: p.log.ID().String(), Build: p.o.Build(),
				Seq: crashed.Seq, At: crashed.At, Kind: crashed.Kind, Hash: hash, Bytes: crashed.Bytes,
			})
			if err != nil {
				return err
			}
		}
		if p.barred == nil {
			p.barred = make(map[CommandHash]struct{})
		}
		p.barred[hash] = struct{}{}
		p.o.Warn(fmt.Sprintf("commands like command %d of %s are refused: %s, hash %s", crashed.Seq, CrashFile(p.o.Dir), crashed.Kind, hash))
	}
	return nil
}

// refuses reports whether a command is barred.
func (p *Pipeline) refuses(c *msg.Command) bool {
	if len(p.barred) == 0 {
		return false
	}
	_, ok := p.barred[HashOf(c)]
	return ok
}
