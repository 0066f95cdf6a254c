package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// result is what a command line gave.
type result struct {
	code           int
	stdout, stderr string
}

// call carries out a command line in this process.
func call(args ...string) result {
	var stdout, stderr bytes.Buffer
	code := run(args, &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// must carries out a command line that has to succeed, and returns its output.
func must(t testing.TB, args ...string) string {
	t.Helper()
	r := call(args...)
	if r.code != exitOK || r.stderr != "" {
		t.Fatalf("exchange %s: exit code %d\n%s", strings.Join(args, " "), r.code, r.stderr)
	}
	return r.stdout
}

// smallFlow has an auction, trades, and each kind of row.
const smallFlow = `time,command,id,side,price,quantity,tif,expect
33300000000000,phase,,,,,auction,
33300000000000,limit,a,buy,10.02,300,GTC,
33300000000000,limit,b,sell,10.00,150,GTC,
33900000000000,uncross,,,10.02,,,a/b@10.02:150
34200000000000,limit,c,sell,10.02,50,IOC,a@10.02:50
34200000000005,reduce,a,,,20,,
34200000000006,replace,a,,10.03,70,,
34200000000007,cancel,a,,,,,
34200000000008,phase,,,,,auction,
34200000000009,phase,,,,,trading,
`

// smallData makes a data directory of smallFlow in batches of 4.
func smallData(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	file, data := filepath.Join(dir, "flow.csv"), filepath.Join(dir, "data")
	if err := os.WriteFile(file, []byte(smallFlow), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "ingest", file, "--accounts", "2", "--batch", "4", "--data", data)
	return data
}

// TestEveryFlippedByte flips a bit of every byte of a journal that was closed.
// Whatever it is, verify, replay and audit fail and name the file, the offset
// and the sequence.
func TestEveryFlippedByte(t *testing.T) {
	data := smallData(t)
	for _, name := range []string{"00000000000000000001", "POSITION"} {
		path := filepath.Join(pipeline.JournalDir(data), name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		step := 1
		if raceDetector {
			step = 7
		}
		for offset := 0; offset < len(whole); offset += step {
			if err := flip(path, offset, offset%8); err != nil {
				t.Fatal(err)
			}
			for _, command := range [][]string{{"journal", "verify"}, {"replay"}, {"audit"}} {
				r := call(append(command, data)...)
				if r.code != exitFailed || strings.Count(r.stderr, "\n") != 1 {
					t.Errorf("%v with byte %d of %s flipped: exit code %d, %q", command, offset, name, r.code, r.stderr)
				}
				var at, seq int
				_, place, _ := strings.Cut(r.stderr, path)
				if n, _ := fmt.Sscanf(place, ", offset %d, sequence %d:", &at, &seq); n != 2 || at > offset {
					t.Errorf("%v with byte %d of %s flipped does not name the place: %q", command, offset, name, r.stderr)
				}
			}
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	must(t, "journal", "verify", data)
}

// TestEveryFlippedByteOfASnapshot flips a bit of every byte of a snapshot: journal
// verify names file, offset and sequence.
func TestEveryFlippedByteOfASnapshot(t *testing.T) {
	data := smallData(t)
	must(t, "snapshot", "take", data)
	infos, err := snapshot.List(vfs.OS(), pipeline.SnapshotDir(data))
	if err != nil || len(infos) == 0 {
		t.Fatalf("%v, %v", infos, err)
	}
	path := infos[0].Path
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for offset := range whole {
		if err := flip(path, offset, offset%8); err != nil {
			t.Fatal(err)
		}
		r := call("journal", "verify", data)
		var at, seq int
		_, place, _ := strings.Cut(r.stderr, path)
		if n, _ := fmt.Sscanf(place, ", offset %d, sequence %d:", &at, &seq); r.code != exitFailed || n != 2 || uint64(seq) != infos[0].Seq {
			t.Errorf("byte %d flipped: exit code %d, %q", offset, r.code, r.stderr)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	must(t, "journal", "verify", data)
}

// TestReadersChangeNothing runs every command that only reads and compares the
// directory, to the last time stamp, before and after.
func TestReadersChangeNothing(t *testing.T) {
	data := smallData(t)
	before, err := fingerprint(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"replay", data, "--print", "book,orders,balances,events,digest"},
		{"replay", data, "--check", "--json"},
		{"audit", data},
		{"journal", "ls", data},
		{"journal", "cat", data},
		{"journal", "verify", data},
		{"snapshot", "ls", data},
		{"snapshot", "verify", data},
	} {
		must(t, args...)
		after, err := fingerprint(data)
		if err != nil {
			t.Fatal(err)
		}
		if after != before {
			t.Fatalf("%v changed the data directory", args)
		}
	}
}

// TestJournalFormat keeps what version says true.
func TestJournalFormat(t *testing.T) {
	frames, err := readFrames(pipeline.JournalDir(smallData(t)))
	if err != nil {
		t.Fatal(err)
	}
	if got, told := int(frames[0].Format), newVersions().Journal; got != told {
		t.Errorf("package journal writes format %d, version says %d", got, told)
	}
}

// underway starts an ingest of rows in frames of one command, and returns it and
// its data directory when some are in the journal and most are not.
func underway(t *testing.T, rows int, stderr *bytes.Buffer) (*exec.Cmd, string) {
	t.Helper()
	dir := t.TempDir()
	file, data := filepath.Join(dir, "flow.csv"), filepath.Join(dir, "data")
	var b strings.Builder
	b.WriteString("time,command,id,side,price,quantity,tif,expect\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,limit,o%d,buy,1,1,GTC,\n", i, i)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "exchange", "ingest", file, "--accounts", "1", "--batch", "1", "--data", data)
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	segment := filepath.Join(pipeline.JournalDir(data), "00000000000000000001")
	for {
		info, err := os.Stat(segment)
		if err == nil && info.Size() > 20_000 { // some hundred frames
			return cmd, data
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) || ctx.Err() != nil {
			t.Fatalf("waiting for the journal: %v, %v", err, ctx.Err())
		}
		time.Sleep(time.Millisecond)
	}
}

// readBeside runs the commands that read on a directory that is being written.
func readBeside(t *testing.T, data string) {
	t.Helper()
	for _, command := range [][]string{{"replay"}, {"audit"}, {"journal", "verify"}, {"journal", "ls"}, {"snapshot", "ls"}} {
		must(t, append(command, data)...)
	}
}

const underwayRows = 400_000

// TestInterrupt reads what an ingest has written so far and interrupts it in its
// middle. It says so and ends with code 1; what was kept is whole and closed.
func TestInterrupt(t *testing.T) {
	var stderr bytes.Buffer
	cmd, data := underway(t, underwayRows, &stderr)
	readBeside(t, data)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != exitFailed {
		t.Fatalf("ended with %v, want exit code %d\n%s", err, exitFailed, &stderr)
	}
	report, err := journal.Verify(pipeline.JournalDir(data), nil)
	want := fmt.Sprintf("exchange: interrupted: the journal in %s ends with command %d; it is kept and whole, but ingest cannot continue it\n", data, report.LastSeq)
	if stderr.String() != want {
		t.Errorf("it says %q, want %q", &stderr, want)
	}
	if err != nil || !report.Clean || report.Commands == 0 || report.Commands >= underwayRows {
		t.Errorf("the journal: %d commands, clean %v, %v", report.Commands, report.Clean, err)
	}
	must(t, "audit", data)
}

// TestKilled kills an ingest in its middle. What it has left can be read as it
// is; taking a snapshot recovers it and closes it.
func TestKilled(t *testing.T) {
	var stderr bytes.Buffer
	cmd, data := underway(t, underwayRows, &stderr)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("it ended before it was killed")
	}
	readBeside(t, data)
	before := must(t, "replay", data)
	if got := call("snapshot", "take", data); got.code != exitOK || !strings.HasPrefix(got.stdout, "snapshot of command ") {
		t.Errorf("snapshot take: %+v", got) // it may warn of what it cut
	}
	if after := must(t, "replay", data, "--check"); !strings.HasPrefix(after, before) {
		t.Errorf("before the recovery\n%safter it\n%s", before, after)
	}
	must(t, "snapshot", "verify", data)
	report, err := journal.Verify(pipeline.JournalDir(data), nil)
	if err != nil || !report.Clean {
		t.Errorf("the journal: clean %v, %v", report.Clean, err)
	}
}
