package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// goldenDir holds one folder for each version of the formats, and in it data
// directories that a build of that version has written. They are never written
// again. Beside each directory stands what was in it, as JSON.
const (
	goldenDir   = "testdata/golden"
	goldenBytes = 1 << 20 // of all of them together
)

// golden is what a golden data directory holds. Hashes are the first 16 bytes of
// a SHA-256. Nothing in it depends on compressed bytes.
type golden struct {
	Commands uint64 `json:"commands"`
	Frames   uint64 `json:"frames"`
	Epochs   uint64 `json:"epochs"`
	Segments int    `json:"segments"`
	Digest   string `json:"digest"`
	Payloads string `json:"payloads"` // of all frames, decompressed
	Story    string `json:"story"`    // of all commands and events, field by field

	Sections  map[string]string  `json:"sections"` // of the state and each view, at the end
	Snapshots []goldenSnapshotOf `json:"snapshots"`
}

// goldenSnapshotOf is what a snapshot in a golden directory holds.
type goldenSnapshotOf struct {
	Seq      msg.Seq           `json:"seq"`
	Digest   string            `json:"digest"`
	Sections map[string]string `json:"sections"`
}

// TestPromiseGoldenDirectories reads what builds of released versions have
// written: every payload, command, event, digest, state and view is the recorded
// one, every command executed again gives the same events, every snapshot is
// restored and leads to the same end, and the directory is taken over for writing.
// It cannot show what those builds would have written that is not in these
// directories; TestGoldenCovers says what is.
func TestPromiseGoldenDirectories(t *testing.T) {
	p := promise.Begin(t, "D14")
	names := goldenNames(t)
	for _, dir := range names {
		var want golden
		text, err := os.ReadFile(dir + ".json")
		if err == nil {
			err = json.Unmarshal(text, &want)
		}
		if err != nil {
			t.Fatal(err)
		}
		got := readGolden(t, dir)
		bad := 0
		if diff := cmp.Diff(&want, got); diff != "" {
			t.Errorf("%s: %s", dir, diff)
			bad = 1
		}
		takeOver(t, dir, got)
		p.Add(1+len(got.Snapshots), bad)
	}
	p.Note(fmt.Sprintf("%d data directories of version 1 and their snapshots", len(names)))
}

// goldenNames returns the golden data directories.
func goldenNames(t *testing.T) []string {
	t.Helper()
	texts, err := filepath.Glob(filepath.Join(goldenDir, "v*", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) < 4 {
		t.Fatalf("%d golden directories, there were 4 once", len(texts))
	}
	for i := range texts {
		texts[i] = strings.TrimSuffix(texts[i], ".json")
	}
	return texts
}

// readGolden reads all that a data directory holds, and checks what must be true
// of any.
func readGolden(t *testing.T, dir string) *golden {
	t.Helper()
	g := &golden{}
	g.readFrames(t, dir)
	g.readSnapshots(t, dir)
	g.readStates(t, dir)
	return g
}

// readFrames reads the journal. This build encodes every transaction as it stands
// there.
func (g *golden) readFrames(t *testing.T, dir string) {
	t.Helper()
	frames, err := readFrames(pipeline.JournalDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	payloads, story := sha256.New(), sha256.New()
	segments := map[string]bool{}
	for i := range frames {
		f := &frames[i]
		payloads.Write(f.Raw)
		segments[f.Segment] = true
		g.Commands += uint64(f.Commands)
		g.Epochs = f.Epoch
		g.Digest = hexDigest(f.Digest)
		var again []byte
		var e msg.Encoder
		e.Reset(msg.Seq(f.FirstSeq), f.FirstTime)
		eachIn(t, f, func(c *msg.Command, events []msg.Event) {
			tell(story, c, events)
			again = e.Append(again, c, events)
		})
		if !bytes.Equal(again, f.Raw) {
			t.Errorf("%s: this build encodes frame %d in other bytes", dir, f.Index)
		}
	}
	g.Frames, g.Segments = uint64(len(frames)), len(segments)
	g.Payloads, g.Story = hex.EncodeToString(payloads.Sum(nil)[:16]), hex.EncodeToString(story.Sum(nil)[:16])
}

// eachIn calls visit with the transactions of a frame.
func eachIn(t *testing.T, f *journal.Frame, visit func(*msg.Command, []msg.Event)) {
	t.Helper()
	var d msg.Decoder
	for d.Reset(f.Raw, msg.Seq(f.FirstSeq), f.FirstTime); d.More(); {
		var c msg.Command
		events, err := d.Next(&c, nil)
		if err != nil {
			t.Fatal(err)
		}
		visit(&c, events)
	}
}

// tell writes a transaction field by field, whatever form it was read from. All
// fields that exist in version 1 are written, and none that may come later.
func tell(h hash.Hash, c *msg.Command, events []msg.Event) {
	number := func(vs ...any) {
		for _, v := range vs {
			binary.Write(h, binary.LittleEndian, v) //nolint:errcheck // a hash takes everything
		}
	}
	number(c.Seq, c.Time, c.Kind, c.Side, c.Type, c.TIF, c.STP, c.Mode, c.Only, c.Status, c.Phase, c.Scale, c.Account, c.Symbol, c.Asset,
		c.Price, c.Qty, c.Quote, c.Order, c.Amount, c.Transfer, c.Maker, c.Taker, c.Strategy.ID, c.Strategy.Type, c.Strategy.HasID,
		c.Name, c.OrigName, c.CancelName)
	if s := c.Spec; s != nil {
		f := &s.Filters
		number(s.Name, s.Base, s.Quote, s.Tick, s.Lot, s.Accounting, s.Maker, s.Taker, f.MinPrice, f.MaxPrice, f.MinQty, f.MaxQty, f.StepQty,
			f.MarketMinQty, f.MarketMaxQty, f.MarketStep, f.MinNotional, f.MaxNotional, f.MinToMarket, f.MaxToMarket, f.MaxOrders, f.MaxAmends,
			f.MaxPosition, f.BidMultiplierUp, f.BidMultiplierDown, f.AskMultiplierUp, f.AskMultiplierDown, f.AvgMins)
	}
	for i := range events {
		v := &events[i]
		number(v.Kind, v.Reason, v.ID, v.Order, v.Taker, v.Trade, v.Price, v.Qty, v.TakerQty)
	}
}

// readSnapshots reads every snapshot and goes on from it to the end.
func (g *golden) readSnapshots(t *testing.T, dir string) {
	t.Helper()
	infos, err := snapshot.List(vfs.OS(), pipeline.SnapshotDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range slices.Backward(infos) {
		s, err := snapshot.Read(vfs.OS(), info.Path)
		if err != nil {
			t.Fatal(err)
		}
		past := openPast(t, pipeline.PastOptions{Dir: dir, To: msg.Seq(info.Seq), Views: newViews})
		if uint64(past.Start()) != info.Seq || uint64(past.Engine.Seq()) != info.Seq {
			t.Errorf("%s: snapshot %d was not used", dir, info.Seq)
		}
		sections := sectionsOf(past)
		for _, section := range s.Sections {
			if !bytes.Equal(sections[section.Name], section.Data) {
				t.Errorf("%s: snapshot %d restores another %s", dir, info.Seq, section.Name)
			}
		}
		if len(s.Sections) != len(sections) {
			t.Errorf("%s: snapshot %d has %d sections, this build %d", dir, info.Seq, len(s.Sections), len(sections))
		}
		g.Snapshots = append(g.Snapshots, goldenSnapshotOf{past.Engine.Seq(), hexDigest(past.Engine.Digest()), sums(sections)})
		if err := past.FoldTo(0); err != nil {
			t.Errorf("%s: from snapshot %d: %v", dir, info.Seq, err)
		}
		g.ends(t, dir, past)
		closePast(t, past)
	}
}

// readStates folds the journal from the first command on, passes each snapshot on
// the way, and executes it a second time.
func (g *golden) readStates(t *testing.T, dir string) {
	t.Helper()
	past := openPast(t, pipeline.PastOptions{Dir: dir, Genesis: true, Views: newViews})
	defer closePast(t, past)
	for _, s := range g.Snapshots {
		if err := past.FoldTo(s.Seq); err != nil {
			t.Fatalf("%s: %v", dir, err)
		}
		if diff := cmp.Diff(s.Sections, sums(sectionsOf(past))); diff != "" {
			t.Errorf("%s: the snapshot of %d is not what folding gives: %s", dir, s.Seq, diff)
		}
	}
	if err := past.FoldTo(0); err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	g.ends(t, dir, past)
	g.execute(t, dir)
}

// ends compares the state at the end of the journal with that which another way
// has led to.
func (g *golden) ends(t *testing.T, dir string, past *pipeline.Past) {
	t.Helper()
	if got := hexDigest(past.Engine.Digest()); got != g.Digest {
		t.Errorf("%s: digest %s at the end, want %s", dir, got, g.Digest)
	}
	got := sums(sectionsOf(past))
	if g.Sections == nil {
		g.Sections = got
	}
	if diff := cmp.Diff(g.Sections, got); diff != "" {
		t.Errorf("%s: two ways to the end: %s", dir, diff)
	}
}

// execute decides every command of the journal anew.
func (g *golden) execute(t *testing.T, dir string) {
	t.Helper()
	past := openPast(t, pipeline.PastOptions{Dir: dir, Genesis: true})
	defer closePast(t, past)
	story := sha256.New()
	for {
		c, want, err := past.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", dir, err)
		}
		got, err := past.Execute(nil)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%s: command %d: %v\nnow      %+v\nrecorded %+v", dir, c.Seq, err, got, want)
		}
		tell(story, c, got)
	}
	if got := hex.EncodeToString(story.Sum(nil)[:16]); got != g.Story {
		t.Errorf("%s: executed again, the story is %s, recorded %s", dir, got, g.Story)
	}
}

// takeOver starts an exchange on a copy of the directory: it has the state that
// was recorded, and takes commands.
func takeOver(t *testing.T, dir string, g *golden) {
	t.Helper()
	data := t.TempDir()
	if err := os.CopyFS(data, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	p, err := pipeline.Start(pipeline.Options{Dir: data, Clock: func() int64 { return 0 }, MaxOrders: -1, Views: newViews})
	if err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	at := p.Durable()
	if hexDigest(at.Digest) != g.Digest || uint64(at.Seq) != g.Commands {
		t.Errorf("%s: taken over at command %d with digest %s, want %d with %s", dir, at.Seq, hexDigest(at.Digest), g.Commands, g.Digest)
	}
	var r pipeline.Result
	if err := p.Do(t.Context(), &msg.Command{Kind: msg.CreateAccount}, &r); err != nil || r.Events[0].Kind != msg.AccountCreated {
		t.Errorf("%s: next command: %v, %+v", dir, err, r.Events)
	}
	if err := p.Stop(); err != nil {
		t.Errorf("%s: %v", dir, err)
	}
}

func openPast(t *testing.T, o pipeline.PastOptions) *pipeline.Past {
	t.Helper()
	o.Warn = func(line string) { t.Errorf("warning: %s", line) }
	past, err := pipeline.OpenPast(o)
	if err != nil {
		t.Fatal(err)
	}
	return past
}

func closePast(t *testing.T, past *pipeline.Past) {
	t.Helper()
	if err := past.Close(); err != nil {
		t.Error(err)
	}
}

// sectionsOf returns the bytes of the state and of each view, as a snapshot would
// have them.
func sectionsOf(past *pipeline.Past) map[string][]byte {
	all := map[string][]byte{"engine": past.Engine.AppendState(nil)}
	for _, s := range past.Views.Sections() {
		all[s.Name()] = s.AppendState(nil)
	}
	return all
}

func sums(sections map[string][]byte) map[string]string {
	all := make(map[string]string, len(sections))
	for name, data := range sections {
		all[name] = shortSum(data)
	}
	return all
}

func shortSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// TestGoldenSize keeps the golden files small.
func TestGoldenSize(t *testing.T) {
	sum := int64(0)
	err := filepath.WalkDir(goldenDir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		sum += info.Size()
		return err
	})
	if err != nil || sum > goldenBytes {
		t.Errorf("golden files have %d bytes, limit %d, %v", sum, goldenBytes, err)
	}
	t.Logf("%d bytes", sum)
}
