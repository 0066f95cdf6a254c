package rivals

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

// damagedRecords is what a store holds that is damaged: more than 64 KiB.
const damagedRecords = 1000

// filled returns the directory of a store that was filled and closed, and its one
// file.
func filled(t *testing.T, kind string) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	s, err := Open(kind, dir)
	if err != nil {
		t.Fatal(err)
	}
	for n := uint64(1); n <= damagedRecords; {
		var batch [][]byte
		for ; len(batch) < 100; n++ {
			batch = append(batch, Record(n))
		}
		if err := s.Append(batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			file = path
		}
		return err
	})
	if err != nil || file == "" {
		t.Fatalf("no file in %s: %v", dir, err)
	}
	return dir, file
}

// outcomeOf returns what a store makes of its file if it holds these bytes.
func outcomeOf(t *testing.T, kind, dir, file string, data []byte) Outcome {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := ReadApart(kind, dir)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestPromiseRivalsCut cuts the file of each store at places spread over the last
// 64 KiB of it that are in use. A store keeps what is whole before the cut when it gives out at least all
// records that lie before it whole; to refuse to be opened is to keep none. It cannot
// show what a repair by hand would save.
func TestPromiseRivalsCut(t *testing.T) {
	cuts := promise.Scale(8, 64, 4000)
	for _, kind := range Kinds() {
		t.Run(name(kind), func(t *testing.T) {
			p := promise.BeginOf(t, "D6", kind)
			dir, file := filled(t, kind)
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			ends, used := recordEnds(t, whole), len(bytes.TrimRight(whole, "\x00"))
			refused, panicked := 0, 0
			for i := range cuts {
				size := used - 1 - i*min(64<<10, used)/cuts
				o := outcomeOf(t, kind, dir, file, whole[:size])
				kept, _ := slices.BinarySearch(ends, size+1)
				p.Add(1, count(o.Wrong || o.Records < uint64(kept)))
				refused += count(o.Refused != "")
				panicked += count(o.Panicked != "")
			}
			p.Note(fmt.Sprintf("refused to be read %d times, panicked %d times", refused, panicked))
		})
	}
}

// recordEnds returns for each record where it, and all before it, have ended in the
// file.
func recordEnds(t *testing.T, file []byte) []int {
	t.Helper()
	ends, last := make([]int, damagedRecords), 0
	for i := range ends {
		r := Record(uint64(i + 1))
		at := bytes.LastIndex(file, r)
		if at < 0 {
			t.Fatalf("record %d is not in the file", i+1)
		}
		last = max(last, at+len(r))
		ends[i] = last
	}
	return ends
}

// TestPromiseRivalsFlipped flips bits spread over what is in use of the file of each
// store. A flip may
// be refused; what counts as broken is a wrong record given out as good, fewer records
// without a word, or a panic.
func TestPromiseRivalsFlipped(t *testing.T) {
	flips := promise.Scale(8, 64, 4000)
	for _, kind := range Kinds() {
		t.Run(name(kind), func(t *testing.T) {
			p := promise.BeginOf(t, "D7", kind)
			dir, file := filled(t, kind)
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			used := len(bytes.TrimRight(whole, "\x00"))
			wrong, short, panicked := 0, 0, 0
			for i := range flips {
				bit := i * (used*8 - 1) / flips
				b := slices.Clone(whole)
				b[bit/8] ^= 1 << (bit % 8)
				o := outcomeOf(t, kind, dir, file, b)
				silent := o.Refused == "" && o.Panicked == "" && !o.Wrong && o.Records < damagedRecords
				p.Add(1, count(o.Wrong || o.Panicked != "" || silent))
				wrong += count(o.Wrong)
				short += count(silent)
				panicked += count(o.Panicked != "")
			}
			p.Note(fmt.Sprintf("%d times wrong data, %d times less without a word, %d panics", wrong, short, panicked))
		})
	}
}

// name returns a kind as a name of a test.
func name(kind string) string { return strings.ReplaceAll(kind, "/", "-") }

func count(broken bool) int {
	if broken {
		return 1
	}
	return 0
}
