package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
)

// unknownForm is a change to a golden data directory that only another version of this
// program could have made: every checksum is right.
type unknownForm struct {
	what  string
	file  string // in the directory
	at    int    // of the byte that is changed, from where the structure begins
	value byte
	begin int // where the structure begins
	crc   int // where its checksum is, from there; what lies before it is covered
	says  string
}

// unknownForms returns the changes: other versions, codecs, flags, and each reserved
// bit by itself, of frames, POSITION and snapshots.
func unknownForms(t *testing.T, dir string) []unknownForm {
	t.Helper()
	const segment = "journal/00000000000000000001"
	const position = "journal/POSITION"
	snapshots, err := filepath.Glob(filepath.Join(pipeline.SnapshotDir(dir), "*.snap"))
	if err != nil || len(snapshots) != 2 {
		t.Fatalf("%d snapshots, %v", len(snapshots), err)
	}
	newest := "snapshot/" + filepath.Base(snapshots[1])
	head, err := os.ReadFile(snapshots[1])
	if err != nil {
		t.Fatal(err)
	}
	frame := func(what string, at int, value byte, says string) unknownForm {
		return unknownForm{"frame: " + what, segment, at, value, frameBegin(t, dir, segment), 124, says}
	}
	place := func(what string, at int, value byte, says string) unknownForm {
		return unknownForm{"POSITION: " + what, position, at, value, 0, 80, says}
	}
	snap := func(what string, at int, value byte, says string) unknownForm {
		return unknownForm{"snapshot: " + what, newest, at, value, 0, int(binary.LittleEndian.Uint32(head[12:])) - 4, says}
	}
	all := []unknownForm{
		frame("version 0", 4, 0, "format version 0, this program knows version 1"),
		frame("version 2", 4, 2, "format version 2, this program knows version 1"),
		frame("version 255", 4, 255, "format version 255, this program knows version 1"),
		frame("codec 2", 5, 2, "codec 2, which this program does not know"),
		frame("codec 255", 5, 255, "codec 255, which this program does not know"),
		place("version 0", 4, 0, "format version 0, this program knows version 1"),
		place("version 2", 4, 2, "format version 2, this program knows version 1"),
		snap("version 0", 8, 0, "unknown format version 0, known is 1"),
		snap("version 2", 8, 2, "unknown format version 2, known is 1"),
		snap("version 257", 9, 1, "unknown format version 257, known is 1"),
	}
	for bit := range 8 {
		one := byte(1) << bit
		for _, at := range []int{6, 7} {
			all = append(all, frame(fmt.Sprintf("bit %d of byte %d", bit, at), at, one, "reserved bits"),
				place(fmt.Sprintf("bit %d of byte %d", bit, at), at, one, "reserved bits"))
		}
		if bit > 0 {
			all = append(all, place(fmt.Sprintf("flag %d", bit), 5, 1|one, "reserved bits"))
		}
		all = append(all, snap(fmt.Sprintf("flag %d", bit), 10, one, "reserved flags"), snap(fmt.Sprintf("flag %d", 8+bit), 11, one, "reserved flags"),
			snap(fmt.Sprintf("flag %d of a section", bit), 97, one, "reserved flags"))
	}
	return all
}

// frameBegin returns where the first frame of a segment begins, after its length.
func frameBegin(t *testing.T, dir, segment string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, segment))
	if err != nil {
		t.Fatal(err)
	}
	_, n := binary.Uvarint(b)
	return n
}

// make makes the change.
func (f *unknownForm) make(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, f.file)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[f.begin+f.at] = f.value
	covered, crc := b[f.begin:f.begin+f.crc], b[f.begin+f.crc:]
	binary.LittleEndian.PutUint32(crc, crc32.Checksum(covered, crc32.MakeTable(crc32.Castagnoli)))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestPromiseGoldenUnknown has what a build of another version would have written:
// it is refused with what is not known, and nothing in the directory changes. A
// snapshot of another version is passed over with a warning.
func TestPromiseGoldenUnknown(t *testing.T) {
	p := promise.Begin(t, "D14")
	const dir = goldenDir + "/v1/torn"
	for _, f := range unknownForms(t, dir) {
		data := t.TempDir()
		if err := os.CopyFS(data, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		f.make(t, data)
		bad := 0
		if !f.refused(t, data) {
			bad = 1
		}
		p.Add(1, bad)
	}
	for _, derivation := range []uint32{0, 1 << 16, 1<<16 | 2, 1, 2<<16 | 1} {
		bad := 0
		if !derivationRefused(t, dir, derivation) {
			bad = 1
		}
		p.Add(1, bad)
	}
	p.Note("versions, codecs, flags and reserved bits of no version")
}

// refused reports whether what is not known is named, and nothing was changed.
func (f *unknownForm) refused(t *testing.T, data string) bool {
	t.Helper()
	before, err := fingerprint(data)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(f.file, "snapshot/") {
		r := call("snapshot", "verify", data)
		if r.code != exitFailed || !strings.Contains(r.stdout+r.stderr, f.says) {
			t.Errorf("%s: snapshot verify: exit code %d, want %q\n%s%s", f.what, r.code, f.says, r.stdout, r.stderr)
			return false
		}
		r = call("replay", data)
		if r.code != exitOK || !strings.Contains(r.stderr, f.says) {
			t.Errorf("%s: replay: exit code %d, want a warning of %q\n%s", f.what, r.code, f.says, r.stderr)
			return false
		}
	} else if r := call("audit", data); r.code != exitFailed || !strings.Contains(r.stderr, f.says) {
		t.Errorf("%s: audit: exit code %d, want %q\n%s", f.what, r.code, f.says, r.stderr)
		return false
	} else if p, err := pipeline.Start(pipeline.Options{Dir: data, Clock: func() int64 { return 0 }}); err == nil || !strings.Contains(err.Error(), f.says) {
		if err == nil {
			err = p.Stop()
		}
		t.Errorf("%s: started, or not for what is unknown: %v", f.what, err)
		return false
	}
	if after, err := fingerprint(data); err != nil || after != before {
		t.Errorf("%s: the directory was changed, %v", f.what, err)
		return false
	}
	return true
}

// derivationRefused reports whether a journal that says that it was written with
// another encoding of transactions, or by an engine that derives other things from
// events, is neither read nor taken over.
func derivationRefused(t *testing.T, dir string, derivation uint32) bool {
	t.Helper()
	frames, err := readFrames(pipeline.JournalDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	w, err := journal.Open(pipeline.JournalDir(data), journal.Options{LockFile: pipeline.LockFile(data), Derivation: derivation})
	for i := 0; i < len(frames) && err == nil; i++ {
		err = w.Append(&frames[i])
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	says := fmt.Sprintf("derivation version %d and encoding version %d are not known here, only derivation version 1 and encoding version 1 are",
		derivation>>16, derivation&0xffff)
	if r := call("audit", data); r.code != exitFailed || !strings.Contains(r.stderr, says) {
		t.Errorf("audit: exit code %d, want %q\n%s", r.code, says, r.stderr)
		return false
	}
	p, err := pipeline.Start(pipeline.Options{Dir: data, Clock: func() int64 { return 0 }})
	if err == nil {
		t.Errorf("started: %v", p.Stop())
		return false
	}
	if !strings.Contains(err.Error(), says) {
		t.Errorf("start: %v, want %q", err, says)
		return false
	}
	return true
}
