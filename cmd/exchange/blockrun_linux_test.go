//go:build !386

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// blockRun is an exchange that ran on a disk that recorded it.
type blockRun struct {
	blockRecording

	acks    []blockAck
	digests []uint64              // of the state after each command, the first is of none
	frames  map[uint64]blockFrame // by number
	data    string                // the data directory
	fs      vfs.FS                // that the exchange goes through; nil = the operating system
}

// blockAck is an acknowledgement: everything up to a command, when the disk had been
// sent so much.
type blockAck struct {
	position int
	seq      msg.Seq
}

type blockFrame struct {
	hash journal.Hash
	last uint64
}

// The workload: segments of a few frames, a snapshot every so often, and a restart
// in the middle.
const (
	blockCommands  = 300
	blockBurst     = 6
	blockSegment   = 4 << 10
	blockSnapshots = 70
)

// blockOptions are those of the exchange that is crashed, and of its recovery.
func blockOptions(dir string, warn func(string)) pipeline.Options {
	var now atomic.Int64
	return pipeline.Options{
		Dir: dir, Ring: 64, Batch: 8, Segment: blockSegment, Snapshots: snapshot.Policy{Commands: blockSnapshots},
		Clock: func() int64 { return now.Add(1000) }, Warn: warn,
	}
}

// runOnBlocks runs an exchange in a directory on a disk that records, and stops it
// in the end.
func runOnBlocks(t *testing.T, d *blockDisk, data string, seed uint64) *blockRun {
	t.Helper()
	r := &blockRun{data: data}
	r.base = d.record()
	r.carryOut(t, d, seed)
	return r
}

// carryOut is the workload of a seed on a disk that records.
func (r *blockRun) carryOut(t *testing.T, d *blockDisk, seed uint64) {
	t.Helper()
	flow := enginetest.NewShaped(seed, 4)
	commands := flow.Setup(msg.Balances)
	for len(commands) < blockCommands {
		var c msg.Command
		flow.Next(&c)
		commands = append(commands, c)
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	half := len(commands) / 2
	r.drive(t, d, rng, commands[:half])
	r.drive(t, d, rng, commands[half:])
	r.written = d.recorded()
	if err := r.read(r.data); err != nil {
		t.Fatal(err)
	}
	if len(r.digests) != blockCommands+1 {
		t.Fatalf("the journal has %d commands, %d were handed over", len(r.digests)-1, blockCommands)
	}
	t.Logf("%d commands, %d acknowledgements, %d frames", blockCommands, len(r.acks), len(r.frames))
}

// drive starts the exchange, hands commands over in bursts, and stops it. Of each
// burst the last is waited for, and with it all before it.
func (r *blockRun) drive(t *testing.T, d *blockDisk, rng *rand.Rand, commands []msg.Command) {
	t.Helper()
	o := blockOptions(r.data, func(line string) { t.Error(line) })
	o.FS = r.fs
	if r.fs != nil {
		o.Snapshots = snapshot.Policy{} // they are asked for, so that one thing is done at a time
	}
	p, err := pipeline.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; len(commands) > 0; {
		burst := min(1+rng.IntN(blockBurst), len(commands))
		for i := range burst - 1 {
			if err := p.Put(&commands[i]); err != nil {
				t.Fatal(err)
			}
		}
		var into pipeline.Result
		if err := p.Do(context.Background(), &commands[burst-1], &into); err != nil {
			t.Fatal(err)
		}
		r.acks = append(r.acks, blockAck{d.position(), into.Seq})
		commands = commands[burst:]
		if n += burst; r.fs != nil && n >= blockSnapshots {
			if _, err := p.TakeSnapshot(); err != nil {
				t.Fatal(err)
			}
			n = 0
		}
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
}

// read reads what the journal says in the end: the state after each command, and
// each frame.
func (r *blockRun) read(data string) error {
	past, err := pipeline.OpenPast(pipeline.PastOptions{Dir: data, Genesis: true})
	if err != nil {
		return err //nolint:wrapcheck // it names the directory
	}
	defer past.Close() //nolint:errcheck // it was only read
	r.digests = []uint64{past.Engine.Digest()}
	for err == nil {
		if _, _, err = past.Next(); err == nil {
			err = past.Fold()
			r.digests = append(r.digests, past.Engine.Digest())
		}
	}
	if !errors.Is(err, io.EOF) {
		return err //nolint:wrapcheck // it names file, offset and sequence
	}
	r.frames, err = blockFrames(data)
	return err
}

// blockFrames reads the frames of a journal by their numbers. The hash of one covers
// all before it.
func blockFrames(data string) (map[uint64]blockFrame, error) {
	all := make(map[uint64]blockFrame)
	reader, err := journal.OpenReader(pipeline.JournalDir(data), journal.ReaderOptions{})
	if errors.Is(err, journal.ErrNoJournal) {
		return all, nil
	}
	if err != nil {
		return nil, err //nolint:wrapcheck // it names the file
	}
	defer reader.Close() //nolint:errcheck // it was only read
	var f journal.Frame
	for err = reader.Next(&f); err == nil; err = reader.Next(&f) {
		all[f.Index] = blockFrame{f.Hash, f.LastSeq()}
	}
	if !errors.Is(err, io.EOF) {
		return nil, err //nolint:wrapcheck // it names file, offset and sequence
	}
	return all, nil
}

// acked returns the last command that was acknowledged before the disk was sent more
// than so much.
func (r *blockRun) acked(position int) (last msg.Seq) {
	for _, a := range r.acks {
		if a.position <= position {
			last = max(last, a.seq)
		}
	}
	return last
}

// recover recovers what a crash has left and holds it against what was acknowledged.
func (r *blockRun) recover(data string, o *blockOutcome) error {
	before, err := journal.Verify(pipeline.JournalDir(data), nil)
	if err != nil && !errors.Is(err, journal.ErrNoJournal) {
		return fmt.Errorf("verify before: %w", err)
	}
	o.cut = before.Torn != ""
	frames, err := blockFrames(data)
	if err != nil {
		return err
	}
	for i, f := range frames {
		if r.frames[i] != f {
			return fmt.Errorf("frame %d is %v, it was written as %v", i, f, r.frames[i])
		}
	}
	p, err := pipeline.Start(blockOptions(data, func(string) {}))
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	at := p.Durable()
	o.seq = at.Seq
	var into pipeline.Result
	if err := p.Do(context.Background(), &msg.Command{Kind: msg.CreateAccount}, &into); err != nil {
		return errors.Join(fmt.Errorf("go on: %w", err), p.Stop())
	}
	if err := p.Stop(); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	switch {
	case at.Seq < o.acked:
		return fmt.Errorf("it ends with command %d, and command %d was acknowledged", at.Seq, o.acked)
	case uint64(at.Seq) != before.LastSeq:
		return fmt.Errorf("it ends with command %d, and verify saw command %d", at.Seq, before.LastSeq)
	case int(at.Seq) >= len(r.digests):
		return fmt.Errorf("it ends with command %d, and nobody sent more than %d", at.Seq, len(r.digests)-1)
	case at.Digest != r.digests[at.Seq]:
		return fmt.Errorf("after command %d the state is %016x, it was %016x", at.Seq, at.Digest, r.digests[at.Seq])
	case into.Seq != at.Seq+1:
		return fmt.Errorf("it ended with command %d and went on with %d", at.Seq, into.Seq)
	}
	after, err := journal.Verify(pipeline.JournalDir(data), nil)
	if err != nil || !after.Clean || after.Torn != "" || after.LastSeq != uint64(into.Seq) {
		return fmt.Errorf("verify after: %w: %+v", err, after)
	}
	again := blockRun{}
	if err := again.read(data); err != nil {
		return fmt.Errorf("read all after: %w", err)
	}
	if n := len(again.digests); n != int(into.Seq)+1 || again.digests[at.Seq] != at.Digest {
		return fmt.Errorf("from its first command on the journal gives another state than the start did, %d commands", n-1)
	}
	return nil
}
