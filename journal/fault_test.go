package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidwall/wal"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// holdVariable makes the test binary a process that opens the journal it names and holds it until its input ends.
const holdVariable = "JOURNAL_TEST_HOLD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(holdVariable); dir != "" {
		os.Exit(hold(dir))
	}
	os.Exit(m.Run())
}

func hold(dir string) int {
	w, err := Open(dir, Options{})
	if err != nil {
		_, _ = os.Stdout.WriteString("error: " + err.Error() + "\n")
		return 1
	}
	f := Frame{FirstSeq: w.LastSeq() + 1, Commands: 1, Raw: []byte("held")}
	if err := errors.Join(w.Append(&f), w.Sync()); err != nil {
		_, _ = os.Stdout.WriteString("error: " + err.Error() + "\n")
		return 1
	}
	_, _ = os.Stdout.WriteString("held\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

func TestSecondProcess(t *testing.T) {
	dir := t.TempDir()
	for round := 1; round <= 3; round++ {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), holdVariable+"="+dir)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil || line != "held\n" {
			t.Fatalf("the other process says %q, %v", line, err)
		}

		if _, err := Open(dir, Options{}); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), filepath.Join(dir, lockName)) {
			t.Errorf("open beside another process: %v", err)
		}
		if report, err := Verify(dir, nil); err != nil || report.LastSeq != uint64(2*round-1) {
			t.Errorf("verify beside another process: sequence %d, %v", report.LastSeq, err)
		}
		if err := cmd.Process.Kill(); err != nil { // the lock dies with its owner
			t.Fatal(err)
		}
		if err := errors.Join(in.Close(), cmd.Wait()); err == nil {
			t.Fatal("the other process was not killed")
		}
		w, err := Open(dir, Options{})
		if err != nil {
			t.Fatalf("open after the other process was killed: %v", err)
		}
		if got, want := w.LastSeq(), uint64(2*round-1); got != want {
			t.Errorf("journal ends with sequence %d, want %d", got, want)
		}
		f := Frame{FirstSeq: w.LastSeq() + 1, Commands: 1}
		if err := errors.Join(w.Append(&f), w.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSecondOpening(t *testing.T) {
	dir := t.TempDir()
	lockFile := filepath.Join(dir, "elsewhere")
	journal := filepath.Join(dir, "journal")
	w, err := Open(journal, Options{LockFile: lockFile})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(journal, Options{LockFile: lockFile}); !errors.Is(err, ErrLocked) {
		t.Errorf("second opening: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("second Close: %v", err)
	}
	if err := w.Sync(); !errors.Is(err, ErrClosed) {
		t.Errorf("Sync after Close: %v", err)
	}
	if w, err = Open(journal, Options{LockFile: lockFile}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(journal, lockName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a lock file beside the one asked for: %v", err)
	}
}

// TestLockFileRemoved takes the lock file away under a Writer: the directory's own lock keeps a second one out.
func TestLockFileRemoved(t *testing.T) {
	dir := t.TempDir()
	w, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, lockName)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // refused, it lets go of what it has got of the locks
		if _, err := Open(dir, Options{}); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), dir+":") {
			t.Errorf("open without the lock file: %v", err)
		}
	}
	appendFrames(t, w, 1, 3)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	appendFrames(t, w, 4, 5)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n := readFrames(t, vfs.OS(), dir); n != 5 {
		t.Errorf("%d frames, want 5", n)
	}
}

// TestNoDirectoryLocks has a file system that locks files and no directories: the lock file is then enough.
func TestNoDirectoryLocks(t *testing.T) {
	disk := vfs.NewMem()
	fsys := vfs.NewFaulty(disk, func(op vfs.Op) error {
		if op.Kind == "lock" && op.Name == testDir {
			return errors.ErrUnsupported
		}
		return nil
	})
	w, err := Open(testDir, memOptions(fsys))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(testDir, memOptions(fsys)); !errors.Is(err, ErrLocked) {
		t.Errorf("second opening: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// failingLog fails one of its methods at a call, that time or from then on, and counts what is asked of it afterwards.
type failingLog struct {
	Log
	method string
	at     int
	once   bool

	calls, after int
}

var errDisk = errors.New("disk on fire")

func (l *failingLog) step(method string) error {
	if l.calls >= l.at {
		l.after++
	}
	if method != l.method {
		return nil
	}
	l.calls++
	if l.calls == l.at || l.calls > l.at && !l.once {
		return errDisk
	}
	return nil
}

func (l *failingLog) Write(index uint64, data []byte) error {
	if err := l.step("write"); err != nil {
		return err
	}
	return l.Log.Write(index, data)
}

func (l *failingLog) Sync() error {
	if err := l.step("sync"); err != nil {
		return err
	}
	return l.Log.Sync()
}

func (l *failingLog) Close() error {
	if err := l.step("close"); err != nil {
		return err
	}
	return l.Log.Close()
}

// TestFirstErrorIsFinal fails a Write or a Sync of tidwall/wal, once or for ever: nothing is tried again, and what was
// acknowledged is there after the next opening.
func TestFirstErrorIsFinal(t *testing.T) {
	for _, method := range []string{"write", "sync"} {
		for _, once := range []bool{true, false} {
			for at := 1; at <= 8; at++ {
				t.Run(fmt.Sprintf("%s %d once=%v", method, at, once), func(t *testing.T) { firstErrorIsFinal(t, method, at, once) })
			}
		}
	}
}

func firstErrorIsFinal(t *testing.T, method string, at int, once bool) {
	dir := t.TempDir()
	fault := &failingLog{method: method, at: at, once: once}
	w, err := Open(dir, Options{SegmentBytes: smallSegments, OpenLog: func(dir string, o *wal.Options) (Log, error) {
		l, err := wal.Open(dir, o)
		fault.Log = l
		return fault, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	var first error
	for n := 1; first == nil && n < 100; n++ {
		f := testFrame(n)
		if first = w.Append(&f); first == nil {
			first = w.Sync()
		}
		if first == nil {
			acknowledged = n
		}
	}
	if !errors.Is(first, errDisk) {
		t.Fatalf("error is %v", first)
	}
	fault.after = 0
	for range 3 {
		f := testFrame(acknowledged + 1)
		for what, err := range map[string]error{"append": w.Append(&f), "sync": w.Sync(), "remove": w.RemoveBefore(1)} {
			if !errors.Is(err, first) {
				t.Errorf("%s after %v: %v", what, first, err)
			}
		}
	}
	if err := w.Close(); err != nil { // who got the first error needs no second one
		t.Errorf("close after %v: %v", first, err)
	}
	if fault.after != 0 {
		t.Errorf("%d calls after the error", fault.after)
	}
	if pos, err := loadPosition(vfs.OS(), dir); err != nil || pos.clean {
		t.Errorf("POSITION says clean: %v, %v", pos.clean, err)
	}
	w, err = Open(dir, Options{SegmentBytes: smallSegments})
	if err != nil {
		t.Fatal(err)
	}
	got := int(w.Frames())
	if got < acknowledged || got > acknowledged+1 {
		t.Errorf("%d frames after %d were acknowledged", got, acknowledged)
	}
	appendFrames(t, w, got+1, got+5)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n := readFrames(t, vfs.OS(), dir); n != got+5 {
		t.Errorf("%d frames, want %d", n, got+5)
	}
}

// TestCloseAfterError has releasing the lock fail as well: that is what Close returns, and nothing else. An error of Close's own
// Sync is one that nobody has seen.
func TestCloseAfterError(t *testing.T) {
	for _, earlier := range []bool{true, false} {
		disk := vfs.NewMem()
		failing := ""
		fsys := vfs.NewFaulty(disk, func(op vfs.Op) error {
			if failing != "" && op.Kind == failing {
				return fmt.Errorf("%s fails", failing)
			}
			return nil
		})
		w, err := Open(testDir, memOptions(fsys))
		if err != nil {
			t.Fatal(err)
		}
		f := testFrame(1)
		if err := w.Append(&f); err != nil {
			t.Fatal(err)
		}
		failing = "sync"
		want := "sync fails"
		if earlier {
			if err := w.Sync(); err == nil {
				t.Fatal("Sync succeeds")
			}
			failing, want = "close", "close fails"
		}
		if err := w.Close(); err == nil || !strings.Contains(err.Error(), want) || earlier && strings.Contains(err.Error(), "sync") {
			t.Errorf("Close, Sync failed before: %v: %v, want %q", earlier, err, want)
		}
		if pos, err := loadPosition(disk, testDir); err != nil || pos.clean {
			t.Errorf("POSITION says clean: %v, %v", pos.clean, err)
		}
		if err := w.Close(); !errors.Is(err, ErrClosed) {
			t.Errorf("second Close: %v", err)
		}
	}
}

// workload appends frames, syncs after every second one, and removes old segments once, until something fails. It returns how
// many frames were appended and how many of them are durable, and as which frame the journal now begins at the earliest.
func workload(fsys vfs.FS, from, to int) (appended, durable int, err error) {
	w, err := Open(testDir, memOptions(fsys))
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	durable = int(w.last.index)
	appended = durable
	for n := max(from, durable+1); n <= to; n++ {
		f := testFrame(n)
		appended = n
		if err := w.Append(&f); err != nil {
			return appended, durable, err
		}
		if n%2 == 0 || n == to {
			if err := w.Sync(); err != nil {
				return appended, durable, err
			}
			durable = n
		}
	}
	return appended, durable, nil
}

// recovers opens what a crash has left and checks that it is a prefix with everything durable in it, and that it can go on.
func recovers(t *testing.T, disk *vfs.Mem, appended, durable int, story string) {
	t.Helper()
	w, err := Open(testDir, memOptions(disk))
	if err != nil {
		t.Fatalf("%s: open: %v", story, err)
	}
	n := int(w.last.index)
	if n < durable || n > appended {
		t.Fatalf("%s: %d frames, %d were appended and %d durable", story, n, appended, durable)
	}
	if got := readFrames(t, disk.CrashClone(nil), testDir); got != n {
		t.Fatalf("%s: Open found %d frames, only %d of them are durable", story, n, got)
	}
	appendFrames(t, w, n+1, n+2)
	if err := w.Close(); err != nil {
		t.Fatalf("%s: close: %v", story, err)
	}
	if got := readFrames(t, disk, testDir); got != n+2 {
		t.Fatalf("%s: %d frames, want %d", story, got, n+2)
	}
}

// TestCrashAtEveryStep stops the file system at each operation of a workload, takes what a power cut would leave, and then does
// the same to the recovery of that.
func TestCrashAtEveryStep(t *testing.T) {
	const frames = 16
	count := vfs.NewFaulty(vfs.NewMem(), func(vfs.Op) error { return nil })
	if _, _, err := workload(count, 1, frames); err != nil {
		t.Fatal(err)
	}
	states := 0
	for step := 1; step <= count.Ops(); step += sampling {
		for _, fault := range []func(vfs.Op) error{vfs.FailFrom(step), vfs.FailOnce(step)} {
			disk := vfs.NewMem()
			appended, durable, err := workload(vfs.NewFaulty(disk, fault), 1, frames)
			if !errors.Is(err, vfs.ErrInjected) {
				t.Fatalf("step %d: workload ends with %v", step, err)
			}
			for seed := range uint64(12) {
				story := fmt.Sprintf("crash at step %d, seed %d", step, seed)
				crashed := disk.CrashClone(chance(seed))
				recovers(t, crashed.Clone(), appended, durable, story)
				states++

				// The recovery crashes as well, at a step of its own.
				again := 1 + int(seed*7)%40
				second := crashed.Clone()
				more, sure, err := workload(vfs.NewFaulty(second, vfs.FailFrom(again)), 1, frames)
				if err != nil && !errors.Is(err, vfs.ErrInjected) {
					t.Fatalf("%s, then at step %d: %v", story, again, err)
				}
				recovers(t, second.CrashClone(chance(seed+100)), max(appended, more), max(durable, sure), fmt.Sprintf("%s, then at step %d", story, again))
				states++
			}
			// The process dies and the system lives: nothing is lost, but not all of it is durable.
			recovers(t, disk, appended, durable, fmt.Sprintf("kill at step %d", step))
			states++
		}
	}
	t.Logf("%d steps, %d states", count.Ops(), states)
}

// chance returns the chance of a seed; the first is none at all.
func chance(seed uint64) *rand.Rand {
	if seed == 0 {
		return nil
	}
	return rand.New(rand.NewPCG(seed, 0))
}

// TestPositionBeforeAcknowledgement watches the order: when a segment is full, its successor's name and POSITION are durable
// before Append returns.
func TestPositionBeforeAcknowledgement(t *testing.T) {
	fsys := vfs.NewMem()
	w, err := Open(testDir, memOptions(fsys))
	if err != nil {
		t.Fatal(err)
	}
	cycles := 0
	for n := 1; n <= 20; n++ {
		before := w.tail
		f := testFrame(n)
		if err := w.Append(&f); err != nil {
			t.Fatal(err)
		}
		if w.tail == before {
			continue
		}
		cycles++
		crashed := fsys.CrashClone(nil)
		p, err := loadPosition(crashed, testDir)
		if err != nil || segmentName(p.newest) != w.tail || p.frame != uint64(n) {
			t.Errorf("after frame %d: %+v, %v", n, p, err)
		}
		if got := readFrames(t, crashed, testDir); got != n {
			t.Errorf("after frame %d a crash leaves %d", n, got)
		}
	}
	if cycles < 3 {
		t.Errorf("%d segments were filled", cycles)
	}
}

// TestReaderBesideWriter reads while another goroutine writes, over many small segments, and stops the writer uncleanly on the
// way.
func TestReaderBesideWriter(t *testing.T) {
	dir := t.TempDir()
	const frames = 300
	o := Options{SegmentBytes: 2000}
	w, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		var err error
		for n := 1; n <= frames && err == nil; n++ {
			f := testFrame(n)
			if err = w.Append(&f); err == nil && n%3 == 0 {
				err = w.Sync()
			}
			if err == nil && n%100 == 0 {
				if err = w.Close(); err == nil {
					w, err = Open(dir, o)
				}
			}
		}
		failed <- errors.Join(err, w.Close())
	}()
	r, err := OpenReader(dir, ReaderOptions{Warn: func(s string) { t.Errorf("reader warns: %s", s) }})
	if err != nil {
		t.Fatal(err)
	}
	var f Frame
	polls := 0
	for n := 1; n <= frames; {
		err := r.Next(&f)
		if errors.Is(err, io.EOF) {
			polls++
			continue
		}
		if err != nil {
			t.Fatalf("frame %d after %d polls: %v", n, polls, err)
		}
		checkFrame(t, &f, n)
		n++
	}
	if err := errors.Join(<-failed, r.Close()); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); !errors.Is(err, ErrClosed) {
		t.Errorf("second Close: %v", err)
	}
}

// TestReaderSeesTornTailGrow has a frame arrive byte by byte, and a torn one replaced by a writer's repair.
func TestReaderSeesTornTailGrow(t *testing.T) {
	disk := memJournal(t, journalFrames, false)
	where := places(t, disk)
	last := where[len(where)-1]
	whole := readAll(t, disk, last.segment)

	name := filepath.Join(testDir, last.segment)
	tail, err := disk.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := tail.Truncate(int64(last.start)); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReader(testDir, ReaderOptions{FS: disk, Warn: func(s string) { t.Errorf("reader warns: %s", s) }})
	if err != nil {
		t.Fatal(err)
	}
	var f Frame
	for n := 1; n < journalFrames; n++ {
		if err := r.Next(&f); err != nil {
			t.Fatal(err)
		}
	}
	for at := last.start; at < last.end; at++ {
		if err := r.Next(&f); !errors.Is(err, io.EOF) {
			t.Fatalf("at byte %d: %v", at, err)
		}
		if at == last.end-5 { // the writer dies and another one begins
			break
		}
		if _, err := tail.Write(whole[at : at+1]); err != nil {
			t.Fatal(err)
		}
	}
	w, err := Open(testDir, memOptions(disk))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Next(&f); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	appendFrames(t, w, journalFrames, journalFrames)
	if err := r.Next(&f); err != nil || f.Epoch != 2 {
		t.Fatalf("epoch %d, %v", f.Epoch, err)
	}
	checkFrame(t, &f, journalFrames)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Next(&f); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
}

// TestReaderSeesJournalReplaced has another journal take the place of the one that is being read.
func TestReaderSeesJournalReplaced(t *testing.T) {
	disk, other := memJournal(t, journalFrames, false), memJournal(t, journalFrames, false)
	for name, next := range map[string]func(*Reader) error{
		"next": func(r *Reader) error { var f Frame; return r.Next(&f) },
		"seek": func(r *Reader) error { return r.SeekSeq(1) },
	} {
		fsys := disk.Clone()
		r, err := OpenReader(testDir, ReaderOptions{FS: fsys, Warn: func(s string) { t.Errorf("reader warns: %s", s) }})
		if err != nil {
			t.Fatal(err)
		}
		var f Frame
		for range journalFrames {
			if err := r.Next(&f); err != nil {
				t.Fatal(err)
			}
		}
		for file, b := range contents(t, other) {
			writeAll(t, fsys, file, b)
		}
		err = next(r)
		var c *CorruptError
		if !errors.As(err, &c) || c.File != filepath.Join(testDir, positionName) || !strings.Contains(c.Reason, "has become journal") {
			t.Errorf("%s: %v, want a CorruptError in POSITION", name, err)
		}
		if again := r.Next(&f); !errors.Is(again, c) {
			t.Errorf("%s: reader goes on after %v: %v", name, c, again)
		}
	}
}

// TestUnreadableFiles has every operation of a Reader fail once.
func TestUnreadableFiles(t *testing.T) {
	disk := memJournal(t, journalFrames, true)
	for step := 1; ; step++ {
		faulty := vfs.NewFaulty(disk, vfs.FailOnce(step))
		_, err := verify(faulty, testDir, nil, true)
		if err == nil && faulty.Ops() < step {
			return
		}
		if !errors.Is(err, vfs.ErrInjected) {
			t.Fatalf("step %d: %v", step, err)
		}
	}
}
