package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The README lists the clients that were run against the exchange. Each test of a
// client holds its row against what it has just run; with EXCHANGE_WRITE_CLIENTS=1
// it writes the row.

// The table stands between these lines.
const (
	clientsBegin = "<!-- clients: EXCHANGE_WRITE_CLIENTS=1 go test ./cmd/exchange -run 'CCXT|GoBinance|Spot|Python|Freqtrade' writes this table -->"
	clientsEnd   = "<!-- end of clients -->"
	clientsHead  = "| client | version | what was run | checks | result |\n|---|---|---|--:|---|\n"
)

// tableRow is what was run of a client. All of it is the same in the short and the
// long form.
type tableRow struct {
	client  string // the first column, by which a row is found: "ccxt REST"
	version string
	run     string
	checks  int
	result  string
}

func (r *tableRow) String() string {
	return fmt.Sprintf("| %s | %s | %s | %d | %s |\n", r.client, r.version, r.run, r.checks, r.result)
}

// row returns the row of a script, all of whose checks have to be ok.
func (r *foreignReport) row(client, run string) *tableRow {
	return &tableRow{client, r.Version, run, len(r.checks), "all pass"}
}

// clientRow holds the README's row of a client against what has just been run, or
// writes it. Tests that have failed have no row.
func clientRow(t *testing.T, row *tableRow) {
	t.Helper()
	if t.Failed() {
		return
	}
	if err := keepRow(filepath.Join(root, "README.md"), row, os.Getenv("EXCHANGE_WRITE_CLIENTS") != ""); err != nil {
		t.Errorf("README.md: %v", err)
	}
}

// keepRow compares or writes a row of the table in a file. Several processes may do
// that at a time.
func keepRow(file string, row *tableRow, write bool) (err error) {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }() // which also gives the lock back
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(text, []byte(clientsBegin+"\n"))
	table, after, ended := bytes.Cut(rest, []byte(clientsEnd+"\n"))
	if !found || !ended {
		return fmt.Errorf("there is no table between %q and %q", clientsBegin, clientsEnd)
	}
	got, renewed := replaceRow(string(table), row)
	switch {
	case got == row.String():
		return nil
	case !write:
		return fmt.Errorf("the row of %s differs from what was run; EXCHANGE_WRITE_CLIENTS=1 writes it:\n got %swant %s", row.client, got, row)
	}
	all := fmt.Appendf(nil, "%s%s\n%s%s\n%s", before, clientsBegin, renewed, clientsEnd, after)
	if _, err := f.WriteAt(all, 0); err != nil {
		return err
	}
	return f.Truncate(int64(len(all)))
}

// replaceRow returns the row of a client in a table, and the table with another one
// in its place. A new row comes last.
func replaceRow(table string, row *tableRow) (got, renewed string) {
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "| "+row.client+" |") {
			return line, strings.Replace(table, line, row.String(), 1)
		}
	}
	if table == "" {
		table = clientsHead
	}
	return "(none)\n", table + row.String()
}

// TestClientRow writes rows into a table and compares them.
func TestClientRow(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	begin, end := "before\n"+clientsBegin+"\n", clientsEnd+"\nafter\n"
	if err := os.WriteFile(file, []byte(begin+end), 0o600); err != nil {
		t.Fatal(err)
	}
	a, b := &tableRow{"a", "1.0", "everything, and more", 7, "all pass"}, &tableRow{"b", "2", "a part", 2, "all pass"}
	shorter := &tableRow{"a", "1.1", "everything", 7, "all pass"}
	for _, step := range []struct {
		row   *tableRow
		write bool
		fails string
		want  string
	}{
		{a, false, "the row of a differs", ""},
		{a, true, "", clientsHead + a.String()},
		{b, true, "", clientsHead + a.String() + b.String()},
		{shorter, false, "want | a | 1.1 | everything | 7 | all pass |", clientsHead + a.String() + b.String()},
		{shorter, true, "", clientsHead + shorter.String() + b.String()},
		{shorter, false, "", clientsHead + shorter.String() + b.String()},
	} {
		err := keepRow(file, step.row, step.write)
		if step.fails == "" && err != nil || step.fails != "" && (err == nil || !strings.Contains(err.Error(), step.fails)) {
			t.Errorf("%swrite %v: %v, want %q", step.row, step.write, err, step.fails)
		}
		text, err := os.ReadFile(file)
		if err != nil || string(text) != begin+step.want+end {
			t.Errorf("%swrite %v: %v, the file is\n%s", step.row, step.write, err, text)
		}
	}
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keepRow(file, a, true); err == nil {
		t.Error("a row was written where there is no table")
	}
}
