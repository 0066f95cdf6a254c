package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// streamSeed draws every kind of command, auctions, and all modes of self-trade
// prevention.
const streamSeed = 110

// randomJournal returns a data directory with a random stream of n commands, in
// frames of at most batch.
func randomJournal(t *testing.T, n, batch int) string {
	t.Helper()
	m := goldenMaker{seed: streamSeed, commands: n, epochs: 1}
	dir := t.TempDir()
	p, err := pipeline.Start(pipeline.Options{
		Dir: dir, Clock: func() int64 { return 0 }, MaxOrders: -1, Batch: batch, Sync: pipeline.Sync{Mode: pipeline.SyncNever},
	})
	if err != nil {
		t.Fatal(err)
	}
	putAll(t, p, m.stream())
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// journals returns data directories to execute: a random stream and, where the
// recorded data are on this machine and more than a little is tried, a real day.
func journals(t *testing.T, n int) map[string]string {
	t.Helper()
	all := map[string]string{"random stream": randomJournal(t, n, 100)}
	const day = "../../../shared/data/sse_600519/orders.csv.zst"
	if _, err := os.Stat(day); err == nil && promise.Scale(0, 1, 1) > 0 {
		data := filepath.Join(t.TempDir(), "day")
		must(t, "ingest", day, "--data", data, "--sync", "never")
		all["real day"] = data
	}
	return all
}

// TestPromiseDeterminismRuns executes a journal in processes with other garbage
// collectors and schedulers. Every event and every digest is the recorded one.
func TestPromiseDeterminismRuns(t *testing.T) {
	p := promise.Begin(t, "D13")
	for name, dir := range journals(t, promise.Scale(2_000, 20_000, 1_000_000)) {
		for _, env := range []string{"GOGC=10", "GOGC=off", "GOMAXPROCS=1", "GOMAXPROCS=2"} {
			cmd := process(t, "audit", dir, "--json")
			cmd.Env = append(os.Environ(), env)
			out, err := cmd.Output()
			var r auditReport
			if err == nil {
				err = json.Unmarshal(out, &r)
			}
			bad := 0
			if err != nil || r.Differences != 0 || r.Commands < 2_000 {
				t.Errorf("%s, %s: %v, %s", name, env, err, out)
				bad = 1
			}
			p.Add(1, bad)
		}
	}
	p.Note("GOGC=10 and off, GOMAXPROCS 1 and 2")
}

// TestPromiseDeterminismBatches has the same commands go through pipelines whose
// batches hold 1, 7 and 1,024 of them.
func TestPromiseDeterminismBatches(t *testing.T) {
	p := promise.Begin(t, "D13")
	n := promise.Scale(2_000, 20_000, 1_000_000)
	var want golden
	for _, batch := range []int{1, 7, 1024} {
		var got golden
		dir := randomJournal(t, n, batch)
		got.readFrames(t, dir)
		if want.Story == "" {
			want = got
		}
		bad := 0
		if got.Commands != uint64(n) || got.Digest != want.Digest || got.Story != want.Story || got.Frames < uint64(n/batch) {
			t.Errorf("batches of %d: %+v, of 1: %+v", batch, got, want)
			bad = 1
		}
		p.Add(1, bad)
	}
	p.Note(fmt.Sprintf("%d commands in batches of 1, 7 and 1,024", n))
}

// TestPromiseDeterminismSnapshots executes a journal with a state that is written
// down and restored at many places, and folds it beside that into one that never
// is: at each place, and at the end, all bytes of state and views are equal.
func TestPromiseDeterminismSnapshots(t *testing.T) {
	p := promise.Begin(t, "D13")
	places := promise.Scale(20, 100, 1_000)
	for name, dir := range journals(t, promise.Scale(2_000, 20_000, 1_000_000)) {
		end, err := survey(dir, func(line string) { t.Error(line) })
		if err != nil {
			t.Fatal(err)
		}
		past := openPast(t, pipeline.PastOptions{Dir: dir, Genesis: true, Views: newViews})
		r := restored{engine: engine.New(engine.Capacity{}), views: marketview.New(marketview.Limits{})}
		bad := 0
		for i := range places + 1 {
			at := end.seq * msg.Seq(i+1) / msg.Seq(places+1)
			if err := r.goOn(past, at); err != nil {
				t.Fatalf("%s: on the way to %d: %v", name, at, err)
			}
			if !r.again(t, past) {
				t.Errorf("%s: at %d the state that was restored is another one", name, at)
				bad++
			}
		}
		closePast(t, past)
		p.Add(places, bad)
	}
	p.Note(fmt.Sprintf("snapshots at %d places of each journal", places))
}

// restored is an exchange that lives from one snapshot to the next.
type restored struct {
	engine *engine.Engine
	views  *marketview.Views
	events []msg.Event
}

// goOn takes both states to a command: the past by folding, the other one by
// executing.
func (r *restored) goOn(past *pipeline.Past, to msg.Seq) error {
	for past.Engine.Seq() < to {
		c, recorded, err := past.Next()
		if err != nil {
			return err
		}
		if r.events = r.engine.Execute(c, r.events[:0]); !slices.Equal(r.events, recorded) {
			return fmt.Errorf("command %d: events %+v, recorded %+v", c.Seq, r.events, recorded)
		}
		r.views.Apply(c, r.events)
		if err := past.Fold(); err != nil {
			return err
		}
	}
	return nil
}

// again restores the state from what a snapshot of it would hold, and reports
// whether that is what one of the past would hold.
func (r *restored) again(t *testing.T, past *pipeline.Past) bool {
	t.Helper()
	image := r.engine.AppendState(nil)
	same := bytes.Equal(image, past.Engine.AppendState(nil)) && r.engine.Digest() == past.Engine.Digest()
	var err error
	if r.engine, err = engine.Restore(image, engine.Capacity{}); err != nil {
		t.Fatal(err)
	}
	never, mine := past.Views.Sections(), r.views.Sections()
	r.views = marketview.New(marketview.Limits{})
	for i, s := range r.views.Sections() {
		image := mine[i].AppendState(nil)
		same = same && bytes.Equal(image, never[i].AppendState(nil))
		if err := s.Restore(image); err != nil {
			t.Fatal(err)
		}
	}
	return same
}

// TestPromiseDeterminismBuilds executes a journal in builds for another processor,
// with the race detector, without optimisation, and for newer instructions. It needs
// the go command, and takes a while when nothing of the builds is there yet.
func TestPromiseDeterminismBuilds(t *testing.T) {
	p := promise.Begin(t, "D13")
	if promise.Scale(0, 1, 1) == 0 {
		p.Skip("five builds: EXCHANGE_PROMISES or EXCHANGE_LONG runs them")
	}
	inputs := map[string][]byte{}
	for name, dir := range journals(t, promise.Scale(0, 20_000, 1_000_000)) {
		inputs[name] = payloads(t, dir)
	}
	want := map[string]string{}
	for _, b := range []struct {
		name string
		env  []string
		args []string
		only string // the processor that can run it; "" = any
	}{
		{name: "as it is"},
		{name: "-race", args: []string{"-race"}, only: "amd64"},
		{name: "386", env: []string{"GOARCH=386", "CGO_ENABLED=0"}, only: "amd64"},
		{name: "-N -l", args: []string{"-gcflags=" + module + "/...=-N -l"}},
		{name: "amd64 v3", env: []string{"GOAMD64=v3"}, only: "amd64"},
	} {
		if b.only != "" && b.only != runtime.GOARCH {
			continue
		}
		program := buildDeterminism(t, b.env, b.args)
		for name, in := range inputs {
			cmd := exec.CommandContext(t.Context(), program)
			cmd.Stdin = bytes.NewReader(in)
			out, err := cmd.CombinedOutput()
			if strings.Contains(string(out), "microarchitecture support") {
				t.Logf("%s does not run on this processor", b.name)
				continue
			}
			if want[name] == "" {
				want[name] = string(out)
			}
			bad := 0
			if err != nil || string(out) != want[name] || !strings.Contains(string(out), "commands, digest") {
				t.Errorf("%s, %s: %v\n%swant %s", b.name, name, err, out, want[name])
				bad = 1
			}
			p.Add(1, bad)
		}
	}
	p.Note("builds: plain, -race, 386, -N -l, amd64 v3")
}

// buildDeterminism builds testdata/determinism in some way.
func buildDeterminism(t *testing.T, env, args []string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "determinism")
	cmd := exec.CommandContext(t.Context(), "go", append(append([]string{"build", "-o", out}, args...), "./testdata/determinism")...)
	cmd.Env = append(os.Environ(), env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, text)
	}
	return out
}

// payloads returns the frames of a journal as testdata/determinism reads them.
func payloads(t *testing.T, dir string) []byte {
	t.Helper()
	frames, err := readFrames(pipeline.JournalDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for i := range frames {
		f := &frames[i]
		for _, v := range []uint64{f.FirstSeq, uint64(f.FirstTime), f.Digest, uint64(len(f.Raw))} {
			all = binary.LittleEndian.AppendUint64(all, v)
		}
		all = append(all, f.Raw...)
	}
	return all
}

// TestDeterminismCompares has the program that is built in several ways find a
// changed event and a changed digest: else it would prove nothing.
func TestDeterminismCompares(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	program := buildDeterminism(t, nil, nil)
	dir := randomJournal(t, 500, 100)
	good := payloads(t, dir)
	for _, c := range []struct{ lie, says string }{{"", "500 commands, digest"}, {"trade", "recorded"}, {"digest", "recorded"}} {
		in := good
		if c.lie != "" {
			forged := t.TempDir()
			if err := forge(dir, forged, c.lie); err != nil {
				t.Fatal(err)
			}
			in = payloads(t, forged)
		}
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Stdin = bytes.NewReader(in)
		out, err := cmd.CombinedOutput()
		if (err == nil) != (c.lie == "") || !strings.Contains(string(out), c.says) {
			t.Errorf("lie %q: %v, %s", c.lie, err, out)
		}
	}
}
