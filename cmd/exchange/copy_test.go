package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/engine/enginetest"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// underLoad is an exchange that works as fast as it can, in small segments of which old
// ones are removed, with snapshots all the time. It knows the digest after every frame.
type underLoad struct {
	dir     string
	p       *pipeline.Pipeline
	mu      sync.Mutex
	digests map[msg.Seq]uint64
	removed atomic.Int64
	stop    atomic.Bool
	putting sync.WaitGroup
}

func newUnderLoad(t *testing.T, keep pipeline.Retention) *underLoad {
	t.Helper()
	u := &underLoad{dir: filepath.Join(t.TempDir(), "data"), digests: make(map[msg.Seq]uint64)}
	var now atomic.Int64
	p, err := pipeline.Start(pipeline.Options{
		Dir: u.dir, Clock: func() int64 { return now.Add(1000) }, MaxOrders: -1, Views: newViews, Batch: 64, Segment: 20_000,
		Snapshots: snapshot.Policy{Commands: 5000}, Retain: keep, Removed: func(pipeline.Removal) { u.removed.Add(1) },
		Publish: func(b *pipeline.Batch) {
			c, _ := b.Transaction(b.Len() - 1)
			u.mu.Lock()
			defer u.mu.Unlock()
			u.digests[c.Seq] = b.Digest()
		},
		Warn: func(line string) { t.Errorf("warning: %s", line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	u.p = p
	u.putting.Go(func() {
		flow := enginetest.NewShaped(1, 100)
		for _, c := range flow.Setup(msg.Balances) {
			u.put(t, &c)
		}
		for !u.stop.Load() {
			var c msg.Command
			flow.Next(&c)
			u.put(t, &c)
		}
	})
	t.Cleanup(func() { u.end(t) })
	return u
}

func (u *underLoad) put(t *testing.T, c *msg.Command) {
	for {
		err := u.p.Put(c)
		if !errors.Is(err, pipeline.ErrBusy) {
			if err != nil {
				t.Error(err)
				u.stop.Store(true)
			}
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func (u *underLoad) end(t *testing.T) {
	u.stop.Store(true)
	u.putting.Wait()
	if err := u.p.Stop(); err != nil {
		t.Error(err)
	}
}

// TestCopyUnderLoad copies the directory of an exchange that works at full speed and
// removes old segments, many times: every copy verifies, rebuilds to the digest that the
// exchange had at its last command, which is not before what was durable when it began,
// opens for writing, and goes on.
func TestCopyUnderLoad(t *testing.T) {
	u := newUnderLoad(t, pipeline.Retention{Commands: 20_000})
	for end := time.Now().Add(30 * time.Second); u.removed.Load() < 2 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	pruned := 0
	for n := range promise.Scale(10, 10, 200) {
		to := filepath.Join(t.TempDir(), strconv.Itoa(n))
		least := u.p.Durable().Seq
		var c copied
		if err := json.Unmarshal([]byte(must(t, "copy", u.dir, to, "--json")), &c); err != nil {
			t.Fatal(err)
		}
		if msg.Seq(c.LastSeq) < least {
			t.Fatalf("copy %d ends with command %d, %d was durable before it", n, c.LastSeq, least)
		}
		for u.p.Published() < msg.Seq(c.LastSeq) {
			time.Sleep(time.Millisecond)
		}
		u.mu.Lock()
		want, ok := u.digests[msg.Seq(c.LastSeq)]
		u.mu.Unlock()
		if !ok || c.Digest != hexDigest(want) {
			t.Fatalf("copy %d has digest %s after command %d, the exchange had %s (%v)", n, c.Digest, c.LastSeq, hexDigest(want), ok)
		}
		if c.FirstSeq > 1 {
			pruned++
		}
		checkCopy(t, to, &c)
	}
	if pruned == 0 {
		t.Error("no copy was of a journal whose beginning is gone")
	}
}

// checkCopy verifies a copy, opens it for writing and goes on in it.
func checkCopy(t *testing.T, dir string, c *copied) {
	t.Helper()
	if out := must(t, "journal", "verify", dir); !strings.HasSuffix(out, "ok\n") {
		t.Fatalf("verify: %s", out)
	}
	must(t, "snapshot", "verify", dir)
	p, err := pipeline.Start(pipeline.Options{
		Dir: dir, Clock: func() int64 { return 1 }, Views: newViews, MaxOrders: -1, Warn: func(line string) { t.Errorf("warning: %s", line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if at := p.Durable(); at.Seq != msg.Seq(c.LastSeq) || hexDigest(at.Digest) != c.Digest {
		t.Errorf("the copy opens at command %d with %s, want %d with %s", at.Seq, hexDigest(at.Digest), c.LastSeq, c.Digest)
	}
	if err := p.Put(&msg.Command{Kind: msg.CreateAccount}); err != nil {
		t.Error(err)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if r, err := journal.Verify(pipeline.JournalDir(dir), nil); err != nil || r.LastSeq != c.LastSeq+1 {
		t.Errorf("after going on: %+v, %v", r, err)
	}
}

// TestCopyStopped copies a directory that nobody has open, as often as what must not be
// copied, or not there, is tried.
func TestCopyStopped(t *testing.T) {
	src := wildData(t, 31, 1500, func(o *pipeline.Options) { o.Snapshots = snapshot.Policy{Commands: 200} })
	secrets := []string{keysFile, tokenFile, demoState}
	for _, name := range append(slices.Clone(secrets), "crash", "notes") {
		if err := os.WriteFile(filepath.Join(src, name), []byte("of "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before, err := fingerprint(src)
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	empty := filepath.Join(parent, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	must(t, "copy", src, empty)
	out := must(t, "copy", src, filepath.Join(parent, "all"), "--with-secrets")
	for _, name := range secrets {
		if _, err := os.Stat(filepath.Join(empty, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s was copied: %v", name, err)
		}
		b, err := os.ReadFile(filepath.Join(parent, "all", name))
		info, serr := os.Stat(filepath.Join(parent, "all", name))
		if errors.Join(err, serr) != nil || string(b) != "of "+name || info.Mode().Perm() != 0o600 || !strings.Contains(out, "copied "+name+"\n") {
			t.Errorf("%s is %q, %v, %v: %s", name, b, err, serr, out)
		}
	}
	entries, err := os.ReadDir(empty)
	if err != nil || len(entries) != 2 {
		t.Errorf("the copy has %v, %v", entries, err)
	}
	end, err := reach(src, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"empty", "all"} {
		if got, want := must(t, "journal", "cat", filepath.Join(parent, name)), must(t, "journal", "cat", src); got != want {
			t.Errorf("the copy %s tells something else than its source", name)
		}
		if got, want := must(t, "replay", filepath.Join(parent, name), "--check"), must(t, "replay", src, "--check"); got != want {
			t.Errorf("the copy %s replays to\n%s, its source to\n%s", name, got, want)
		}
		if infos, err := snapshot.List(vfs.OS(), pipeline.SnapshotDir(filepath.Join(parent, name))); err != nil || len(infos) != snapshot.Keep || infos[0].Seq != uint64(end.seq) {
			t.Errorf("snapshots %v, %v", infos, err)
		}
	}
	expectRefused(t, src, parent)
	if after, err := fingerprint(src); err != nil || after != before {
		t.Errorf("the source has changed, %v", err)
	}
}

// expectRefused tries copies that must not be made, or cannot, and finds nothing left of
// them.
func expectRefused(t *testing.T, src, parent string) {
	t.Helper()
	list := func() string {
		names, err := vfs.OS().ReadDir(parent)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(names, " ")
	}
	before := list()
	for _, c := range []struct{ from, to, why string }{
		{src, filepath.Join(parent, "all"), "is not empty"},
		{src, src, "is not empty"},
		{filepath.Join(parent, "nowhere"), filepath.Join(parent, "new"), "does not exist"},
		{parent, filepath.Join(parent, "new"), "is no data directory"},
		{src, filepath.Join(parent, "nowhere", "new"), "no such file or directory"},
	} {
		r := call("copy", c.from, c.to)
		if r.code != exitFailed || !strings.Contains(r.stderr, c.why) || r.stdout != "" {
			t.Errorf("copy %s %s: exit code %d, %s%s", c.from, c.to, r.code, r.stdout, r.stderr)
		}
	}
	segments, err := filepath.Glob(filepath.Join(pipeline.JournalDir(src), "0*"))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(segments[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := flip(segments[1], 70, 3); err != nil {
		t.Fatal(err)
	}
	r := call("copy", src, filepath.Join(parent, "new"))
	if r.code != exitFailed || !strings.Contains(r.stderr, segments[1]) {
		t.Errorf("copy of a damaged journal: exit code %d, %s", r.code, r.stderr)
	}
	if err := errors.Join(flip(segments[1], 70, 3), os.Chtimes(segments[1], info.ModTime(), info.ModTime())); err != nil {
		t.Fatal(err)
	}
	if after := list(); after != before {
		t.Errorf("there were %s, now there are %s", before, after)
	}
}

// TestRetainFlag reads what may be given to --retain, and what may not.
func TestRetainFlag(t *testing.T) {
	for text, want := range map[string]pipeline.Retention{
		"all": {}, "30d": {Nanos: 30 * 86400e9}, "1d12h": {Nanos: 36 * 3600e9}, "90m": {Nanos: 5400e9}, "1ns": {Nanos: 1},
		"10GiB": {Bytes: 10 << 30}, "1KiB": {Bytes: 1 << 10}, "2TiB": {Bytes: 2 << 40}, "500MiB": {Bytes: 500 << 20},
		"1000000commands": {Commands: 1_000_000}, "5 commands": {Commands: 5},
	} {
		if got, err := parseRetention(text); err != nil || got != want {
			t.Errorf("%s is %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "30", "0", "-5d", "0d", "d", "1.5d", "10GB", "0GiB", "-1GiB", "9999999999TiB", "0commands", "commands", "-1commands", "1e6commands",
		"106752d", "106751d24h", "9999999999999d", "1d-1h", "everything", "30d ",
	} {
		if got, err := parseRetention(text); err == nil {
			t.Errorf("%q is taken as %+v", text, got)
		}
	}
}

// TestServeRetains follows --retain through the settings of serve to the pipeline, also
// out of a configuration file, and the removal into the log.
func TestServeRetains(t *testing.T) {
	for _, from := range []string{"flag", "file", "nowhere"} {
		set, groups := newSettings()
		flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
		for _, g := range groups {
			flags.AddFlagSet(g.flags)
		}
		want := pipeline.Retention{Nanos: 30 * 86400e9}
		switch from {
		case "flag":
			if err := flags.Parse([]string{"--retain", "30d"}); err != nil {
				t.Fatal(err)
			}
		case "file":
			name := filepath.Join(t.TempDir(), "c.toml")
			if err := os.WriteFile(name, []byte("retain = \"30d\"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := readConfig(name, flags); err != nil {
				t.Fatal(err)
			}
		default:
			want = pipeline.Retention{}
		}
		set.set()
		var log strings.Builder
		s := newServer(newConsole(&log, &log), set)
		o := s.pipelineOptions()
		if o.Retain != want {
			t.Errorf("%s: the pipeline keeps %+v, want %+v", from, o.Retain, want)
		}
		o.Removed(pipeline.Removal{Segments: 3, Bytes: 77, Oldest: 4711})
		for _, part := range []string{"old journal was removed", `"segments":3`, `"bytes":77`, `"oldest_command":4711`} {
			if !strings.Contains(log.String(), part) {
				t.Errorf("the log lacks %s: %s", part, log.String())
			}
		}
	}
}

// TestDiskUse holds what journal ls tells of the disk against the files, and what it says
// that --retain would free against what a pipeline removes.
func TestDiskUse(t *testing.T) {
	keep := pipeline.Retention{Commands: 500}
	run := func(o *pipeline.Options) { o.Snapshots = snapshot.Policy{Commands: 100} }
	dir := wildData(t, 33, 2000, run)
	var l segmentList
	if err := json.Unmarshal([]byte(must(t, "journal", "ls", dir, "--json", "--retain", "500commands")), &l); err != nil {
		t.Fatal(err)
	}
	size := func(pattern string) (bytes int64, files int) {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			bytes += info.Size()
		}
		return bytes, len(names)
	}
	bytes, files := size("journal/0*")
	snapBytes, snaps := size("snapshot/*.snap")
	end, err := reach(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := l.Disk
	if d.Bytes != bytes || d.Segments != files || d.Snapshots != snaps || d.SnapshotBytes != snapBytes || d.Commands != uint64(end.seq) ||
		d.PerCommand != float64(bytes)/float64(end.seq) {
		t.Errorf("%+v; there are %d bytes in %d segments and %d in %d snapshots, %d commands", d, bytes, files, snapBytes, snaps, end.seq)
	}
	if d.Retain == nil || d.Retain.Segments == 0 || d.Retain.Oldest > end.seq-500+1 {
		t.Fatalf("would free %+v", d.Retain)
	}
	// The pipeline that starts here removes when it has taken a snapshot; those that are
	// there now, whose older one is what holds it back, then make room.
	var removal pipeline.Removal
	p, err := pipeline.Start(pipeline.Options{
		Dir: dir, Clock: func() int64 { return 1 }, Views: newViews, MaxOrders: -1, Retain: keep, Removed: func(r pipeline.Removal) { removal = r },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.TakeSnapshot(); err != nil { // the newest one is of this command already
		t.Fatal(err)
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if removal.Segments != d.Retain.Segments || removal.Bytes != d.Retain.Bytes || removal.Oldest != d.Retain.Oldest {
		t.Errorf("%+v were removed, %+v was said", removal, d.Retain)
	}
	out := must(t, "journal", "ls", dir, "--retain", "500commands")
	if !strings.HasSuffix(out, "would free nothing; the first command is then "+strconv.FormatUint(uint64(removal.Oldest), 10)+"\n") {
		t.Errorf("after that: %s", out)
	}
}
