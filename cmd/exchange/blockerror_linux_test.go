//go:build !386

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
)

// exitWithin is how soon after an error of the disk the process has to be gone, on a
// machine that has nothing else to do.
const exitWithin = 100 * time.Millisecond

// exitTries is how often a case is tried in which the process was gone later than that
// and all else was right: what the machine adds it does not add each time.
const exitTries = 5

// endInTime tries a case until the process was gone in time or something was wrong.
func endInTime(try func() (time.Duration, error)) (took time.Duration, err error) {
	for range exitTries {
		if took, err = try(); err != nil || took <= exitWithin {
			return took, err
		}
	}
	return took, fmt.Errorf("it took %v to end, and longer than %v %d times in a row", took, exitWithin, exitTries)
}

// blockFault is how a disk fails.
type blockFault struct {
	name    string
	flushes bool // flushes fail, else writes do
	ever    bool // all from then on, else only one
}

func blockFaults() []blockFault {
	return []blockFault{
		{"one write", false, false},
		{"one flush", true, false},
		{"all writes", false, true},
		{"all flushes", true, true},
	}
}

// arm has the disk fail after so many more of its operations of the kind. It returns
// when the first of them failed.
func (f blockFault) arm(d *blockDisk, after int64) *atomic.Pointer[time.Time] {
	var n atomic.Int64
	var when atomic.Pointer[time.Time]
	d.setHook(func(_ int64, data []byte) syscall.Errno {
		if (data == nil) != f.flushes {
			return 0
		}
		if k := n.Add(1); k <= after || k > after+1 && !f.ever {
			return 0
		}
		now := time.Now()
		when.CompareAndSwap(nil, &now)
		return syscall.EIO
	})
	return &when
}

// TestFailedFsyncForgets shows what the promise is about, on this machine: after an
// fsync that fails because the disk did, the next one of the same file succeeds, and
// the data are gone all the same.
func TestFailedFsyncForgets(t *testing.T) {
	p := promise.Begin(t, "D9")
	p.NeedDisks()
	f := blockExt4("data=ordered")
	d := newBlockDisk(t, f.make(t), f.bytes)
	dir := t.TempDir()
	m := d.mustMount(t, &f, dir)
	name := filepath.Join(dir, "file")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	old, lost := slices.Repeat([]byte{'o'}, blockPage), slices.Repeat([]byte{'n'}, blockPage)
	if _, err := file.Write(old); err != nil {
		t.Fatal(err)
	}
	if err := file.Sync(); err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt(lost, 0); err != nil {
		t.Fatal(err)
	}
	d.setHook(func(_ int64, data []byte) syscall.Errno {
		if len(data) > 0 && data[0] == 'n' {
			return syscall.EIO
		}
		return 0
	})
	first := file.Sync()
	d.setHook(nil)
	if second := file.Sync(); !errors.Is(first, syscall.EIO) || second != nil {
		t.Errorf("the first fsync: %v, the second: %v, want an error and then none", first, second)
	}
	if err := errors.Join(file.Close(), m.unmount()); err != nil {
		t.Fatal(err)
	}
	d.mustMount(t, &f, dir)
	if b, err := os.ReadFile(name); err != nil || !slices.Equal(b, old) {
		t.Errorf("after the second fsync the disk has %.1q, %v, want what was there before the write", b, err)
	}
	p.Note("shown: after a failed fsync the next succeeds, and the data are gone")
}

// TestPromiseFailedSyncOnDisk runs the real exchange on a real file system whose disk
// fails, once or for ever, at a random moment of a load: the kernel then forgets what
// it could not write, and says so once. After the error nothing may be acknowledged,
// the process must end at once and say why, and what it acknowledged before must be
// there after a restart on a disk that works again.
//
// The error reaches the exchange through the page cache and the file system's journal
// as it does in life. Which of its calls fails, and when, is the kernel's choice: an
// fsync in nearly all cases.
func TestPromiseFailedSyncOnDisk(t *testing.T) {
	p := promise.Begin(t, "D9")
	p.NeedDisks()
	f := blockExt4("data=ordered")
	f.bytes = 512 << 20
	content := f.make(t)
	d := newBlockDisk(t, nil, f.bytes)
	lag := newLagMeter(t)
	rng := rand.New(rand.NewPCG(9, 9))
	faults := blockFaults()
	cases := promise.Scale(4, 24, 800)
	var slowest time.Duration
	acks, bad := 0, 0
	for i := range cases {
		fault, after := faults[i%len(faults)], rng.Int64N(200)
		d.put(content.clone())
		took, err := endInTime(func() (time.Duration, error) {
			took, n, err := failOnDisk(t, d, &f, lag, fault, after)
			acks += n
			if err == nil && took > exitWithin {
				d.put(content.clone())
			}
			return took, err
		})
		if err != nil {
			bad++
			t.Errorf("case %d, %s after %d: %v", i, fault.name, after, err)
		}
		slowest = max(slowest, took)
	}
	p.Add(cases, bad)
	p.Note(fmt.Sprintf("disk errors under ext4: slowest exit after %v, %d acknowledgements before", slowest.Round(time.Millisecond), acks))
}

// failOnDisk runs an exchange until its disk fails. It returns how long it took to
// end after that, without what the machine was late by, and how many acknowledgements there were.
func failOnDisk(t *testing.T, d *blockDisk, f *blockFormat, lag *lagMeter, fault blockFault, after int64) (took time.Duration, acks int, err error) {
	t.Helper()
	dir := blockDir(t)
	m := d.mustMount(t, f, dir)
	data := filepath.Join(dir, "data")
	s := serve(t, data)
	when := fault.arm(d, after)
	defer d.setHook(nil)
	l := newBlockLoad(t, s, 4)
	_ = s.cmd.Wait() // the exit code says it
	ended := time.Now()
	answers := l.stop()
	d.setHook(nil)
	failed := when.Load()
	if failed == nil {
		return 0, 0, fmt.Errorf("it ended before the disk failed: %s", s.complaints())
	}
	took = ended.Sub(*failed) - lag.during(*failed, ended)
	err = errors.Join(endedByError(s), nothingAfter(data, answers), m.unmount())
	m = d.mustMount(t, f, dir)
	err = errors.Join(err, recoversAcked(data, answers), m.unmount())
	return took, len(answers), err
}

// endedByError checks how a process ended whose disk has failed.
func endedByError(s *served) error {
	said := strings.Split(strings.TrimSpace(s.complaints()), "\n")
	last := said[len(said)-1]
	switch {
	case s.cmd.ProcessState.ExitCode() != exitFailed:
		return fmt.Errorf("it ended with %v, want exit code %d", s.cmd.ProcessState, exitFailed)
	case !strings.HasPrefix(last, "exchange: ") || !strings.Contains(last, "input/output error") && !strings.Contains(last, "read-only file system"):
		return fmt.Errorf("its last words are %q, want the error of the disk", last)
	}
	return nil
}

// nothingAfter checks that nothing of the frame that could not be made durable was
// acknowledged: the last one that a program can still read.
func nothingAfter(data string, answers []blockAnswer) error {
	frames, err := blockFrames(data)
	if err != nil {
		return nil //nolint:nilerr // the disk that failed cannot be read either
	}
	last := uint64(0)
	for i := range frames {
		last = max(last, i)
	}
	durable := frames[last-1].last
	for _, a := range answers {
		if a.seq > durable {
			return fmt.Errorf("command %d was acknowledged, and only command %d was durable when the disk failed", a.seq, durable)
		}
	}
	return nil
}

// recoversAcked starts an exchange on what the disk has, and looks for what was
// acknowledged.
func recoversAcked(data string, answers []blockAnswer) error {
	last := uint64(0)
	for _, a := range answers {
		last = max(last, a.seq)
	}
	p, err := pipeline.Start(blockOptions(data, func(string) {}))
	if err != nil {
		return fmt.Errorf("start again: %w", err)
	}
	at := p.Durable()
	if err := p.Stop(); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	if uint64(at.Seq) < last {
		return fmt.Errorf("it ends with command %d, and command %d was acknowledged", at.Seq, last)
	}
	r := blockRun{}
	if err := r.read(data); err != nil {
		return err
	}
	if r.digests[len(r.digests)-1] != at.Digest {
		return fmt.Errorf("from its first command on the journal gives %016x, the start gave %016x", r.digests[len(r.digests)-1], at.Digest)
	}
	report, err := journal.Verify(pipeline.JournalDir(data), nil)
	if err != nil || !report.Clean {
		return fmt.Errorf("verify: %w: %+v", err, report)
	}
	return nil
}
