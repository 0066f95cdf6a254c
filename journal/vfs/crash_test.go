package vfs

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
)

// full returns sectors that hold a letter each.
func full(letters string) string {
	var b strings.Builder
	for _, l := range letters {
		b.WriteString(strings.Repeat(string(l), sectorBytes))
	}
	return b.String()
}

// sectors returns the letters that the sectors of a file hold, 0 for one of zeros, and panics when one is mixed.
func sectors(data string) string {
	var b strings.Builder
	for len(data) > 0 {
		n := min(sectorBytes, len(data))
		if strings.Trim(data[:n], data[:1]) != "" {
			return "torn within a sector: " + data[:n]
		}
		b.WriteByte(max(data[0], '0'))
		data = data[n:]
	}
	return b.String()
}

// create opens a file for writing.
func create(t *testing.T, fsys FS, name string, flag int) File {
	t.Helper()
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE|flag, 0o644)
	must(t, err)
	return f
}

func puts(t *testing.T, f File, data string) {
	t.Helper()
	if n, err := f.Write([]byte(data)); n != len(data) || err != nil {
		t.Fatalf("write of %d bytes: %d, %v", len(data), n, err)
	}
}

// outcomes returns what a power cut may leave of a file, all of it, and how often; "-" is no file.
func outcomes(t *testing.T, m *Mem, name string) map[string]int {
	t.Helper()
	ways := int(m.States())
	left := make(map[string]int)
	n := 0
	for crashed := range m.CrashStates(1 << 16) {
		n++
		data, err := ReadFile(crashed, name)
		if err != nil {
			left["-"]++
			continue
		}
		left[sectors(string(data))]++
	}
	if n > ways {
		t.Errorf("%d states, States says %d", n, ways)
	}
	for seed := range uint64(200) {
		data, err := ReadFile(m.CrashClone(rand.New(rand.NewPCG(seed, 1))), name)
		if err != nil {
			data = []byte("-")
		}
		if kind := sectors(string(data)); left[kind] == 0 && len(data)%sectorBytes == 0 {
			t.Errorf("chance leaves %q, which is none of the states", kind)
		}
	}
	return left
}

// sectorFile returns a file system with a durable file of sectors.
func sectorFile(t *testing.T, letters string) (*Mem, File) {
	t.Helper()
	m := NewMem()
	f := create(t, m, "f", 0)
	puts(t, f, full(letters))
	must(t, f.Sync())
	must(t, m.SyncDir("/"))
	if n := m.States(); n != 1 {
		t.Fatalf("%v states when all is durable", n)
	}
	must(t, f.Close())
	return m, create(t, m, "f", 0)
}

func expect(t *testing.T, got map[string]int, want ...string) {
	t.Helper()
	for _, kind := range want {
		if got[kind] == 0 {
			t.Errorf("%q never happens: %v", kind, got)
		}
		delete(got, kind)
	}
	if len(got) > 0 {
		t.Errorf("what must not happen: %v", got)
	}
}

// TestSectorsOfSeveralWrites writes over the same sectors twice: each is as any of the writes left it, or as before.
func TestSectorsOfSeveralWrites(t *testing.T) {
	m, f := sectorFile(t, "ab")
	puts(t, f, full("cd"))
	must(t, f.Close())
	g := create(t, m, "f", 0)
	puts(t, g, full("e"))
	expect(t, outcomes(t, m, "f"), "ab", "cb", "eb", "ad", "cd", "ed")
	must(t, g.Sync())
	expect(t, outcomes(t, m, "f"), "ed")
}

// TestSectorsOfAnAppend adds to a file: lengths and sectors reach the disk each for itself, and what is missing is zero.
func TestSectorsOfAnAppend(t *testing.T) {
	m, f := sectorFile(t, "a")
	must(t, f.Close())
	f = create(t, m, "f", os.O_APPEND)
	puts(t, f, full("b"))
	puts(t, f, full("c"))
	expect(t, outcomes(t, m, "f"), "a", "ab", "a0", "abc", "a0c", "ab0", "a00")
}

// TestSectorsOfATruncation writes a file anew: the old contents, none, and the new ones mix, as they do when a temporary file is
// used again.
func TestSectorsOfATruncation(t *testing.T) {
	m, f := sectorFile(t, "ab")
	must(t, f.Close())
	f = create(t, m, "f", os.O_TRUNC)
	puts(t, f, full("c"))
	expect(t, outcomes(t, m, "f"), "", "a", "0", "c", "ab", "0b", "cb", "a0", "00", "c0")
	must(t, f.Sync())
	expect(t, outcomes(t, m, "f"), "c")
}

// TestNames changes a directory: each change is there or not, and a file that was never named durably may be gone.
func TestNames(t *testing.T) {
	m, f := sectorFile(t, "a")
	must(t, f.Close())
	g := create(t, m, "g", 0)
	puts(t, g, full("b"))
	must(t, g.Sync())
	must(t, g.Close())
	expect(t, outcomes(t, m, "g"), "-", "b")
	must(t, m.Rename("g", "f"))
	expect(t, outcomes(t, m, "f"), "a", "b")
	expect(t, outcomes(t, m, "g"), "-", "b")
	must(t, m.Remove("f"))
	expect(t, outcomes(t, m, "f"), "a", "b", "-")
	must(t, m.SyncDir("/"))
	expect(t, outcomes(t, m, "f"), "-")
}

// TestFailedSync fails a sync of one write, makes another, and syncs that: what the failed one was about stays in doubt, until it
// is written again.
func TestFailedSync(t *testing.T) {
	m, f := sectorFile(t, "ab")
	must(t, f.Close())
	failing := true
	fsys := NewFaulty(m, func(op Op) error {
		if op.Kind == "sync" && failing {
			return ErrInjected
		}
		return nil
	})
	f = create(t, fsys, "f", 0)
	puts(t, f, full("c"))
	if err := f.Sync(); !errors.Is(err, ErrInjected) {
		t.Fatalf("sync: %v", err)
	}
	failing = false
	puts(t, f, full("d"))
	must(t, f.Sync())
	expect(t, outcomes(t, m, "f"), "ad", "cd")
	if got := sectors(read(t, m, "f")); got != "cd" {
		t.Errorf("programs see %q", got)
	}
	must(t, f.Sync()) // again, and nothing is gained
	expect(t, outcomes(t, m, "f"), "ad", "cd")
	must(t, f.Close())
	f = create(t, fsys, "f", 0)
	puts(t, f, full("c"))
	must(t, f.Sync())
	expect(t, outcomes(t, m, "f"), "cd")
}

// TestFork has a copy lose on its own what the original can lose.
func TestFork(t *testing.T) {
	m, f := sectorFile(t, "a")
	puts(t, f, full("b"))
	create(t, m, "g", 0)
	fork := m.Fork()
	if m.States() != 4 || fork.States() != 4 {
		t.Errorf("%v states, the copy has %v, want 4", m.States(), fork.States())
	}
	must(t, f.Sync())
	must(t, m.SyncDir("/"))
	expect(t, outcomes(t, m, "f"), "b")
	expect(t, outcomes(t, fork, "f"), "a", "b")
	expect(t, outcomes(t, fork, "g"), "-", "")
	puts(t, create(t, fork, "f", 0), full("c"))
	if got := sectors(read(t, m, "f")); got != "b" {
		t.Errorf("a write to the copy shows as %q", got)
	}
}

// TestLimit fills the file system: a write is short, and goes on when something was removed or cut.
func TestLimit(t *testing.T) {
	m := NewMem()
	m.Limit(10)
	f := create(t, m, "f", 0)
	puts(t, f, "123456")
	g := create(t, m, "g", 0)
	n, err := g.Write([]byte("abcdef"))
	if n != 4 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a write beyond the end: %d, %v", n, err)
	}
	if n, err := f.Write([]byte("7")); n != 0 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a write to a full disk: %d, %v", n, err)
	}
	puts(t, create(t, m, "f", 0), "654") // over what is there
	must(t, g.Truncate(1))
	puts(t, f, "789")
	must(t, m.Remove("g"))
	puts(t, f, "0")
	if got := read(t, m, "f"); got != "6544567890" {
		t.Errorf("read %q", got)
	}
	if n, err := f.Write([]byte("!")); n != 0 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a write to the disk full again: %d, %v", n, err)
	}
	m.Limit(0)
	puts(t, f, "!")
}

// TestShortWrite fails a write after any number of its bytes.
func TestShortWrite(t *testing.T) {
	for n := range 6 {
		m := NewMem()
		fsys := NewFaulty(m, func(op Op) error {
			if op.Kind != "write" {
				return nil
			}
			if op.Bytes != 4 || op.Name != "f" || !op.Changes() {
				t.Errorf("operation is %+v", op)
			}
			return &ShortWrite{Bytes: n, Err: syscall.EIO}
		})
		got, err := create(t, fsys, "f", 0).Write([]byte("abcd"))
		if got != min(n, 4) || !errors.Is(err, syscall.EIO) {
			t.Errorf("write of %d bytes: %d, %v", n, got, err)
		}
		if data := read(t, m, "f"); data != "abcd"[:min(n, 4)] {
			t.Errorf("file holds %q", data)
		}
	}
}

// TestChanges lists which operations can make a difference to a power cut.
func TestChanges(t *testing.T) {
	var changes []string
	m := NewFaulty(NewMem(), func(op Op) error {
		changes = append(changes, fmt.Sprintf("%s %s>%s %v", op.Kind, op.Name, op.To, op.Changes()))
		return nil
	})
	must(t, m.MkdirAll("d", 0o755))
	f := create(t, m, "d/f", 0)
	must(t, f.Truncate(1))
	must(t, f.Close())
	must(t, m.Rename("d/f", "d/g"))
	must(t, second(Open(m, "d/g")))
	must(t, second(m.ReadDir("d")))
	must(t, m.Remove("d/g"))
	must(t, m.SyncDir("d"))
	want := "mkdir d> true, open d/f> true, truncate d/f> true, close d/f> false, rename d/f>d/g true, open d/g> false, " +
		"readdir d> false, remove d/g> true, syncdir d> true"
	if got := strings.Join(changes, ", "); got != want {
		t.Errorf("operations are\n%s, want\n%s", got, want)
	}
}
