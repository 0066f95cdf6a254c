package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGenerate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "std.bin")
	var out, failed strings.Builder
	if code := run([]string{"-workload", "std", "-o", path}, &out, &failed); code != 0 {
		t.Fatalf("exit %d: %s", code, failed.String())
	}
	if want := "digest 66d8a7ece1e50b0a"; !strings.Contains(out.String(), want) {
		t.Errorf("said %q, want %s in it", out.String(), want)
	}
	const want = 96 + 24*2_005_000
	if info, err := os.Stat(path); err != nil || info.Size() != want {
		t.Errorf("wrote %v, %v; want %d bytes", info, err, want)
	}
}

func TestRefuses(t *testing.T) {
	for _, args := range [][]string{{}, {"-workload", "nothing", "-o", "x"}, {"-nothing"}, {"-o", filepath.Join(t.TempDir(), "no", "such")}} {
		var out, failed strings.Builder
		if code := run(args, &out, &failed); code == 0 || failed.Len() == 0 {
			t.Errorf("%q: exit %d and said %q", args, code, failed.String())
		}
	}
}
