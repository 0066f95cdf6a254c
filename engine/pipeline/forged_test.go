package pipeline

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// forge replaces the newest snapshot by what change makes of it.
func forge(t *testing.T, dir string, change func(*snapshot.Snapshot)) {
	t.Helper()
	infos, err := snapshot.List(vfs.OS(), SnapshotDir(dir))
	if err != nil || len(infos) == 0 {
		t.Fatalf("%v, %v", infos, err)
	}
	s, err := snapshot.Read(vfs.OS(), infos[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	change(s)
	if _, err := snapshot.Write(vfs.OS(), SnapshotDir(dir), s); err != nil {
		t.Fatal(err)
	}
}

// A snapshot that reads whole and is not of this journal's past, or does not
// restore, is passed over with a warning that says why.
func TestForgedSnapshots(t *testing.T) {
	for why, change := range map[string]func(*snapshot.Snapshot){
		"belongs to journal":   func(s *snapshot.Snapshot) { s.Journal[3]++ },
		"taken after frame":    func(s *snapshot.Snapshot) { s.FrameHash[0]++ },
		"derivation version":   func(s *snapshot.Snapshot) { s.Derivation++ },
		"has digest":           func(s *snapshot.Snapshot) { s.Digest++ },
		"no section engine":    func(s *snapshot.Snapshot) { s.Sections[0].Version++ },
		"restore the engine":   func(s *snapshot.Snapshot) { s.Sections[0].Data = s.Sections[0].Data[1:] },
		"no section counter":   func(s *snapshot.Snapshot) { s.Sections[1].Version++ },
		"of version 1":         func(s *snapshot.Snapshot) { s.Sections = s.Sections[:1] },
		"restore section coun": func(s *snapshot.Snapshot) { s.Sections[1].Data = nil },
	} {
		dir := t.TempDir()
		o := options(t, dir)
		o.Views = func() Views { return &counter{} }
		older := load(t, o, 20)
		at := load(t, o, 20)
		forge(t, dir, change)
		lines := warnings(&o)
		past, err := OpenPast(PastOptions{Dir: dir, Views: o.Views, Warn: o.Warn})
		if err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		if past.Start() != older.Seq || len(*lines) != 1 || !strings.Contains((*lines)[0], why) {
			t.Errorf("%s: started at %d, warned %q", why, past.Start(), *lines)
		}
		if err := past.FoldTo(0); err != nil || past.Engine.Digest() != at.Digest {
			t.Errorf("%s: %v, digest %016x, want %016x", why, err, past.Engine.Digest(), at.Digest)
		}
		if err := past.Close(); err != nil {
			t.Error(err)
		}
	}
}

func copyDir(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// An older journal beside newer snapshots lost what was acknowledged, and a lost
// journal everything: both are refused, and nothing is changed.
func TestJournalBehindItsSnapshots(t *testing.T) {
	dir, old := t.TempDir(), t.TempDir()
	load(t, options(t, dir), 20)
	copyDir(t, JournalDir(dir), filepath.Join(old, "journal"))
	load(t, options(t, dir), 20)
	if err := os.RemoveAll(JournalDir(dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(options(t, dir)); !errors.Is(err, journal.ErrNoJournal) || !strings.Contains(err.Error(), "2 snapshots") {
		t.Errorf("without a journal: %v", err)
	}
	if _, err := os.Stat(JournalDir(dir)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a journal was made: %v", err)
	}
	copyDir(t, filepath.Join(old, "journal"), JournalDir(dir))
	if _, err := Start(options(t, dir)); err == nil || !strings.Contains(err.Error(), "durable") {
		t.Errorf("with an older journal: %v", err)
	}
}

// A journal that is cut under a running exchange stops it when the next snapshot
// reads it, whoever asks for that snapshot.
func TestJournalCutUnderneath(t *testing.T) {
	for _, how := range []string{"background", "asked", "stop"} {
		dir := t.TempDir()
		o := options(t, dir)
		if how == "background" {
			o.Snapshots = snapshot.Policy{Commands: 9}
		}
		p := start(t, o)
		do(t, p, market()...)
		names, err := filepath.Glob(filepath.Join(JournalDir(dir), "0*"))
		if err != nil || len(names) != 1 {
			t.Fatalf("%v, %v", names, err)
		}
		if err := os.Truncate(names[0], 300); err != nil {
			t.Fatal(err)
		}
		switch how {
		case "background":
			do(t, p, bid)
			_ = p.Put(&bid)
			<-p.Done()
		case "asked":
			if seq, err := p.TakeSnapshot(); err == nil {
				t.Errorf("snapshot %d was taken", seq)
			}
		}
		var corrupt *journal.CorruptError
		if err := p.Stop(); !errors.As(err, &corrupt) {
			t.Errorf("%s: Stop: %v", how, err)
		}
	}
}

// The policy counts from the last snapshot, also across restarts.
func TestPolicyCountsFromTheLast(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.Snapshots = snapshot.Policy{Commands: 100}
	p := start(t, o)
	do(t, p, market()...)
	due := 0
	for range 250 {
		before := p.snapshots.last.Seq
		do(t, p, bid)
		if p.snapshots.last.Seq != before {
			due++
		}
	}
	if due != 2 {
		t.Errorf("due %d times in 257 commands", due)
	}
	stop(t, p) // takes one at 257
	if p = start(t, o); p.snapshots.last.Seq != 257 || p.Durable().Frame == 0 {
		t.Errorf("restarted: counts from %d, in frame %d", p.snapshots.last.Seq, p.Durable().Frame)
	}
}

// A frame of another derivation version, a gap, and bytes behind the last
// transaction are named.
func TestForgedFrames(t *testing.T) {
	c := msg.Command{Seq: 1, Kind: msg.CreateAccount}
	var e msg.Encoder
	e.Reset(1, 0)
	good := e.Append(nil, &c, []msg.Event{{Kind: msg.AccountCreated, ID: 1}})
	for why, f := range map[string]struct {
		derivation uint32
		frame      journal.Frame
	}{
		"derivation version": {derivation + 1, journal.Frame{FirstSeq: 1, Commands: 1, Events: 1, Raw: good}},
		"bytes follow":       {derivation, journal.Frame{FirstSeq: 1, Commands: 1, Events: 1, Raw: append(good, good...)}},
		"unknown kind":       {derivation, journal.Frame{FirstSeq: 1, Commands: 1, Events: 1, Raw: []byte{0, 0}}},
		"ends early":         {derivation, journal.Frame{FirstSeq: 1, Commands: 2, Events: 1, Raw: good}},
		"has digest":         {derivation, journal.Frame{FirstSeq: 1, Commands: 1, Events: 1, Raw: good, Digest: 5}},
	} {
		dir := t.TempDir()
		w, err := journal.Open(JournalDir(dir), journal.Options{LockFile: LockFile(dir), Derivation: f.derivation})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Append(&f.frame), w.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(options(t, dir)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", why, err)
		}
	}
}

// The events of any one command fit a frame at the default bound of open orders.
func TestEventsOfACommandFitAFrame(t *testing.T) {
	if n := (DefaultMaxOrders + msg.MaxOwnEvents) * msg.MaxEventBytes; n > journal.MaxFrameBytes {
		t.Errorf("%d open orders may need %d bytes, a frame holds %d", DefaultMaxOrders, n, journal.MaxFrameBytes)
	}
}
