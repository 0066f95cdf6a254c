package pipeline

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// childEnv names the data directory of a child process, which is this test
// binary run again.
const childEnv = "EXCHANGE_PIPELINE_CHILD"

// child runs a pipeline under load until it is killed. It prints where it
// started, and one line for each command that was acknowledged.
func child() {
	p, err := Start(Options{
		Dir: os.Getenv(childEnv), Clock: func() int64 { return time.Now().UnixNano() }, //nolint:forbidigo // a real run
		Batch: 64, Segment: 64 << 10, Snapshots: snapshot.Policy{Commands: 700},
		Warn: func(s string) { fmt.Fprintln(os.Stderr, s) },
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("start %d %016x\n", p.Durable().Seq, p.Durable().Digest) //nolint:forbidigo // the protocol with the parent
	if p.Durable().Seq == 0 {
		for _, c := range market() {
			var r Result
			if err := p.Do(context.Background(), &c, &r); err != nil {
				os.Exit(1)
			}
		}
	}
	for i := range 8 {
		go func() {
			rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(i))) //nolint:forbidigo // any seed will do
			var r Result
			for {
				c := anyOrder(rng, p.Published())
				if p.Do(context.Background(), &c, &r) == nil {
					fmt.Printf("ack %d %08x\n", r.Seq, hash(r.Events)) //nolint:forbidigo // the protocol with the parent
				}
			}
		}()
	}
	<-p.Done()
	fmt.Fprintln(os.Stderr, p.Err())
	os.Exit(1)
}

func anyOrder(r *rand.Rand, last msg.Seq) msg.Command {
	side := msg.Side(r.IntN(2))
	c := msg.Command{Kind: msg.Place, Account: 1 + msg.AccountID(side), Symbol: 1, Side: side, Price: msg.Price(95 + r.IntN(10)), Qty: msg.Qty(1 + r.IntN(9))}
	if r.IntN(2) == 0 {
		c = msg.Command{Kind: msg.Cancel, Account: 1 + msg.AccountID(side), Symbol: 1, Order: msg.OrderID(last - msg.Seq(r.IntN(20)))}
	}
	return c
}

func hash(events []msg.Event) uint32 {
	return crc32.ChecksumIEEE(fmt.Append(nil, events))
}

// TestKill kills a pipeline under load again and again. After each kill nothing
// acknowledged is missing or changed, and the next start finds exactly the state
// that a fold of the journal gives.
//
// A kill does not take what was written, so this proves restart, not sync.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	cycles := 100
	if testing.Short() {
		cycles = 10
	}
	want := "start 0 "
	acks, snapshots := 0, 0
	for i := range cycles {
		first, lines := killed(t, dir)
		if first != "" && !strings.HasPrefix(first, want) {
			t.Fatalf("cycle %d: started with %q, want %q", i, first, want)
		}
		acks += len(lines)
		past, err := OpenPast(PastOptions{Dir: dir, Genesis: i%10 == 9, Warn: func(s string) { t.Log(s) }})
		if errors.Is(err, journal.ErrNoJournal) {
			continue // killed before it made one
		}
		if err != nil {
			t.Fatal(err)
		}
		if past.Start() > 0 {
			snapshots++
		}
		if err := past.FoldTo(0); err != nil {
			t.Fatal(err)
		}
		want = fmt.Sprintf("start %d %016x", past.Engine.Seq(), past.Engine.Digest())
		if err := past.Close(); err != nil {
			t.Fatal(err)
		}
		checkAcks(t, dir, lines)
	}
	audit(t, dir)
	t.Logf("%d cycles, %d acknowledged commands, %d restarts from a snapshot; last %s", cycles, acks, snapshots, want)
	if acks < 10*cycles || snapshots < cycles/2 {
		t.Error("that is too few to prove anything")
	}
}

// killed runs a child and kills it, while it starts or once it has acknowledged
// some commands. It returns the line that says where it started and the
// acknowledgements that came out whole.
func killed(t *testing.T, dir string) (first string, acks []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	enough := 50 + rand.IntN(300)
	if rand.IntN(8) == 0 {
		enough = 1 << 30
		time.AfterFunc(time.Duration(rand.IntN(20))*time.Millisecond, func() { _ = cmd.Process.Kill() })
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // what was cut off is not an acknowledgement
		}
		if first == "" {
			first = strings.TrimSpace(line)
			continue
		}
		if acks = append(acks, line); len(acks) == enough {
			_ = cmd.Process.Kill()
		}
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the child ended with %v", err)
	}
	return first, acks
}

// checkAcks looks for each acknowledged command in the journal.
func checkAcks(t *testing.T, dir string, acks []string) {
	t.Helper()
	want := map[msg.Seq]uint32{}
	lowest := msg.Seq(1 << 62)
	for _, line := range acks {
		var seq msg.Seq
		var h uint32
		if _, err := fmt.Sscanf(line, "ack %d %x\n", &seq, &h); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		want[seq] = h
		lowest = min(lowest, seq)
	}
	if len(want) == 0 {
		return
	}
	r, err := journal.OpenReader(JournalDir(dir), journal.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // it was only read
	if err := r.SeekSeq(uint64(lowest)); err != nil {
		t.Fatal(err)
	}
	var f journal.Frame
	for err = r.Next(&f); err == nil; err = r.Next(&f) {
		var d msg.Decoder
		d.Reset(f.Raw, msg.Seq(f.FirstSeq), f.FirstTime)
		for d.More() {
			var c msg.Command
			events, err := d.Next(&c, nil)
			if err != nil {
				t.Fatal(err)
			}
			if h, ok := want[c.Seq]; ok && h != hash(events) {
				t.Fatalf("command %d was acknowledged with other events", c.Seq)
			}
			delete(want, c.Seq)
		}
	}
	if !errors.Is(err, io.EOF) || len(want) > 0 {
		t.Fatalf("%d acknowledged commands are missing: %v", len(want), err)
	}
}

// audit executes the whole journal again.
func audit(t *testing.T, dir string) {
	t.Helper()
	past, err := OpenPast(PastOptions{Dir: dir, Genesis: true})
	if err != nil {
		t.Fatal(err)
	}
	defer past.Close() //nolint:errcheck // it was only read
	for {
		c, want, err := past.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := past.Execute(nil)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("command %d: %v, %v, want %v", c.Seq, err, got, want)
		}
	}
}
