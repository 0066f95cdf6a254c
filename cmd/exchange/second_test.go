package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// TestSecondReaderGolden reads the golden data directories with the second reader
// and compares all of it with what the product reads there.
func TestSecondReaderGolden(t *testing.T) {
	for _, dir := range goldenNames(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) { compareReaders(t, dir) })
	}
}

// compareReaders reads a data directory twice.
func compareReaders(t *testing.T, dir string) *secondJournal {
	t.Helper()
	j, err := secondReadJournal(pipeline.JournalDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	compareTransactions(t, dir, j)
	compareSnapshots(t, dir, j)
	return j
}

// compareTransactions compares every command and every event, and the digests that
// the frames have with those of the states.
func compareTransactions(t *testing.T, dir string, j *secondJournal) {
	t.Helper()
	past := openPast(t, pipeline.PastOptions{Dir: dir, Genesis: true})
	defer closePast(t, past)
	for i := range j.frames {
		f := &j.frames[i]
		events, last := uint32(0), int64(0)
		err := f.each(func(c *msg.Command, got []msg.Event) error {
			want, wantEvents, err := past.Next()
			if err != nil {
				return err
			}
			if diff := diffTransactions(want, c, wantEvents, got); diff != "" {
				return errors.New(diff)
			}
			if events == 0 && c.Time != f.firstTime {
				return fmt.Errorf("the first time is %d, the header says %d", c.Time, f.firstTime)
			}
			events, last = events+uint32(len(got)), c.Time
			return past.Fold()
		})
		if err != nil {
			t.Fatalf("frame %d: %v", f.number, err)
		}
		if events != f.events || last != f.lastTime || past.Engine.Digest() != f.digest {
			t.Fatalf("frame %d: %d events to %d, digest %x, the header says %+v", f.number, events, last, past.Engine.Digest(), f)
		}
	}
	if c, _, err := past.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("the product reads one more: %+v, %v", c, err)
	}
}

// diffTransactions says what differs. Where nothing does, it says so fast.
func diffTransactions(want, got *msg.Command, wantEvents, events []msg.Event) string {
	a, b := *want, *got
	a.Spec, b.Spec = nil, nil
	if a == b && want.Spec == nil && got.Spec == nil && slices.Equal(wantEvents, events) {
		return ""
	}
	return cmp.Diff(want, got) + cmp.Diff(wantEvents, events)
}

// each calls visit with the transactions of a frame.
func (f *secondFrame) each(visit func(*msg.Command, []msg.Event) error) error {
	p := newSecondPayload(f.raw, f.firstSeq, f.firstTime)
	for range f.commands {
		c, events, err := p.next()
		if err == nil {
			err = visit(c, events)
		}
		if err != nil {
			return fmt.Errorf("command %d: %w", p.seq, err)
		}
	}
	if p.more() {
		return fmt.Errorf("%d bytes are left", len(p.b)-p.at)
	}
	return nil
}

// compareSnapshots compares headers with the frames that they name, and sections
// with what the product reads.
func compareSnapshots(t *testing.T, dir string, j *secondJournal) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(pipeline.SnapshotDir(dir), "*.snap"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d snapshots, %v", len(paths), err)
	}
	for _, path := range paths {
		got, err := secondReadSnapshot(path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		f := &j.frames[got.frame-j.frames[0].number]
		of := secondSnapshot{
			journal: f.journal, hash: f.hash, seq: f.lastSeq(), digest: f.digest, epoch: uint64(f.epoch), frame: f.number,
			time: f.lastTime, derivation: f.derivation, names: got.names, versions: got.versions, sections: got.sections,
		}
		if diff := cmp.Diff(of, *got, cmp.AllowUnexported(of)); diff != "" {
			t.Errorf("%s: not of its frame: %s", path, diff)
		}
		want, err := snapshot.Read(vfs.OS(), path)
		if err != nil || len(want.Sections) != len(got.names) {
			t.Fatalf("%s: %d sections, %v", path, len(got.names), err)
		}
		for i, section := range want.Sections {
			if got.names[i] != section.Name || got.versions[i] != section.Version || !bytes.Equal(got.sections[i], section.Data) {
				t.Errorf("%s: section %d, %s, is another", path, i, got.names[i])
			}
		}
	}
}

// TestSecondReaderFresh has a pipeline write a journal of commands drawn at random,
// over two epochs and several segments with their indexes, and reads it with the
// second reader.
func TestSecondReaderFresh(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dir := t.TempDir()
	m := goldenMaker{seed: seed, commands: 9000, epochs: 2, long: true}
	commands := m.stream()
	for len(commands) > 0 {
		o := pipeline.Options{
			Dir: dir, Clock: func() int64 { return 0 }, MaxOrders: -1, Views: newViews, Batch: 1 + int(seed%300), Segment: 96 << 10,
			Sync: pipeline.Sync{Mode: pipeline.SyncNever},
		}
		p, err := pipeline.Start(o)
		if err != nil {
			t.Fatal(err)
		}
		putAll(t, p, commands[:m.commands])
		commands = commands[m.commands:]
		if _, err := p.TakeSnapshot(); err != nil {
			t.Fatal(err)
		}
		if err := p.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	j := compareReaders(t, dir)
	marks := 0
	for _, segment := range j.segments[:len(j.segments)-1] {
		in, err := j.secondReadIndex(filepath.Join(pipeline.JournalDir(dir), fmt.Sprintf("INDEX-%020d", segment)))
		if err != nil {
			t.Error(err)
		}
		marks += len(in)
	}
	if len(j.segments) < 2 || j.end.epoch != 2 || marks < len(j.segments)-1 {
		t.Errorf("%d segments, %d epochs, %d marks", len(j.segments), j.end.epoch, marks)
	}
	t.Logf("%d frames in %d segments, %d marks", len(j.frames), len(j.segments), marks)
}

// TestSecondReaderLongFrame reads a frame of more commands than are remembered, of
// symbols that share lanes.
func TestSecondReaderLongFrame(t *testing.T) {
	f := longFrame(t, rand.Uint64())
	n, err := compareDecoders(f)
	if err != nil || n != int(f.commands) {
		t.Fatalf("%d transactions of %d, %v", n, f.commands, err)
	}
}

// longFrame returns a frame of 10,000 commands that an engine has decided, and that
// were then given to more symbols.
func longFrame(t *testing.T, seed uint64) *secondFrame {
	t.Helper()
	t.Logf("seed %d", seed)
	m := goldenMaker{seed: seed, commands: 10_000, epochs: 1}
	commands := m.stream()
	f := &secondFrame{number: 1, firstSeq: 1, firstTime: commands[0].Time, commands: uint32(len(commands))}
	decide := engine.New(engine.Capacity{})
	rng := rand.New(rand.NewPCG(seed, 1))
	var e msg.Encoder
	e.Reset(1, f.firstTime)
	for i := range commands {
		c := &commands[i]
		c.Seq = msg.Seq(i + 1)
		events := decide.Execute(c, nil)
		if c.Symbol > 0 {
			c.Symbol += msg.SymbolID(rng.IntN(5) * 8)
		}
		f.raw = e.Append(f.raw, c, events)
	}
	return f
}

// TestSecondReaderMutants has both readers decode payloads that were changed at
// random: both refuse, or both read the same. Checksums keep such payloads from
// every reader, so this is about the documents: whatever they leave open shows here.
func TestSecondReaderMutants(t *testing.T) {
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	read := 0
	for _, dir := range goldenNames(t) {
		j, err := secondReadJournal(pipeline.JournalDir(dir))
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			f := j.frames[rng.IntN(len(j.frames))]
			f.raw = bytes.Clone(f.raw[:min(len(f.raw), 1+rng.IntN(2000))])
			for range 1 + rng.IntN(3) {
				f.raw[rng.IntN(len(f.raw))] = byte(rng.Uint32()) >> rng.IntN(8)
			}
			n, err := compareDecoders(&f)
			if err != nil {
				t.Fatalf("%v\n%x", err, f.raw)
			}
			read += n
		}
	}
	t.Logf("%d transactions before the readers refused", read)
}

// compareDecoders decodes a payload twice, up to where both end or both refuse,
// and returns the number of transactions before that.
func compareDecoders(f *secondFrame) (n int, err error) {
	var d msg.Decoder
	d.Reset(f.raw, msg.Seq(f.firstSeq), f.firstTime)
	p := newSecondPayload(f.raw, f.firstSeq, f.firstTime)
	for ; d.More() && p.more(); n++ {
		var want msg.Command
		at := p.at
		wantEvents, wantErr := d.Next(&want, nil)
		got, events, err := p.next()
		if (err == nil) != (wantErr == nil) {
			return n, fmt.Errorf("at %d: the product says %w %+v %+v, the second reader %w %+v %+v", at, wantErr, want, wantEvents, err, got, events)
		}
		if err != nil {
			return n, nil
		}
		if diff := diffTransactions(&want, got, wantEvents, events); diff != "" {
			return n, fmt.Errorf("at %d: %s", at, diff)
		}
	}
	if d.More() != p.more() {
		return n, fmt.Errorf("the product has more: %v, the second reader: %v", d.More(), p.more())
	}
	return n, nil
}
