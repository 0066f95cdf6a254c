package vfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// everyFS runs a test on the operating system and in memory: what holds on one must hold on the other.
func everyFS(t *testing.T, test func(t *testing.T, fsys FS, dir string)) {
	t.Helper()
	t.Run("os", func(t *testing.T) { test(t, OS(), t.TempDir()) })
	t.Run("mem", func(t *testing.T) {
		m := NewMem()
		must(t, m.MkdirAll("some/dir", 0o755))
		test(t, m, "some/dir")
	})
	t.Run("faulty", func(t *testing.T) {
		test(t, NewFaulty(OS(), func(Op) error { return nil }), t.TempDir())
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, fsys FS, name, data string) {
	t.Helper()
	f, err := fsys.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o644)
	must(t, err)
	_, err = f.Write([]byte(data))
	must(t, err)
	must(t, f.Close())
}

func read(t *testing.T, fsys FS, name string) string {
	t.Helper()
	b, err := ReadFile(fsys, name)
	must(t, err)
	return string(b)
}

func TestFileOperations(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys FS, dir string) {
		name := filepath.Join(dir, "a")
		if _, err := Open(fsys, name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("open a missing file: %v", err)
		}
		write(t, fsys, name, "hello, world")
		if got := read(t, fsys, name); got != "hello, world" {
			t.Errorf("read %q", got)
		}
		if _, err := fsys.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644); !errors.Is(err, fs.ErrExist) {
			t.Errorf("create exclusively: %v", err)
		}
		f, err := fsys.OpenFile(name, os.O_RDWR, 0)
		must(t, err)
		must(t, f.Truncate(5))
		must(t, f.Truncate(8))
		b := make([]byte, 20)
		n, err := f.ReadAt(b, 2)
		if string(b[:n]) != "llo\x00\x00\x00" || !errors.Is(err, io.EOF) {
			t.Errorf("ReadAt: %q, %v", b[:n], err)
		}
		if n, err = f.ReadAt(b[:2], 1); string(b[:n]) != "el" || err != nil {
			t.Errorf("ReadAt: %q, %v", b[:n], err)
		}
		if n, err = f.ReadAt(b, 100); n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("ReadAt beyond the end: %d, %v", n, err)
		}
		must(t, f.Sync())
		info, err := f.Stat()
		if err != nil || info.Size() != 8 || info.Name() != "a" || info.IsDir() {
			t.Errorf("Stat: %v, %v", info, err)
		}
		must(t, f.Close())
		if err := f.Close(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("second Close: %v", err)
		}
		f, err = fsys.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
		must(t, err)
		_, err = f.Write([]byte("!"))
		must(t, err)
		must(t, f.Close())
		if got := read(t, fsys, name); got != "hello\x00\x00\x00!" {
			t.Errorf("after append: %q", got)
		}
	})
}

func TestDirectoryOperations(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys FS, dir string) {
		for _, base := range []string{"c", "a", "b"} {
			write(t, fsys, filepath.Join(dir, base), base)
		}
		must(t, fsys.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "c")))
		must(t, fsys.Rename(filepath.Join(dir, "b"), filepath.Join(dir, "d")))
		must(t, fsys.MkdirAll(filepath.Join(dir, "sub", "sub"), 0o755))
		must(t, fsys.SyncDir(dir))
		names, err := fsys.ReadDir(dir)
		must(t, err)
		if diff := cmp.Diff([]string{"c", "d", "sub"}, names); diff != "" {
			t.Errorf("entries (-want +got):\n%s", diff)
		}
		if got := read(t, fsys, filepath.Join(dir, "c")); got != "a" {
			t.Errorf("a renamed over c reads %q", got)
		}
		info, err := fsys.Stat(filepath.Join(dir, "sub"))
		if err != nil || !info.IsDir() {
			t.Errorf("Stat of a directory: %v, %v", info, err)
		}
		if err := fsys.Remove(filepath.Join(dir, "sub")); err == nil {
			t.Error("a directory that is not empty was removed")
		}
		must(t, fsys.Remove(filepath.Join(dir, "sub", "sub")))
		must(t, fsys.Remove(filepath.Join(dir, "d")))
		for what, err := range map[string]error{
			"remove":  fsys.Remove(filepath.Join(dir, "d")),
			"rename":  fsys.Rename(filepath.Join(dir, "d"), filepath.Join(dir, "e")),
			"stat":    second(fsys.Stat(filepath.Join(dir, "d"))),
			"readdir": second(fsys.ReadDir(filepath.Join(dir, "nowhere"))),
			"syncdir": fsys.SyncDir(filepath.Join(dir, "nowhere")),
			"create":  second(fsys.OpenFile(filepath.Join(dir, "nowhere", "x"), os.O_CREATE|os.O_WRONLY, 0o644)),
		} {
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s of what is not there: %v", what, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestLock(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys FS, dir string) {
		open := func() File {
			f, err := fsys.OpenFile(filepath.Join(dir, "LOCK"), os.O_RDWR|os.O_CREATE, 0o644)
			must(t, err)
			return f
		}
		a, b := open(), open()
		must(t, a.(Locker).TryLock())
		if err := b.(Locker).TryLock(); !errors.Is(err, ErrLocked) {
			t.Errorf("second lock: %v", err)
		}
		must(t, a.Close())
		must(t, b.(Locker).TryLock())
		must(t, b.Close())
	})
}

// TestLockDirectory locks a directory, which is open for reading, and removes and makes a file in it meanwhile.
func TestLockDirectory(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys FS, dir string) {
		a, err := Open(fsys, dir)
		must(t, err)
		b, err := Open(fsys, dir)
		must(t, err)
		must(t, a.(Locker).TryLock())
		write(t, fsys, filepath.Join(dir, "f"), "1")
		must(t, fsys.Remove(filepath.Join(dir, "f")))
		if err := b.(Locker).TryLock(); !errors.Is(err, ErrLocked) {
			t.Errorf("second lock: %v", err)
		}
		if n, err := a.Read(make([]byte, 10)); n != 0 || err == nil || errors.Is(err, io.EOF) {
			t.Errorf("a directory reads as %d bytes, %v", n, err)
		}
		if _, err := fsys.OpenFile(dir, os.O_WRONLY, 0); err == nil {
			t.Error("a directory was opened for writing")
		}
		must(t, a.Close())
		must(t, b.(Locker).TryLock())
		must(t, b.Close())
	})
}

func TestWriteFileSync(t *testing.T) {
	everyFS(t, func(t *testing.T, fsys FS, dir string) {
		deep := filepath.Join(dir, "x", "y")
		must(t, MkdirSync(fsys, deep, 0o755))
		must(t, MkdirSync(fsys, deep, 0o755))
		name := filepath.Join(deep, "f")
		write(t, fsys, name+".tmp", "left over from something longer")
		for _, data := range []string{"one", "two, longer", "3"} {
			must(t, WriteFileSync(fsys, name, []byte(data), 0o644))
			if got := read(t, fsys, name); got != data {
				t.Errorf("read %q, want %q", got, data)
			}
		}
		names, err := fsys.ReadDir(deep)
		if err != nil || len(names) != 1 {
			t.Errorf("entries %v, %v", names, err)
		}
	})
}

// TestWriteFileSyncIsAtomic stops it at every step and cuts the power: there is the old file or the new one.
func TestWriteFileSyncIsAtomic(t *testing.T) {
	for step := 1; step <= 6; step++ {
		for seed := range uint64(50) {
			m := NewMem()
			must(t, MkdirSync(m, "d", 0o755))
			must(t, WriteFileSync(m, "d/f", []byte("old"), 0o644))
			err := WriteFileSync(NewFaulty(m, FailFrom(step)), "d/f", []byte("newer"), 0o644)
			if !errors.Is(err, ErrInjected) {
				t.Fatalf("step %d: %v", step, err)
			}
			got := read(t, m.CrashClone(rand.New(rand.NewPCG(seed, 0))), "d/f")
			if got != "old" && got != "newer" || got == "newer" && step < 6 {
				t.Fatalf("step %d, seed %d: %q", step, seed, got)
			}
			if got := read(t, m.CrashClone(nil), "d/f"); got != "old" {
				t.Fatalf("step %d: %q is durable", step, got)
			}
		}
	}
}

func TestCrashCloneLosesWhatIsNotSynced(t *testing.T) {
	m := NewMem()
	must(t, m.MkdirAll("d", 0o755))
	if _, err := m.CrashClone(nil).ReadDir("d"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an unsynced directory survives: %v", err)
	}
	must(t, m.SyncDir("/"))
	f, err := m.OpenFile("d/f", os.O_CREATE|os.O_WRONLY, 0o644)
	must(t, err)
	_, err = f.Write([]byte("first"))
	must(t, err)
	must(t, f.Sync())
	if names, err := m.CrashClone(nil).ReadDir("d"); err != nil || len(names) != 0 {
		t.Errorf("an unsynced name survives: %v, %v", names, err)
	}
	must(t, m.SyncDir("d"))
	_, err = f.Write([]byte(", second"))
	must(t, err)
	must(t, m.Rename("d/f", "d/g"))
	if got := read(t, m.CrashClone(nil), "d/f"); got != "first" {
		t.Errorf("after the crash: %q", got)
	}
	if got := read(t, m, "d/g"); got != "first, second" {
		t.Errorf("without a crash: %q", got)
	}
	if got := read(t, m.Clone().CrashClone(nil), "d/g"); got != "first, second" {
		t.Errorf("a clone is durable, but after a crash: %q", got)
	}
	must(t, m.SyncDir("d"))
	must(t, m.Remove("d/g"))
	if got := read(t, m.CrashClone(nil), "d/g"); got != "first" {
		t.Errorf("an unsynced removal: %q", got)
	}
	must(t, m.SyncDir("d"))
	if names, err := m.CrashClone(nil).ReadDir("d"); err != nil || len(names) != 0 {
		t.Errorf("a synced removal: %v, %v", names, err)
	}
}

// TestCrashCloneTears counts the outcomes of chance: each sector is old or new, each length is possible, and a seed is a story.
func TestCrashCloneTears(t *testing.T) {
	m := NewMem()
	must(t, WriteFileSync(m, "f", make([]byte, 2*sectorBytes), 0o644))
	f, err := m.OpenFile("f", os.O_WRONLY, 0)
	must(t, err)
	b := make([]byte, 4*sectorBytes)
	for i := range b {
		b[i] = 1
	}
	_, err = f.Write(b)
	must(t, err)
	outcomes := map[string]int{}
	for seed := range uint64(400) {
		got := read(t, m.CrashClone(rand.New(rand.NewPCG(seed, 0))), "f")
		if again := read(t, m.CrashClone(rand.New(rand.NewPCG(seed, 0))), "f"); got != again {
			t.Fatalf("seed %d has two outcomes", seed)
		}
		if len(got) < 2*sectorBytes || len(got) > 4*sectorBytes {
			t.Fatalf("seed %d leaves %d bytes", seed, len(got))
		}
		var kind []byte
		for at := 0; at < len(got); at += sectorBytes {
			kind = append(kind, '0'+got[at])
		}
		outcomes[fmt.Sprintf("%s/%v", kind, len(got) == len(b))]++
	}
	for kind := range 16 {
		if outcomes[fmt.Sprintf("%04b/true", kind)] == 0 {
			t.Errorf("sectors %04b never happen", kind)
		}
	}
	if len(outcomes) < 24 {
		t.Errorf("only %d outcomes: %v", len(outcomes), outcomes)
	}
}

func TestFaulty(t *testing.T) {
	m := NewMem()
	var ops []string
	note := func(op Op) error {
		ops = append(ops, op.Kind)
		return nil
	}
	must(t, WriteFileSync(NewFaulty(m, note), "f", []byte("12345678"), 0o644))
	if diff := cmp.Diff([]string{"open", "write", "sync", "close", "rename", "syncdir"}, ops); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	for n := 1; n <= 6; n++ {
		once := NewFaulty(NewMem(), FailOnce(n))
		if err := WriteFileSync(once, "f", nil, 0o644); !errors.Is(err, ErrInjected) {
			t.Errorf("operation %d: %v", n, err)
		}
		if err := WriteFileSync(once, "f", nil, 0o644); err != nil {
			t.Errorf("after operation %d: %v", n, err)
		}
		forever := NewFaulty(NewMem(), FailFrom(n))
		for range 2 {
			if err := WriteFileSync(forever, "f", nil, 0o644); !errors.Is(err, ErrInjected) {
				t.Errorf("operation %d: %v", n, err)
			}
		}
	}
	half := NewFaulty(m, func(op Op) error {
		if op.Kind == "write" {
			return ErrInjected
		}
		return nil
	})
	f, err := half.OpenFile("g", os.O_CREATE|os.O_WRONLY, 0o644)
	must(t, err)
	if n, err := f.Write([]byte("12345678")); n != 4 || !errors.Is(err, ErrInjected) {
		t.Errorf("failing write: %d, %v", n, err)
	}
	if got := read(t, m, "g"); got != "1234" {
		t.Errorf("a failing write leaves %q", got)
	}
}
