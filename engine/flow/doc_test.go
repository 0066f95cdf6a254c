package flow_test

import (
	"os"
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/flow"
)

// quoted returns the indented lines of the package comment from the one that
// starts so.
func quoted(t *testing.T, start string) string {
	t.Helper()
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(source), "//\t"+start)
	if !ok {
		t.Fatalf("doc.go has no example that starts with %s", start)
	}
	example, _, _ := strings.Cut(rest, "\n//\n")
	return start + strings.ReplaceAll(example, "\n//\t", "\n") + "\n"
}

// The files in the package comment are what happens.
func TestDocExample(t *testing.T) {
	f := mustRead(t, quoted(t, "time,command"))
	got := newRun(t, f, flow.Config{}, mustReadBooks(t, quoted(t, "after,")), false).all()
	if !got.OK() || got.Commands != 8 || got.BooksChecked != 1 || got.Rejects != 0 {
		t.Errorf("%d commands, %d books, %d refused, first mismatch %v, want 8, 1 and none",
			got.Commands, got.BooksChecked, got.Rejects, got.FirstMismatch)
	}
}
