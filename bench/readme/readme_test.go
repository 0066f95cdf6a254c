package readme

import (
	"os"
	"path/filepath"
	"testing"
)

// The table takes the place of the one that was there, and of nothing else.
func TestPut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(path, []byte("before\n<!-- a -->\nold\n<!-- b -->\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Put(path, "<!-- a -->", "<!-- b -->", "| new |\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "before\n<!-- a -->\n| new |\n<!-- b -->\nafter\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A text without the marks is refused.
func TestNoMarks(t *testing.T) {
	for _, text := range []string{"", "a\n", "b\na\n", "a"} {
		if got, err := Replace([]byte(text), "a", "b", "new\n"); err == nil {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", -999: "-999"} {
		if got := Grouped(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
