package pipeline

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// A mishap is what has happened to a data directory with two snapshots, and what a
// start has to make of it: the words of a refusal, or the state of the last command
// that was acknowledged, with or without a warning.
type mishap struct {
	name   string
	happen func(d *directory)
	refuse string // words of the error; "" = it starts
	warn   string // words of a warning; "" = there is none
}

// directory is a data directory that something happens to.
type directory struct {
	t         *testing.T
	dir       string
	snapshots []snapshot.Info // newest first
	earlier   string          // the same one, before the newest snapshot was taken
	other     string          // another one
}

func (d *directory) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *directory) read(path string) []byte {
	d.t.Helper()
	b, err := os.ReadFile(path)
	d.must(err)
	return b
}

func (d *directory) write(path string, b []byte) {
	d.t.Helper()
	d.must(os.WriteFile(path, b, 0o600))
}

// replace puts a part of another data directory in the place of this one's.
func (d *directory) replace(part, from string) {
	d.t.Helper()
	d.must(os.RemoveAll(filepath.Join(d.dir, part)))
	copyDir(d.t, filepath.Join(from, part), filepath.Join(d.dir, part))
}

// mishaps returns the table: what is wrong with snapshots costs a longer replay and a
// warning, what is wrong with the journal is never passed over.
func mishaps() []mishap {
	all := []mishap{
		{name: "nothing", happen: func(*directory) {}},
		{name: "no snapshots", happen: func(d *directory) { d.must(os.RemoveAll(SnapshotDir(d.dir))) }},
		{name: "no newest snapshot", happen: func(d *directory) { d.must(os.Remove(d.snapshots[0].Path)) }},
		{name: "no older snapshot", happen: func(d *directory) { d.must(os.Remove(d.snapshots[1].Path)) }},
		{name: "a temporary file", happen: func(d *directory) {
			d.write(d.snapshots[0].Path+".tmp", d.read(d.snapshots[0].Path)[:100])
		}},
		{name: "another file", happen: func(d *directory) { d.write(filepath.Join(SnapshotDir(d.dir), "notes.txt"), []byte("x")) }},
		{
			name: "the older snapshot under the name of the newest", warn: "passed over",
			happen: func(d *directory) { d.write(d.snapshots[0].Path, d.read(d.snapshots[1].Path)) },
		},
		{
			name: "the newest snapshot under a later name", warn: "passed over",
			happen: func(d *directory) {
				d.write(filepath.Join(SnapshotDir(d.dir), fmt.Sprintf("%020d.snap", d.snapshots[0].Seq+7)), d.read(d.snapshots[0].Path))
			},
		},
		{name: "snapshots of another journal", warn: "belongs to journal", happen: func(d *directory) { d.replace("snapshot", d.other) }},
		{name: "snapshots of earlier", happen: func(d *directory) { d.replace("snapshot", d.earlier) }},
		{name: "a crashed snapshot directory", happen: func(d *directory) {
			for _, s := range d.snapshots {
				d.must(os.Rename(s.Path, s.Path+".tmp"))
			}
		}},
		{name: "no journal", refuse: "2 snapshots", happen: func(d *directory) { d.must(os.RemoveAll(JournalDir(d.dir))) }},
		{name: "the journal of earlier", refuse: "durable", happen: func(d *directory) { d.replace("journal", d.earlier) }},
		{name: "another journal", warn: "belongs to journal", happen: func(d *directory) { d.replace("journal", d.other) }},
		{name: "no POSITION", refuse: "POSITION", happen: func(d *directory) { d.must(os.Remove(filepath.Join(JournalDir(d.dir), "POSITION"))) }},
	}
	return slices.Concat(all, brokenSnapshots(), brokenJournals())
}

// brokenSnapshots damages one snapshot, or both.
func brokenSnapshots() []mishap {
	var all []mishap
	for what, change := range map[string]func(b []byte) []byte{
		"empty":         func([]byte) []byte { return nil },
		"cut":           func(b []byte) []byte { return b[:len(b)/2] },
		"without end":   func(b []byte) []byte { return b[:len(b)-1] },
		"with more":     func(b []byte) []byte { return append(b, 0) },
		"of zeros":      func(b []byte) []byte { return make([]byte, len(b)) },
		"twice":         func(b []byte) []byte { return append(b, b...) },
		"with a flip":   func(b []byte) []byte { b[len(b)/2] ^= 4; return b },
		"with sector 0": func(b []byte) []byte { clear(b[:min(512, len(b))]); return b },
	} {
		all = append(all,
			mishap{name: "newest snapshot " + what, warn: "passed over", happen: func(d *directory) {
				d.write(d.snapshots[0].Path, change(d.read(d.snapshots[0].Path)))
			}},
			mishap{name: "older snapshot " + what, happen: func(d *directory) { // nobody looks at it
				d.write(d.snapshots[1].Path, change(d.read(d.snapshots[1].Path)))
			}},
			mishap{name: "both snapshots " + what, warn: "passed over", happen: func(d *directory) {
				for _, s := range d.snapshots {
					d.write(s.Path, change(d.read(s.Path)))
				}
			}})
	}
	return all
}

// brokenJournals damages the one segment of a journal that was closed.
func brokenJournals() []mishap {
	var all []mishap
	for what, change := range map[string]func(b []byte) []byte{
		"empty":       func([]byte) []byte { return nil },
		"cut":         func(b []byte) []byte { return b[:len(b)/2] },
		"with more":   func(b []byte) []byte { return append(b, 0) },
		"twice":       func(b []byte) []byte { return append(b, b...) },
		"with a flip": func(b []byte) []byte { b[len(b)/2] ^= 4; return b },
		"of zeros":    func(b []byte) []byte { return make([]byte, len(b)) },
	} {
		all = append(all, mishap{name: "segment " + what, refuse: fmt.Sprintf("%020d", 1), happen: func(d *directory) {
			path := filepath.Join(JournalDir(d.dir), fmt.Sprintf("%020d", 1))
			d.write(path, change(d.read(path)))
		}})
	}
	return all
}

// TestPromiseDamagedDirectories goes through a table of data directories in which
// snapshots and journal do not fit each other, or are damaged. It shows what a start
// makes of each, and for those that start that the state is the one that was.
func TestPromiseDamagedDirectories(t *testing.T) {
	p := promise.Begin(t, "D8")
	whole, earlier, other := t.TempDir(), t.TempDir(), t.TempDir()
	load(t, damageOptions(t, whole), 20)
	copyDir(t, whole, earlier)
	at := load(t, damageOptions(t, whole), 20)
	elsewhere := load(t, damageOptions(t, other), 30)
	for _, m := range mishaps() {
		d := &directory{t: t, dir: t.TempDir(), earlier: earlier, other: other}
		copyDir(t, whole, d.dir)
		var err error
		d.snapshots, err = snapshot.List(vfs.OS(), SnapshotDir(d.dir))
		d.must(err)
		m.happen(d)
		want := at
		if m.name == "another journal" { // its own, with snapshots that are not
			want = elsewhere
		}
		if err := m.check(d, want); err != nil {
			t.Errorf("%s: %v", m.name, err)
			p.Add(0, 1)
		}
		p.Add(1, 0)
	}
}

func damageOptions(t *testing.T, dir string) Options {
	t.Helper()
	o := options(t, dir)
	o.Views = func() Views { return &counter{} }
	return o
}

// check starts a pipeline and holds what comes of it against what is wanted.
func (m *mishap) check(d *directory, at Position) error {
	o := damageOptions(d.t, d.dir)
	lines := warnings(&o)
	before := segment(d)
	p, err := Start(o)
	if m.refuse != "" {
		if err == nil {
			return errors.Join(errors.New("it starts"), p.Stop())
		}
		if !strings.Contains(err.Error(), m.refuse) {
			return fmt.Errorf("refused with %w, want words %q", err, m.refuse)
		}
		if !bytes.Equal(segment(d), before) {
			return errors.New("the segment was changed")
		}
		return nil
	}
	if err != nil {
		return err
	}
	got := p.Durable()
	if err := p.Stop(); err != nil {
		return err
	}
	if got.Seq != at.Seq || got.Digest != at.Digest {
		return fmt.Errorf("started at command %d with digest %016x, want %d and %016x", got.Seq, got.Digest, at.Seq, at.Digest)
	}
	warned := strings.Join(*lines, "\n")
	if m.warn == "" && warned != "" || !strings.Contains(warned, m.warn) {
		return fmt.Errorf("warned %q, want %q", warned, m.warn)
	}
	return nil
}

// segment returns the bytes of the first segment, nil when there is none.
func segment(d *directory) []byte {
	b, err := os.ReadFile(filepath.Join(JournalDir(d.dir), fmt.Sprintf("%020d", 1)))
	if err != nil {
		return nil
	}
	return b
}
