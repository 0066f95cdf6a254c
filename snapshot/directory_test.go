package snapshot

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// seqs returns the sequences that List finds.
func seqs(t *testing.T, fsys vfs.FS) []uint64 {
	t.Helper()
	infos, err := List(fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []uint64
	for _, info := range infos {
		got = append(got, info.Seq)
	}
	return got
}

func TestListIsNewestFirstAndIgnoresTheRest(t *testing.T) {
	fsys := vfs.NewMem()
	if infos, err := List(fsys, dir); len(infos) != 0 || err != nil {
		t.Errorf("List of no directory = %v, %v", infos, err)
	}
	for _, seq := range []uint64{100, 3, 20, 1<<64 - 1} {
		mustWrite(t, fsys, state(seq, 10))
	}
	for _, name := range []string{
		"00000000000000000005.snap.tmp", "5.snap", "0000000000000000000x.snap", "18446744073709551616.snap", "00000000000000000005",
		"+0000000000000000005.snap", "000000000000000000005.snap", "README",
	} {
		store(t, fsys, dir+"/"+name, []byte("x"))
	}
	if got, want := seqs(t, fsys), []uint64{1<<64 - 1, 100, 20, 3}; !slices.Equal(got, want) {
		t.Errorf("List = %d, want %d", got, want)
	}
	infos, err := List(fsys, dir)
	if err != nil {
		t.Fatal(err)
	}
	want := Info{Path: dir + "/00000000000000000100.snap", Name: "00000000000000000100.snap", Bytes: infos[1].Bytes, Seq: 100}
	if infos[1] != want || want.Bytes != int64(len(load(t, fsys, want.Path))) {
		t.Errorf("info %+v, want %+v", infos[1], want)
	}
}

// newest calls Newest and returns the sequence it found, 0 for none, and the warnings.
func newest(t *testing.T, fsys vfs.FS, usable func(*Meta) error) (seq uint64, warnings []string) {
	t.Helper()
	s, err := Newest(fsys, dir, usable, func(w string) { warnings = append(warnings, w) })
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		return 0, warnings
	}
	if d := diff(s, state(s.Seq, 300)); d != "" {
		t.Errorf("snapshot %d is not the one that was written (-want +got):\n%s", s.Seq, d)
	}
	return s.Seq, warnings
}

func TestNewestFallsBackWithAWarning(t *testing.T) {
	fsys := vfs.NewMem()
	if seq, warnings := newest(t, fsys, nil); seq != 0 || len(warnings) != 0 {
		t.Errorf("Newest of no directory = %d, %q", seq, warnings)
	}
	var paths []string
	for _, seq := range []uint64{1, 2, 3, 4} {
		paths = append(paths, mustWrite(t, fsys, state(seq, 300)).Path)
	}
	if seq, warnings := newest(t, fsys, nil); seq != 4 || len(warnings) != 0 {
		t.Errorf("Newest = %d, %q, want 4 and no warning", seq, warnings)
	}

	data := load(t, fsys, paths[3])
	data[len(data)-1] ^= 1
	store(t, fsys, paths[3], data)
	store(t, fsys, paths[2], edit(load(t, fsys, paths[2]), func(h []byte) { h[8] = 9 }))
	tooNew := func(m *Meta) error {
		if m.Seq == 2 {
			return errors.New("the journal ends before it")
		}
		return nil
	}
	seq, warnings := newest(t, fsys, tooNew)
	if seq != 1 || len(warnings) != 3 {
		t.Fatalf("Newest = %d, %q, want 1 and 3 warnings", seq, warnings)
	}
	for i, want := range []string{
		paths[3] + ": corrupt at offset", paths[2] + ": unknown format version 9", paths[1] + " is not usable: the journal ends before it",
	} {
		if !strings.Contains(warnings[i], want) {
			t.Errorf("warning %q, want one that says %q", warnings[i], want)
		}
	}
	store(t, fsys, paths[0], nil)
	if seq, warnings := newest(t, fsys, tooNew); seq != 0 || len(warnings) != 4 {
		t.Errorf("Newest with none left = %d, %q, want none and 4 warnings", seq, warnings)
	}
	if s, err := Newest(fsys, dir, tooNew, nil); s != nil || err != nil {
		t.Errorf("Newest without warn = %v, %v", s, err)
	}
}

// A disk that cannot give the newest is passed over like one that gives it back wrong.
func TestNewestPassesOverWhatCannotBeRead(t *testing.T) {
	mem := vfs.NewMem()
	mustWrite(t, mem, state(1, 300))
	path := mustWrite(t, mem, state(2, 300)).Path
	for _, kind := range []string{"open", "stat", "read", "close"} {
		fsys := vfs.NewFaulty(mem, func(op vfs.Op) error {
			if op.Kind == kind && op.Name == path && op.N > 3 { // the first three are those of List
				return vfs.ErrInjected
			}
			return nil
		})
		if seq, warnings := newest(t, fsys, nil); seq != 1 || len(warnings) != 1 || !strings.Contains(warnings[0], path) {
			t.Errorf("%s fails: Newest = %d, %q, want 1 and a warning about %s", kind, seq, warnings, path)
		}
	}
}

func TestRetain(t *testing.T) {
	for _, c := range []struct {
		name    string
		have    []uint64
		corrupt []uint64
		keep    int
		want    []uint64 // newest first
	}{
		{"fewer than kept", []uint64{1}, nil, 2, []uint64{1}},
		{"as many as kept", []uint64{1, 2}, nil, 2, []uint64{2, 1}},
		{"the oldest go", []uint64{1, 2, 3, 4}, nil, 2, []uint64{4, 3}},
		{"one is kept", []uint64{1, 2, 3}, nil, 1, []uint64{3}},
		{"a corrupt one does not count", []uint64{1, 2, 3, 4}, []uint64{4}, 2, []uint64{4, 3, 2}},
		{"a corrupt one behind goes", []uint64{1, 2, 3, 4}, []uint64{2}, 2, []uint64{4, 3}},
		{"a corrupt one between stays", []uint64{1, 2, 3, 4}, []uint64{3}, 2, []uint64{4, 3, 2}},
		{"none goes when none is good", []uint64{1, 2, 3}, []uint64{1, 2, 3}, 1, []uint64{3, 2, 1}},
		{"one good behind stays", []uint64{1, 2, 3}, []uint64{2, 3}, 1, []uint64{3, 2, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			fsys := vfs.NewMem()
			for _, seq := range c.have {
				path := mustWrite(t, fsys, state(seq, 300)).Path
				if slices.Contains(c.corrupt, seq) {
					data := load(t, fsys, path)
					data[len(data)-1] ^= 1
					store(t, fsys, path, data)
				}
			}
			store(t, fsys, dir+"/00000000000000000009.snap.tmp", []byte("x"))
			store(t, fsys, dir+"/notes.tmp", []byte("x"))
			if err := Retain(fsys, dir, c.keep, nil); err != nil {
				t.Fatal(err)
			}
			if got := seqs(t, fsys); !slices.Equal(got, c.want) {
				t.Errorf("left are %d, want %d", got, c.want)
			}
			names, err := fsys.ReadDir(dir)
			if err != nil || len(names) != len(c.want)+1 || !slices.Contains(names, "notes.tmp") {
				t.Errorf("left are %q, %v, want the snapshots and notes.tmp", names, err)
			}
		})
	}
	if err := Retain(vfs.NewMem(), dir, 0, nil); err == nil {
		t.Error("Retain of 0 did not fail")
	}
	if err := Retain(vfs.NewMem(), dir, 1, nil); err != nil {
		t.Errorf("Retain of no directory: %v", err)
	}
}

// Snapshots of another journal lie above all that this one will write for long. They stay, and take no place: every new
// snapshot is kept with the one before it.
func TestRetainDoesNotCountTheUnusable(t *testing.T) {
	fsys := vfs.NewMem()
	foreign := func(m *Meta) error {
		if m.Journal != state(1, 0).Journal {
			return errors.New("it belongs to another journal")
		}
		return nil
	}
	for _, seq := range []uint64{5, 1000, 1001, 1002} {
		s := state(seq, 300)
		s.Journal[0]++
		mustWrite(t, fsys, s)
	}
	for seq := uint64(1); seq <= 8; seq++ {
		if seq == 5 {
			continue // the number is taken
		}
		mustWrite(t, fsys, state(seq, 300))
		if err := Retain(fsys, dir, 2, foreign); err != nil {
			t.Fatal(err)
		}
		want := map[uint64][]uint64{
			1: {1002, 1001, 1000, 5, 1}, 2: {1002, 1001, 1000, 5, 2, 1}, 3: {1002, 1001, 1000, 5, 3, 2}, 4: {1002, 1001, 1000, 5, 4, 3},
			6: {1002, 1001, 1000, 6, 5, 4}, // between two that count
			7: {1002, 1001, 1000, 7, 6},    // behind two that count
			8: {1002, 1001, 1000, 8, 7},
		}[seq]
		if got := seqs(t, fsys); !slices.Equal(got, want) {
			t.Fatalf("after snapshot %d left are %d, want %d", seq, got, want)
		}
	}
	if s, warnings := newest(t, fsys, foreign); s != 8 || len(warnings) != 3 {
		t.Errorf("Newest = %d, %q, want 8 and a warning about each foreign one", s, warnings)
	}
	if err := Retain(fsys, dir, 1, func(*Meta) error { return errors.New("refused") }); err != nil {
		t.Errorf("Retain with none usable: %v", err)
	}
	if got := len(seqs(t, fsys)); got != 5 {
		t.Errorf("with none usable %d are left, want all 5", got)
	}
}

// The newer ones have been read, and their names are durable, before anything is removed.
func TestRetainVerifiesBeforeItRemoves(t *testing.T) {
	mem := vfs.NewMem()
	for seq := range uint64(4) {
		mustWrite(t, mem, state(seq, 300))
	}
	var steps []string
	fsys := vfs.NewFaulty(mem, func(op vfs.Op) error {
		if op.Kind == "open" || op.Kind == "remove" || op.Kind == "syncdir" {
			steps = append(steps, op.Kind+" "+strings.TrimPrefix(op.Name, dir+"/0000000000000000000"))
		}
		return nil
	})
	if err := Retain(fsys, dir, 2, nil); err != nil {
		t.Fatal(err)
	}
	want := []string{"open 3.snap", "open 2.snap", "syncdir " + dir, "remove 0.snap", "remove 1.snap", "syncdir " + dir}
	if !slices.Equal(steps, want) {
		t.Errorf("steps %q, want %q", steps, want)
	}
}

// A world that fails does not make Retain remove more: an unreadable snapshot is not counted for a good one, nor for a corrupt
// one.
func TestRetainStopsWhenItCannotRead(t *testing.T) {
	mem := vfs.NewMem()
	for seq := range uint64(4) {
		mustWrite(t, mem, state(seq, 300))
	}
	fsys := vfs.NewFaulty(mem, func(op vfs.Op) error {
		if op.Kind == "read" {
			return vfs.ErrInjected
		}
		return nil
	})
	if err := Retain(fsys, dir, 1, nil); !errors.Is(err, vfs.ErrInjected) {
		t.Errorf("Retain = %v, want the injected error", err)
	}
	if got := seqs(t, fsys); len(got) != 4 {
		t.Errorf("left are %d, want all 4", got)
	}
}

// crashes runs f on a file system that is cloned as a power cut would leave it, before each operation and after the last:
// once with nothing but what was synced, and often with some of the rest. It calls check with each clone and with whether f
// had returned.
func crashes(mem *vfs.Mem, f func(vfs.FS) error, check func(clone *vfs.Mem, returned bool, op vfs.Op)) error {
	rng := rand.New(rand.NewPCG(1, 2))
	cut := func(returned bool, op vfs.Op) {
		check(mem.CrashClone(nil), returned, op)
		for range 30 {
			check(mem.CrashClone(rng), returned, op)
		}
	}
	err := f(vfs.NewFaulty(mem, func(op vfs.Op) error {
		cut(false, op)
		return nil
	}))
	cut(true, vfs.Op{})
	return err
}

// A power cut at any step of Write leaves the older snapshot or the newer one, whole, and the newer one once Write has
// returned; and what it leaves does not keep the next Write and Retain from their work.
func TestPowerCutInWrite(t *testing.T) {
	mem := vfs.NewMem()
	mustWrite(t, mem, state(1, 300))
	cuts, news := 0, 0
	err := crashes(mem, func(fsys vfs.FS) error {
		_, err := Write(fsys, dir, state(2, 300))
		return err
	}, func(clone *vfs.Mem, returned bool, op vfs.Op) {
		cuts++
		seq, warnings := newest(t, clone, nil)
		if len(warnings) > 0 || seq == 0 || returned && seq != 2 {
			t.Fatalf("cut before %+v, returned %t: newest is %d, %q", op, returned, seq, warnings)
		}
		if seq == 2 {
			news++
		}
		mustWrite(t, clone, state(3, 300))
		if err := Retain(clone, dir, 2, nil); err != nil {
			t.Fatal(err)
		}
		names, err := clone.ReadDir(dir)
		if err != nil || len(names) != 2 || names[1] != fileName(3) {
			t.Fatalf("cut before %+v: after the next write and retain there are %q, %v", op, names, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if cuts < 300 || news <= 31 || news == cuts {
		t.Errorf("%d cuts, %d of them with the new snapshot", cuts, news)
	}
}

// The sweep above does see a writer that forgets to sync: of the file, or of the directory.
func TestPowerCutSweepSeesAMissingSync(t *testing.T) {
	for _, forget := range []string{"sync", "syncdir"} {
		mem := vfs.NewMem()
		mustWrite(t, mem, state(1, 300))
		lost := 0
		err := crashes(mem, func(fsys vfs.FS) error {
			_, err := Write(forgetful{fsys, forget}, dir, state(2, 300))
			return err
		}, func(clone *vfs.Mem, returned bool, _ vfs.Op) {
			seq, _ := newest(t, clone, nil)
			if returned && seq != 2 {
				lost++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if lost == 0 {
			t.Errorf("no cut lost the snapshot of a writer that forgets %s", forget)
		}
	}
}

// forgetful is a file system whose syncs of one kind do nothing.
type forgetful struct {
	vfs.FS
	forget string
}

func (f forgetful) SyncDir(name string) error {
	if f.forget == "syncdir" {
		return nil
	}
	return f.FS.SyncDir(name)
}

func (f forgetful) OpenFile(name string, flag int, perm fs.FileMode) (vfs.File, error) {
	file, err := f.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return forgetfulFile{file, f.forget}, nil
}

type forgetfulFile struct {
	vfs.File
	forget string
}

func (f forgetfulFile) Sync() error {
	if f.forget == "sync" {
		return nil
	}
	return f.File.Sync()
}

// A power cut at any step of Retain leaves the newest as they were, also when the newest of all had been renamed into place by
// a process that died before it synced the directory.
func TestPowerCutInRetain(t *testing.T) {
	for _, unsynced := range []bool{false, true} {
		mem := vfs.NewMem()
		for seq := range uint64(4) {
			fsys := vfs.FS(mem)
			if seq == 3 && unsynced {
				fsys = forgetful{mem, "syncdir"}
			}
			if _, err := Write(fsys, dir, state(seq+1, 300)); err != nil {
				t.Fatal(err)
			}
		}
		removed := 0
		err := crashes(mem, func(fsys vfs.FS) error {
			return Retain(fsys, dir, 1, nil)
		}, func(clone *vfs.Mem, returned bool, op vfs.Op) {
			seq, warnings := newest(t, clone, nil)
			left := len(seqs(t, clone))
			if len(warnings) > 0 || seq != 4 && (!unsynced || seq != 3 || left != 3) || returned && left != 1 {
				t.Fatalf("cut before %+v, returned %t, unsynced %t: newest is %d of %d, %q", op, returned, unsynced, seq, left, warnings)
			}
			if left < 4 {
				removed++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if removed <= 31 {
			t.Errorf("only %d cuts showed a removal", removed)
		}
	}
}

// Every operation of Write fails once, and from then on: Write says so, no temporary file stays where it could be removed, and
// the older snapshot is there before and after a power cut.
func TestEveryFailureOfWrite(t *testing.T) {
	ops := 0
	for n := 1; ; n++ {
		for _, fail := range []func(vfs.Op) error{vfs.FailOnce(n), vfs.FailFrom(n)} {
			mem := vfs.NewMem()
			mustWrite(t, mem, state(1, 300))
			fsys := vfs.NewFaulty(mem, fail)
			_, err := Write(fsys, dir, state(2, 300))
			ops = fsys.Ops()
			if n > ops {
				if err != nil {
					t.Fatalf("Write without a failure: %v", err)
				}
				break
			}
			if !errors.Is(err, vfs.ErrInjected) {
				t.Fatalf("operation %d fails: Write = %v", n, err)
			}
			for _, left := range []*vfs.Mem{mem, mem.CrashClone(nil)} {
				if seq, warnings := newest(t, left, nil); seq == 0 || len(warnings) > 0 {
					t.Fatalf("operation %d fails: newest is %d, %q", n, seq, warnings)
				}
			}
		}
		if n > ops {
			break
		}
	}
	if ops < 12 {
		t.Errorf("Write made %d operations, fewer than it has steps", ops)
	}
}

func TestFailedWriteRemovesItsTemporaryFile(t *testing.T) {
	for _, kind := range []string{"write", "sync", "close", "read", "rename"} {
		mem := vfs.NewMem()
		mustWrite(t, mem, state(1, 300))
		fsys := vfs.NewFaulty(mem, func(op vfs.Op) error {
			if op.Kind == kind {
				return vfs.ErrInjected
			}
			return nil
		})
		if _, err := Write(fsys, dir, state(2, 300)); !errors.Is(err, vfs.ErrInjected) {
			t.Errorf("%s fails: Write = %v", kind, err)
		}
		if names, err := mem.ReadDir(dir); len(names) != 1 || err != nil {
			t.Errorf("%s fails: left are %q, %v", kind, names, err)
		}
	}
}

// A disk that writes something else than it was given is found out before the rename.
func TestWriteReadsBack(t *testing.T) {
	for at := range 4 {
		mem := vfs.NewMem()
		mustWrite(t, mem, state(1, 300))
		_, err := Write(&lyingFS{FS: mem, write: at}, dir, state(2, 300))
		if _, corrupt := errors.AsType[*CorruptError](err); corrupt != (at < 3) {
			t.Errorf("write %d lies: Write = %v", at, err)
		}
		if got := len(seqs(t, mem)); (got == 1) != (at < 3) {
			t.Errorf("write %d lies: %d snapshots", at, got)
		}
	}
}

// lyingFS flips a bit in one of the writes of the file that is opened for writing: the header or a section.
type lyingFS struct {
	vfs.FS
	write int
}

func (l *lyingFS) OpenFile(name string, flag int, perm fs.FileMode) (vfs.File, error) {
	f, err := l.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &lyingFile{File: f, fs: l}, nil
}

type lyingFile struct {
	vfs.File
	fs *lyingFS
}

func (f *lyingFile) Write(b []byte) (int, error) {
	if f.fs.write == 0 {
		b = slices.Clone(b)
		b[len(b)/2] ^= 4
	}
	f.fs.write--
	return f.File.Write(b)
}
