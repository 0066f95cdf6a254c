package main

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// goldenMaker writes a data directory of commands that are always the same. Where
// its frames end, and the identity of its journal, are not.
type goldenMaker struct {
	seed     uint64 // of enginetest's stream
	commands int    // in each epoch
	epochs   int    // each is ended by a snapshot and a clean stop, but for a torn one
	segment  int
	long     bool // client order ids have 36 characters
	torn     int  // the epoch at whose end the process dies in mid-write; 0 = none
}

// goldenMakers returns what the golden directories of the version at hand were
// made with.
func goldenMakers() map[string]goldenMaker {
	return map[string]goldenMaker{
		"mix":      {seed: 274, commands: 1200, epochs: 3, segment: 1 << 20},
		"auctions": {seed: 196, commands: 1500, epochs: 1, segment: 1 << 20},
		"names":    {seed: 110, commands: 900, epochs: 2, segment: 1 << 20, long: true},
		"torn":     {seed: 262, commands: 700, epochs: 4, segment: 8 << 10, torn: 2},
	}
}

// stream returns the commands of the maker's stream that an exchange takes.
func (m *goldenMaker) stream() []msg.Command {
	naive := enginetest.NewNaive()
	s := enginetest.NewStream(m.seed, naive)
	var all []msg.Command
	for len(all) < m.commands*m.epochs {
		c := s.Next()
		if m.long {
			lengthen(&c)
		}
		if c.Check() != nil {
			continue // spoiled beyond what a pipeline takes
		}
		naive.Execute(&c)
		all = append(all, c)
	}
	return all
}

// lengthen makes the client order ids of a command as long as they can be.
func lengthen(c *msg.Command) {
	if c.Kind == msg.CreateAccount || c.Kind == msg.AddAsset {
		return
	}
	for _, n := range [...]*msg.Name{&c.Name, &c.OrigName, &c.CancelName} {
		if n.IsZero() {
			continue
		}
		for i := n.Len(); i < msg.NameLen; i++ {
			n[i] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[(i*7+int(n[1]))%64]
		}
	}
}

// make writes the directory.
func (m *goldenMaker) make(t *testing.T, dir string) {
	t.Helper()
	commands := m.stream()
	for epoch := range m.epochs {
		o := pipeline.Options{
			Dir: dir, Clock: func() int64 { return 0 }, MaxOrders: -1, Views: newViews, Batch: 100, Segment: m.segment,
			Sync: pipeline.Sync{Mode: pipeline.SyncNever},
		}
		p, err := pipeline.Start(o)
		if err != nil {
			t.Fatal(err)
		}
		putAll(t, p, commands[epoch*m.commands:(epoch+1)*m.commands])
		if epoch+1 == m.torn {
			tear(t, p, dir)
			continue
		}
		if _, err := p.TakeSnapshot(); err != nil {
			t.Fatal(err)
		}
		if err := p.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	forgetIndexes(t, dir)
}

// forgetIndexes removes the indexes of the segments: they are made anew from the
// frames, and what they look like is not frozen.
func forgetIndexes(t *testing.T, dir string) {
	t.Helper()
	indexes, err := filepath.Glob(filepath.Join(pipeline.JournalDir(dir), "INDEX*"))
	for _, path := range indexes {
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// putAll hands commands over and waits for the last of them.
func putAll(t *testing.T, p *pipeline.Pipeline, commands []msg.Command) {
	t.Helper()
	last := len(commands) - 1
	for i := range commands {
		patiently(t, func() error {
			if i < last {
				return p.Put(&commands[i])
			}
			var r pipeline.Result
			return p.Do(t.Context(), &commands[i], &r)
		})
	}
}

// patiently repeats what is refused because the ring is full.
func patiently(t *testing.T, put func() error) {
	t.Helper()
	err := put()
	for errors.Is(err, pipeline.ErrBusy) {
		runtime.Gosched()
		err = put()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// tear leaves dir as a process does that dies while it writes a frame.
func tear(t *testing.T, p *pipeline.Pipeline, dir string) {
	t.Helper()
	dead := t.TempDir()
	if err := os.CopyFS(dead, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(dead)); err != nil {
		t.Fatal(err)
	}
	newest := newestSegment(t, dir)
	b, err := os.ReadFile(newest)
	if err == nil {
		err = os.WriteFile(newest, append(b, b[:min(len(b), 200)]...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// newestSegment returns the path of the last segment that has a frame.
func newestSegment(t *testing.T, dir string) string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(pipeline.JournalDir(dir), strings.Repeat("[0-9]", 20)))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Backward(all) {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return path
		}
	}
	t.Fatalf("no segment in %s", dir)
	return ""
}

// TestGoldenMakers has what this build writes read like what older ones have
// written. With EXCHANGE_GOLDEN=v1 it leaves the directories of that version in
// testdata, where there are none yet.
func TestGoldenMakers(t *testing.T) {
	version := os.Getenv("EXCHANGE_GOLDEN")
	for name, m := range goldenMakers() {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), name)
			if version != "" {
				dir = filepath.Join(goldenDir, version, name)
				if _, err := os.Stat(dir); err == nil {
					t.Fatalf("%s is there: golden directories are never written again", dir)
				}
			}
			m.make(t, dir)
			g := readGolden(t, dir)
			if g.Commands != uint64(m.commands*m.epochs) || g.Epochs != uint64(m.epochs) || len(g.Snapshots) != min(2, m.epochs) {
				t.Errorf("%d commands, %d epochs, %d snapshots", g.Commands, g.Epochs, len(g.Snapshots))
			}
			takeOver(t, dir, g)
			if version == "" {
				return
			}
			text, err := json.MarshalIndent(g, "", "  ")
			if err == nil {
				err = os.WriteFile(dir+".json", append(text, '\n'), 0o600)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestGoldenCovers says what the golden directories hold: every kind of command
// and of event, every value of the enumerations that orders have, names as long
// as can be, strategies, several epochs and segments, and a repaired torn tail.
func TestGoldenCovers(t *testing.T) {
	got := map[string]bool{}
	for _, dir := range goldenNames(t) {
		frames, err := readFrames(pipeline.JournalDir(dir))
		if err != nil {
			t.Fatal(err)
		}
		for i := range frames {
			if frames[i].StoredBytes < len(frames[i].Raw) {
				got["compressed"] = true
			} else {
				got["stored"] = true
			}
			eachIn(t, &frames[i], func(c *msg.Command, events []msg.Event) { covers(got, c, events) })
		}
		last := &frames[len(frames)-1]
		if last.Epoch >= 4 {
			got["4 epochs"] = true
		}
		if frames[0].Segment != last.Segment {
			got["segments"] = true
		}
		if broken, _ := filepath.Glob(filepath.Join(pipeline.JournalDir(dir), "*.broken-*")); len(broken) > 0 {
			got["a torn tail"] = true
		}
	}
	want := map[string]bool{
		"compressed": true, "stored": true, "4 epochs": true, "segments": true, "a torn tail": true, "name of 36": true,
		"strategy": true, "quote amount": true, "only-new": true, "only-partially-filled": true, "allow-failure": true,
	}
	for k := msg.Place; k <= msg.Uncross; k++ {
		want[k.String()] = true
	}
	for k := msg.Accepted; k <= msg.Uncrossed; k++ {
		want["event "+k.String()] = true
	}
	for _, text := range []string{
		"buy", "sell", "limit", "market", "limit-maker", "gtc", "ioc", "fok", "none", "expire-taker", "expire-maker", "expire-both", "decrement",
	} {
		want[text] = true
	}
	maps.DeleteFunc(got, func(k string, _ bool) bool { return !want[k] })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// covers puts down what a transaction has.
func covers(got map[string]bool, c *msg.Command, events []msg.Event) {
	got[c.Kind.String()] = true
	for i := range events {
		got["event "+events[i].Kind.String()] = true
	}
	if c.Kind != msg.Place && c.Kind != msg.CancelReplace && c.Kind != msg.Cancel {
		return
	}
	for what, has := range map[string]bool{
		c.Side.String(): true, c.Type.String(): true, c.TIF.String(): true, c.STP.String(): true, c.Only.String(): true, c.Mode.String(): true,
		"name of 36": c.Name.Len() == msg.NameLen && c.Kind != msg.Cancel, "strategy": c.Strategy.HasID && c.Strategy.Type > 0,
		"quote amount": c.Quote > 0,
	} {
		if has {
			got[what] = true
		}
	}
}
