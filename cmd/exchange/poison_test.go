package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-7d4c2414/exchange/cmd/exchange/client"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
)

// lastOrder returns the last order in a journal, as its command.
func lastOrder(t *testing.T, dir string) msg.Command {
	t.Helper()
	past, err := pipeline.OpenPast(pipeline.PastOptions{Dir: dir, Genesis: true})
	if err != nil {
		t.Fatal(err)
	}
	defer past.Close() //nolint:errcheck // it was only read
	var last msg.Command
	for {
		c, _, err := past.Next()
		if errors.Is(err, io.EOF) {
			return last
		}
		if err == nil && c.Kind == msg.Place {
			last = *c
		}
		if err == nil {
			err = past.Fold()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// recordCrashes writes that a command has crashed a build, so many times.
func recordCrashes(t *testing.T, dir string, c *pipeline.Crash, times int) {
	t.Helper()
	line, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(pipeline.CrashFile(dir), []byte(strings.Repeat(string(line)+"\n", times)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// refusedStart starts serve, which has to end by itself, and returns what it said.
func refusedStart(t *testing.T, dir string, flags ...string) string {
	t.Helper()
	cmd := process(t, append([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, flags...)...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("serve: %v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// TestServeRefusesPoison starts an exchange for which DIR/crash says that a command has
// crashed this build. Once is no reason not to start; twice is, and serve says which
// command it was and what can be done: to have it refused, which it then is, by its
// hash, whatever its client calls it. Another build's crashes do not count. What has
// crashed it out of the journal cannot be refused.
//
// The records are made here, since the program has no command that crashes it; that
// they are made as they should be is shown where they are.
func TestServeRefusesPoison(t *testing.T) {
	dir := t.TempDir()
	v := openVenue(t, dir)
	v.must("PATCH", "/x/v1/symbols/BTCUSDT", `{"filters":[]}`)
	_, key := v.customer(holding{"USDT", "1000"})
	order := func(v *venue, quantity, name string) error {
		_, err := (&client.Account{Via: v.client, Key: key}).Place(t.Context(), &client.NewOrder{
			Symbol: "BTCUSDT", Side: "BUY", Type: "LIMIT", TimeInForce: "GTC", Quantity: quantity, Price: "10", ClientID: name,
		})
		return err
	}
	if err := order(v, "2", "one"); err != nil {
		t.Fatal(err)
	}
	seq, _, journal := v.status()
	v.end()

	c := lastOrder(t, dir)
	crash := pipeline.Crash{
		Stage: "execute", Journal: journal, Build: buildName()(), Seq: msg.Seq(seq + 1), Kind: "place", Hash: pipeline.HashOf(&c), Panic: "a rule does not hold",
	}
	recordCrashes(t, dir, &crash, 1)
	v = openVenue(t, dir)
	v.end()
	recordCrashes(t, dir, &crash, 2)
	said := refusedStart(t, dir)
	for _, want := range []string{
		fmt.Sprintf("command %d crashes this build", seq+1), string(crash.Hash), crash.Build, "a rule does not hold", pipeline.CrashFile(dir), "--bar-command " + string(crash.Hash),
	} {
		if !strings.Contains(said, want) {
			t.Errorf("serve does not say %q: %s", want, said)
		}
	}
	if said := refusedStart(t, dir, "--bar-command", strings.Repeat("0", 32)); !strings.Contains(said, "records no crash of it") {
		t.Errorf("a hash of nothing: %s", said)
	}

	v = openVenue(t, dir, "--bar-command", string(crash.Hash))
	err := order(v, "2", "another")
	if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != 400 || e.Code != -1020 {
		t.Errorf("the barred order: %v", err)
	}
	if err := order(v, "3", "third"); err != nil {
		t.Errorf("another order: %v", err)
	}
	v.end()
	if b, err := os.ReadFile(pipeline.CrashFile(dir)); err != nil || strings.Count(string(b), `"stage":"barred"`) != 1 {
		t.Errorf("what was barred is not recorded once: %s, %v", b, err)
	}

	crash.Build = "another build"
	recordCrashes(t, dir, &crash, 2)
	openVenue(t, dir).end()

	crash.Build, crash.Stage, crash.Seq = buildName()(), "recover", msg.Seq(seq)
	recordCrashes(t, dir, &crash, 2)
	if said := refusedStart(t, dir); !strings.Contains(said, "it is in the journal") || strings.Contains(said, "--bar-command") || !strings.Contains(said, "Run another build") {
		t.Errorf("a command in the journal: %s", said)
	}
	if said := refusedStart(t, dir, "--bar-command", string(crash.Hash)); !strings.Contains(said, "cannot be left out") {
		t.Errorf("a command in the journal, barred: %s", said)
	}
	if err := os.Remove(pipeline.CrashFile(dir)); err != nil {
		t.Fatal(err)
	}
	s := serve(t, dir)
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("after the record was taken away: %d, %s", code, s.complaints())
	}
}

// TestReserveFlag reads and writes sizes.
func TestReserveFlag(t *testing.T) {
	var v int64
	f := sizeFlag{&v, 4 << 20}
	for text, want := range map[string]string{
		"64MiB": "64MiB", "4MiB": "4MiB", "1GiB": "1GiB", "1024MiB": "1GiB", "8192KiB": "8MiB", "5000000": "5000000", "none": "none",
	} {
		if err := f.Set(text); err != nil || f.String() != want {
			t.Errorf("%s reads as %s, %v, want %s", text, f, err, want)
		}
	}
	for _, text := range []string{"", "0", "1MiB", "-64MiB", "64 MiB", "64MB", "64mib", "MiB", "99999999999GiB", "9223372036854775807KiB"} {
		if err := f.Set(text); err == nil {
			t.Errorf("%q reads as %s", text, f)
		}
	}
}
