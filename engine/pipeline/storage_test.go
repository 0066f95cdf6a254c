package pipeline

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// smallDisk is a disk on which only the ballast takes room, beside what a test says
// that others have left. What the journal writes does not count.
type smallDisk struct {
	vfs.FS

	dir  string
	size int64

	mu     sync.Mutex
	left   vfs.Space // by others
	broken error     // instead of an answer
}

func newSmallDisk(t *testing.T, dir string, left int64) *smallDisk {
	t.Helper()
	d := &smallDisk{FS: vfs.NewMem(), dir: dir, size: 1 << 30, left: vfs.Space{Bytes: left, Files: 1000}}
	if err := d.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *smallDisk) leave(left, files int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left = vfs.Space{Bytes: left, Files: files}
}

// held returns what the ballast takes.
func (d *smallDisk) held() (s vfs.Space) {
	names, _ := d.ReadDir(BallastDir(d.dir)) // none when there is none
	for _, name := range names {
		if info, err := d.Stat(filepath.Join(BallastDir(d.dir), name)); err == nil {
			s.Bytes += info.Size()
			s.Files++
		}
	}
	return s
}

// Space implements vfs.Measurer.
func (d *smallDisk) Space(string) (vfs.Space, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	held := d.held()
	return vfs.Space{Bytes: d.left.Bytes - held.Bytes, Files: d.left.Files - held.Files, Size: d.size}, d.broken
}

// OpenFile opens files that take room when they are allocated.
func (d *smallDisk) OpenFile(name string, flag int, perm fs.FileMode) (vfs.File, error) {
	f, err := d.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return smallFile{f, d}, nil
}

type smallFile struct {
	vfs.File

	disk *smallDisk
}

// Allocate implements vfs.Allocator.
func (f smallFile) Allocate(size int64) error {
	if free, err := f.disk.Space(""); err != nil || free.Bytes < size || free.Files < 0 {
		return syscall.ENOSPC
	}
	if info, err := f.Stat(); err != nil || info.Size() >= size {
		return err
	}
	return f.Truncate(size)
}

// onSmallDisk are options with a reserve of 8 MiB, and the levels that were told of.
func onSmallDisk(t *testing.T, left int64) (Options, *smallDisk, *[]string) {
	o := options(t, t.TempDir())
	d := newSmallDisk(t, o.Dir, left)
	var told []string // by one goroutine at a time; read after a level was seen that was told before
	o.disk = d
	o.Storage = Storage{Reserve: 8 << 20, Interval: time.Millisecond, Changed: func(r StorageReport) { told = append(told, r.Level.String()) }}
	return o, d, &told
}

// await waits until the disk was found so.
func await(t *testing.T, p *Pipeline, level StorageLevel, ballast int64) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) { //nolint:forbidigo // patience is real
		r := p.Storage()
		if r.Looked && r.Level == level && r.Ballast == ballast {
			return
		}
		if time.Now().After(end) { //nolint:forbidigo // patience is real
			t.Fatalf("%v, want %v with a ballast of %d", r, level, ballast)
		}
	}
}

// The marks, one after the other, down and up again.
func TestStorageJudge(t *testing.T) {
	const mib, reserve = int64(1 << 20), int64(16 << 20)
	m := marksOf(reserve)
	for _, c := range []struct {
		was     StorageLevel
		ballast bool
		bytes   int64
		files   int64
		level   StorageLevel
		what    step
	}{
		{StorageOK, true, 100 * mib, 1000, StorageOK, leave},
		{StorageOK, true, 16 * mib, 256, StorageOK, leave}, // exactly at the mark
		{StorageOK, true, 16*mib - 1, 1000, StorageLow, leave},
		{StorageOK, true, 100 * mib, 255, StorageLow, leave},
		{StorageOK, true, 100 * mib, -1, StorageOK, leave}, // files without a bound
		{StorageLow, true, 20*mib - 1, 1000, StorageLow, leave},
		{StorageLow, true, 100 * mib, 319, StorageLow, leave},
		{StorageLow, true, 20 * mib, 320, StorageOK, leave},
		{StorageLow, true, 4 * mib, 1000, StorageLow, leave},
		{StorageLow, true, 4*mib - 1, 1000, StorageLow, drop},
		{StorageLow, true, 100 * mib, 31, StorageLow, drop},
		{StorageOK, true, 0, 0, StorageLow, drop}, // at once
		{StorageLow, false, 4 * mib, 1000, StorageLow, leave},
		{StorageLow, false, 2 * mib, 1000, StorageLow, leave},
		{StorageLow, false, 2*mib - 1, 1000, StorageFull, leave},
		{StorageLow, false, 100 * mib, 15, StorageFull, leave},
		{StorageFull, false, 4*mib - 1, 1000, StorageFull, leave},
		{StorageFull, false, 4 * mib, 1000, StorageLow, leave},
		{StorageLow, false, 36*mib - 1, 1000, StorageLow, leave},
		{StorageLow, false, 36 * mib, 351, StorageLow, leave},
		{StorageLow, false, 36 * mib, 352, StorageLow, build},
		{StorageFull, false, 36 * mib, 352, StorageLow, build},
	} {
		level, what := m.judge(c.was, c.ballast, vfs.Space{Bytes: c.bytes, Files: c.files})
		if level != c.level || what != c.what {
			t.Errorf("%v, ballast %v, %d bytes and %d files free: %v and step %d, want %v and step %d",
				c.was, c.ballast, c.bytes, c.files, level, what, c.level, c.what)
		}
	}
}

// However the levels go, more room never gives a worse level, and what a step leads
// to is not undone by the next look: the ballast does not come and go.
func TestStorageJudgeIsStable(t *testing.T) {
	const reserve = int64(16 << 20)
	m := marksOf(reserve)
	for was := StorageOK; was <= StorageFull; was++ {
		for _, ballast := range []bool{true, false} {
			last := StorageFull
			for left := int64(0); left <= 4*reserve; left += reserve / 64 {
				free := vfs.Space{Bytes: left, Files: -1}
				level, what := m.judge(was, ballast, free)
				if level > last {
					t.Fatalf("%v, ballast %v: %v with %d free and %v with less", was, ballast, level, left, last)
				}
				last = level
				after, then := level, leave
				switch what {
				case drop:
					after, then = m.judge(level, false, vfs.Space{Bytes: left + reserve, Files: -1})
				case build:
					after, then = m.judge(level, true, vfs.Space{Bytes: left - reserve, Files: -1})
				default:
				}
				if then != leave || what == build && after != StorageOK || what == drop && after != StorageLow {
					t.Fatalf("%v, ballast %v, %d free: step %d leads to %v and step %d", was, ballast, left, what, after, then)
				}
			}
		}
	}
}

// A disk fills up and is freed again. At low storage only cancels are taken, and what
// trading is stopped with; then the ballast goes, and they still are; at last nothing
// is. No snapshot is taken meanwhile. When there is room again all is as before.
func TestStorageFillsUp(t *testing.T) {
	const mib = 1 << 20
	o, d, told := onSmallDisk(t, 100*mib)
	o.Snapshots = snapshot.Policy{Commands: 3}
	p := start(t, o)
	await(t, p, StorageOK, 8*mib)
	do(t, p, market()...)
	if _, err := p.TakeSnapshot(); err != nil {
		t.Fatal(err)
	}
	resting := do(t, p, ask, ask, ask, ask)
	waitSnapshot(t, o.Dir, 8)

	d.leave(12*mib, 1000) // 4 beside the ballast
	await(t, p, StorageLow, 8*mib)
	var r Result
	for _, c := range append(market(), bid, msg.Command{Kind: msg.Amend, Account: 2, Symbol: 1, Order: msg.OrderID(resting.Seq), Qty: 1}) {
		if err := p.Do(context.Background(), &c, &r); !errors.Is(err, ErrStorage) {
			t.Errorf("%v at low storage: %v", c.Kind, err)
		}
		if err := p.Put(&c); !errors.Is(err, ErrStorage) {
			t.Errorf("%v at low storage: %v", c.Kind, err)
		}
	}
	cancel := msg.Command{Kind: msg.Cancel, Account: 2, Symbol: 1, Order: msg.OrderID(resting.Seq)}
	do(t, p, cancel, msg.Command{Kind: msg.SetPhase, Symbol: 1, Phase: msg.Halt}, msg.Command{Kind: msg.SetPhase, Symbol: 1})
	if _, err := p.TakeSnapshot(); !errors.Is(err, ErrStorage) {
		t.Errorf("a snapshot at low storage: %v", err)
	}

	d.leave(9*mib, 1000) // 1 beside the ballast
	await(t, p, StorageLow, 0)
	cancel.Order--
	do(t, p, cancel)

	d.leave(mib/2, 1000)
	await(t, p, StorageFull, 0)
	cancel.Order--
	if err := p.Do(context.Background(), &cancel, &r); !errors.Is(err, ErrStorage) {
		t.Errorf("a cancel on a full disk: %v", err)
	}

	d.leave(6*mib, 1000)
	await(t, p, StorageLow, 0)
	do(t, p, cancel)
	seq := p.Durable().Seq
	if infos, err := snapshot.List(vfs.OS(), SnapshotDir(o.Dir)); err != nil || len(infos) == 0 || infos[0].Seq > 11 {
		t.Errorf("a snapshot was taken at low storage: %v, %v", infos, err)
	}

	d.leave(100*mib, 200) // files are short
	await(t, p, StorageLow, 0)
	d.leave(100*mib, 1000)
	await(t, p, StorageOK, 8*mib)
	do(t, p, bid)
	waitSnapshot(t, o.Dir, uint64(seq))
	want := "low full low ok"
	if got := strings.Join(*told, " "); got != want {
		t.Errorf("told of %s, want %s", got, want)
	}
	stop(t, p)
	if held := d.held(); held.Bytes != 8*mib || held.Files != ballastFiles {
		t.Errorf("after the stop the ballast has %+v", held)
	}
}

// waitSnapshot waits for a snapshot of a sequence or a later one.
func waitSnapshot(t *testing.T, dir string, seq uint64) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) { //nolint:forbidigo // patience is real
		infos, err := snapshot.List(vfs.OS(), SnapshotDir(dir))
		if err == nil && len(infos) > 0 && infos[0].Seq >= seq {
			return
		}
		if time.Now().After(end) { //nolint:forbidigo // patience is real
			t.Fatalf("no snapshot of command %d: %v, %v", seq, infos, err)
		}
	}
}

// What was taken before the disk was full, and what somebody else takes the room of
// in one go, waits for room instead of meeting the end of it: nothing is lost, and
// the callers get their answers late.
func TestStorageWaits(t *testing.T) {
	const mib = 1 << 20
	o, d, _ := onSmallDisk(t, 100*mib)
	o.Storage.Interval = time.Hour // only the journal looks
	r := record(&o)
	p := start(t, o)
	do(t, p, market()...)
	await(t, p, StorageOK, 8*mib)
	before := r.count("append")
	d.leave(0, 1000)
	answered := make(chan error, 1)
	go func() {
		var result Result
		answered <- p.Do(context.Background(), &ask, &result)
	}()
	await(t, p, StorageFull, 0)
	time.Sleep(3 * awaitPause)
	if n := r.count("append"); n != before {
		t.Fatalf("%d frames were written to a full disk", n-before)
	}
	select {
	case err := <-answered:
		t.Fatalf("answered with %v", err)
	default:
	}
	d.leave(100*mib, 1000)
	if err := <-answered; err != nil || p.Durable().Seq != 8 {
		t.Fatalf("%v, durable through %d", err, p.Durable().Seq)
	}
}

// Whoever stops an exchange that waits for room gets it stopped: what waits was not
// acknowledged, and its callers are told so.
func TestStorageStopsWhileItWaits(t *testing.T) {
	const mib = 1 << 20
	o, d, _ := onSmallDisk(t, 100*mib)
	p := start(t, o)
	do(t, p, market()...)
	d.leave(0, 1000)
	answered := make(chan error, 1)
	go func() {
		var result Result
		answered <- p.Do(context.Background(), &ask, &result)
	}()
	await(t, p, StorageFull, 0)
	for p.engineSeq() < 8 {
		select {
		case err := <-answered: // the level was full before the command came
			if !errors.Is(err, ErrStorage) {
				t.Fatal(err)
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
	if err := p.Stop(); !errors.Is(err, ErrStorage) {
		t.Fatalf("Stop: %v", err)
	}
	if err := <-answered; !errors.Is(err, ErrUnknown) {
		t.Fatalf("the caller got %v", err)
	}
	p = start(t, options(t, o.Dir))
	if seq := p.Durable().Seq; seq != 7 {
		t.Fatalf("restarted at %d", seq)
	}
}

// A start finds the disk as it is: with room for no ballast, with a ballast and no
// room beside it, with a ballast of another size, and with a disk that says nothing.
func TestStorageAtStart(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		name    string
		before  int64 // room when another exchange ran here, 0 = none did
		left    int64
		level   StorageLevel
		ballast int64
	}{
		{"room", 0, 100 * mib, StorageOK, 8 * mib},
		{"room for no ballast", 0, 15 * mib, StorageLow, 0},
		{"no room", 0, mib / 2, StorageFull, 0},
		{"a ballast and room", 100 * mib, 100 * mib, StorageOK, 8 * mib},
		{"a ballast and little room", 100 * mib, 12 * mib, StorageLow, 8 * mib},
		{"a ballast and no room", 100 * mib, 8 * mib, StorageLow, 0},
	} {
		o, d, _ := onSmallDisk(t, max(c.before, c.left))
		if c.before > 0 {
			stop(t, start(t, o))
		}
		d.leave(c.left, 1000)
		p := start(t, o)
		if r := p.Storage(); r.Level != c.level || r.Ballast != c.ballast {
			t.Errorf("%s: %v", c.name, r)
		}
		stop(t, p)
	}
	for _, reserve := range []int64{4 * mib, 16 * mib} {
		o, d, _ := onSmallDisk(t, 100*mib)
		stop(t, start(t, o))
		o.Storage.Reserve = reserve
		stop(t, start(t, o))
		if held := d.held(); held.Bytes != reserve {
			t.Errorf("a ballast of %d where %d is asked for", held.Bytes, reserve)
		}
	}
	for size, reserve := range map[int64]int64{1 << 30: 8 * mib, 96 * mib: 6 * mib, 32 * mib: MinReserve, 0: MinReserve} {
		o, d, _ := onSmallDisk(t, 30*mib)
		d.size = size
		stop(t, start(t, o))
		if held := d.held(); held.Bytes != reserve {
			t.Errorf("a ballast of %d on a disk of %d, want %d", held.Bytes, size, reserve)
		}
	}
	o, d, _ := onSmallDisk(t, 100*mib)
	d.broken = syscall.EIO
	if _, err := Start(o); !errors.Is(err, syscall.EIO) {
		t.Errorf("a disk that says nothing: %v", err)
	}
}

// A journal that finds no room when it is opened may have that of the ballast.
func TestStorageOpensWithBallast(t *testing.T) {
	const mib = 1 << 20
	o, d, _ := onSmallDisk(t, 100*mib)
	stop(t, start(t, o))
	d.leave(8*mib, 1000)
	r := record(&o)
	open := o.openLog
	tries := 0
	o.openLog = func(dir string, jo journal.Options) (log, error) {
		if tries++; d.held().Bytes > 0 {
			return nil, &fs.PathError{Op: "write", Path: "POSITION.tmp", Err: syscall.ENOSPC}
		}
		return open(dir, jo)
	}
	p := start(t, o)
	if tries != 2 || r.log == nil || p.Storage().Ballast != 0 {
		t.Errorf("%d tries, %v", tries, p.Storage())
	}
	stop(t, p)
}

// A snapshot that would leave too little is not written to its end, and leaves
// nothing.
func TestStorageSparesFromSnapshots(t *testing.T) {
	const mib = 1 << 20
	o, d, _ := onSmallDisk(t, 100*mib)
	o.Storage.Interval = time.Hour
	p := start(t, o)
	do(t, p, market()...)
	d.leave(8*mib+8*mib+100, 1000) // low storage begins 100 bytes further on
	if _, err := p.TakeSnapshot(); !errors.Is(err, ErrStorage) {
		t.Errorf("a snapshot: %v", err)
	}
	if names, err := vfs.OS().ReadDir(SnapshotDir(o.Dir)); err != nil || len(names) > 0 {
		t.Errorf("it has left %v, %v", names, err)
	}
}
