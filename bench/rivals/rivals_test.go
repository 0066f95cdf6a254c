package rivals

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/promise"
)

func TestMain(m *testing.M) {
	if !Main() {
		os.Exit(m.Run())
	}
}

// TestWriter appends in a process of its own, kills it, and goes on: what it
// acknowledged is there, and what is there it appended.
func TestWriter(t *testing.T) {
	for _, kind := range append(Kinds(), Unsynced) {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			var before uint64
			for range 3 {
				w := startWriter(t, WriterOptions{Kind: kind, Dir: dir})
				for w.Acked() < before+20 {
					time.Sleep(time.Millisecond)
				}
				w.Kill()
				if _, err := w.Wait(); err == nil {
					t.Error("it ended by itself")
				}
				o, err := ReadApart(kind, dir)
				if err != nil {
					t.Fatal(err)
				}
				if o.Broken(w.Acked()) || o.Refused != "" || o.Records > w.Acked()+maxBatchRecords {
					t.Errorf("%d records acknowledged, %v", w.Acked(), &o)
				}
				before = o.Records
			}
		})
	}
}

func startWriter(t *testing.T, o WriterOptions) *Writer {
	t.Helper()
	cmd, err := WriterCommand(o)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Kill)
	return w
}

// TestWriterEnds appends as many records as it is told.
func TestWriterEnds(t *testing.T) {
	for _, kind := range Kinds() {
		dir := t.TempDir()
		for _, records := range []uint64{50, 57} {
			w := startWriter(t, WriterOptions{Kind: kind, Dir: dir, Records: records})
			if last, err := w.Wait(); err != nil || w.Acked() != records || len(w.Errors()) > 0 {
				t.Errorf("%s: %d acknowledged, want %d, %v %s %v", kind, w.Acked(), records, err, last, w.Errors())
			}
			if o := Read(kind, dir); o.Records != records || o.Broken(records) || o.Refused != "" {
				t.Errorf("%s: %v, want %d", kind, &o, records)
			}
		}
	}
}

// TestReadTells damages stores: the outcome says what became of them.
func TestReadTells(t *testing.T) {
	const records = 200
	walFile := filepath.Join("wal", "00000000000000000001")
	for _, c := range []struct {
		name, kind, file string
		damage           func(b []byte) []byte
		want             func(o *Outcome) bool
	}{
		{"flipped", promise.WAL, walFile, func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, func(o *Outcome) bool { return o.Wrong && o.Broken(records) }},
		{"cut", promise.WAL, walFile, func(b []byte) []byte { return b[:len(b)-3] }, func(o *Outcome) bool { return o.Refused != "" && o.Records == 0 && o.Broken(records) }},
		{"zeros", promise.WAL, walFile, func(b []byte) []byte { return append(b, 0, 0, 0) }, func(o *Outcome) bool { return o.Wrong && o.Records == records }},
		{"flipped", promise.Bbolt, "bbolt.db", func(b []byte) []byte { b[len(b)/2] ^= 1; return b }, func(o *Outcome) bool { return o.Broken(records) }},
		{"cut", promise.Bbolt, "bbolt.db", func(b []byte) []byte { return b[:3*4096] }, func(o *Outcome) bool { return o.Broken(records) }},
		{"no store", "none", "bbolt.db", func(b []byte) []byte { return b }, func(o *Outcome) bool { return strings.Contains(o.Refused, "no store") }},
	} {
		dir := t.TempDir()
		fill := c.kind
		if fill == "none" {
			fill = promise.Bbolt
		}
		s, err := Open(fill, dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := appendRecords(t.Output(), s, 0, records); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, c.file)
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, c.damage(b), 0o600); err != nil {
			t.Fatal(err)
		}
		o, err := ReadApart(c.kind, dir)
		if err != nil {
			t.Fatal(err)
		}
		if !c.want(&o) {
			t.Errorf("%s %s: %v", c.kind, c.name, &o)
		}
		t.Logf("%s %s: %v", c.kind, c.name, &o)
	}
}
