package journal

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/wal"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// TestLogOnWritesWhatWALWrites lets tidwall/wal and LogOn write the same random entries, both opened again and again with another
// segment size, so that the newest segment may be over the new one: all files are equal to the byte, after each entry.
func TestLogOnWritesWhatWALWrites(t *testing.T) {
	cycles := 0
	for seed := range uint64(20 / sampling) {
		rng := rand.New(rand.NewPCG(seed, 0))
		dir, mem := t.TempDir(), vfs.NewMem()
		if err := mem.MkdirAll(testDir, dirPerm); err != nil {
			t.Fatal(err)
		}
		next := uint64(1)
		for range 4 {
			o := &wal.Options{NoSync: true, SegmentSize: 1 + rng.IntN(2000), LogFormat: wal.Binary, SegmentCacheSize: 1, DirPerms: dirPerm, FilePerms: filePerm}
			genuine, err := wal.Open(dir, o)
			if err != nil {
				t.Fatal(err)
			}
			double, err := LogOn(mem)(testDir, o)
			if err != nil {
				t.Fatal(err)
			}
			for range rng.IntN(20) {
				data := make([]byte, rng.IntN(300))
				for i := range data {
					data[i] = byte(rng.Uint32())
				}
				wrong := next + 1 + uint64(rng.IntN(2))
				if a, b := genuine.Write(wrong, data), double.Write(wrong, data); !errors.Is(a, wal.ErrOutOfOrder) || !errors.Is(b, a) {
					t.Fatalf("entry %d after %d: %v, %v", wrong, next-1, a, b)
				}
				if err := errors.Join(genuine.Write(next, data), double.Write(next, data)); err != nil {
					t.Fatal(err)
				}
				next++
				cycles = max(cycles, sameFiles(t, dir, mem, fmt.Sprintf("seed %d, entry %d", seed, next-1)))
			}
			if err := errors.Join(genuine.Sync(), double.Sync(), genuine.Close(), double.Close()); err != nil {
				t.Fatal(err)
			}
			for what, err := range map[string]error{"write": double.Write(next, nil), "sync": double.Sync(), "close": double.Close()} {
				if !errors.Is(err, wal.ErrClosed) {
					t.Errorf("%s after Close: %v", what, err)
				}
			}
		}
	}
	if cycles < 10 {
		t.Errorf("at most %d segments", cycles)
	}
}

// sameFiles holds the files of the two directories against each other and returns how many there are.
func sameFiles(t *testing.T, dir string, mem *vfs.Mem, story string) int {
	t.Helper()
	want, err := vfs.OS().ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := mem.ReadDir(testDir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s: files (-wal +double):\n%s", story, diff)
	}
	for _, name := range want {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b, readAll(t, mem, name)) {
			t.Fatalf("%s: %s differs", story, name)
		}
	}
	return len(want)
}

// TestLogOnRefuses has a segment that ends within an entry.
func TestLogOnRefuses(t *testing.T) {
	mem := vfs.NewMem()
	if err := mem.MkdirAll(testDir, dirPerm); err != nil {
		t.Fatal(err)
	}
	writeAll(t, mem, segmentName(1), []byte{5, 'a', 'b'})
	if _, err := LogOn(mem)(testDir, &wal.Options{SegmentSize: 100}); !errors.Is(err, wal.ErrCorrupt) {
		t.Errorf("open: %v", err)
	}
}
