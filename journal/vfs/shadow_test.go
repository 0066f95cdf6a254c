package vfs

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAllowsWhatCrashCloneLeaves makes random changes, and has Allows judge what CrashClone leaves: all of it is legal at that
// moment, and most of it is none of the outcomes once everything was synced.
func TestAllowsWhatCrashCloneLeaves(t *testing.T) {
	later := 0
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 2))
		m := NewMem()
		must(t, m.MkdirAll("d/e", 0o755))
		for range 5 + rng.IntN(20) {
			randomChange(t, rng, m, "d")
		}
		left, err := ReadTree(m.CrashClone(rng), "/")
		must(t, err)
		if err := m.Allows(left); err != nil {
			t.Fatalf("seed %d: an outcome is not allowed: %v", seed, err)
		}
		all, err := ReadTree(m, "/")
		must(t, err)
		for _, dir := range []string{"/", "d", "d/e"} {
			must(t, m.SyncDir(dir))
		}
		for name := range all {
			if !strings.HasSuffix(name, "/") {
				f, err := m.OpenFile(name, os.O_RDWR, 0)
				must(t, err)
				must(t, f.Sync())
			}
		}
		if err := m.Allows(all); err != nil {
			t.Fatalf("seed %d: what was synced is not allowed: %v", seed, err)
		}
		if !maps.EqualFunc(left, all, slices.Equal[[]byte]) {
			later++
			if m.Allows(left) == nil {
				t.Fatalf("seed %d: less than what was synced is allowed", seed)
			}
		}
	}
	if later < 30 {
		t.Errorf("only %d outcomes had lost something", later)
	}
}

// randomChange makes one change in a directory.
func randomChange(t *testing.T, rng *rand.Rand, fsys FS, dir string) {
	t.Helper()
	if rng.IntN(3) == 0 {
		dir = filepath.Join(dir, "e")
	}
	one := func() string { return filepath.Join(dir, string(rune('p'+rng.IntN(3)))) }
	name := one()
	_, missing := fsys.Stat(name)
	switch k := rng.IntN(10); {
	case k == 0:
		must(t, fsys.SyncDir(dir))
	case k == 1 && missing == nil:
		must(t, fsys.Remove(name))
	case k == 2 && missing == nil:
		must(t, fsys.Rename(name, one()))
	case k == 3 && missing == nil:
		f, err := fsys.OpenFile(name, os.O_RDWR, 0)
		must(t, err)
		must(t, f.Truncate(int64(rng.IntN(1500))))
		must(t, f.Close())
	default:
		f, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE|[]int{0, os.O_APPEND, os.O_TRUNC}[rng.IntN(3)], 0o644)
		must(t, err)
		_, err = f.Write([]byte(strings.Repeat(string(rune('a'+rng.IntN(26))), rng.IntN(1500))))
		must(t, err)
		if rng.IntN(3) == 0 {
			must(t, f.Sync())
		}
		must(t, f.Close())
	}
}

// TestAllowsRefuses changes outcomes a little: a bit, a length, a name.
func TestAllowsRefuses(t *testing.T) {
	m, f := sectorFile(t, "ab")
	puts(t, f, full("c"))
	must(t, m.MkdirAll("d", 0o755))
	legal := func() map[string][]byte { return map[string][]byte{"f": []byte(full("ab"))} }
	must(t, m.Allows(legal()))
	for what, change := range map[string]func(map[string][]byte){
		"a flipped bit":             func(tree map[string][]byte) { tree["f"][700] ^= 1 },
		"half a sector of each":     func(tree map[string][]byte) { copy(tree["f"], full("c")[:256]) },
		"a file too short":          func(tree map[string][]byte) { tree["f"] = tree["f"][:1000] },
		"a file too long":           func(tree map[string][]byte) { tree["f"] = append(tree["f"], 0) },
		"no file":                   func(tree map[string][]byte) { delete(tree, "f") },
		"a file too many":           func(tree map[string][]byte) { tree["g"] = nil },
		"a file in place of d":      func(tree map[string][]byte) { tree["d"] = nil },
		"a directory in place of f": func(tree map[string][]byte) { delete(tree, "f"); tree["f/"] = nil },
		"a file in d":               func(tree map[string][]byte) { tree["d/"] = nil; tree["d/x"] = nil },
	} {
		tree := legal()
		change(tree)
		if m.Allows(tree) == nil {
			t.Errorf("%s is allowed", what)
		}
	}
}

// TestShadow makes the same random changes on the operating system and in the model: they agree at the end of each.
func TestShadow(t *testing.T) {
	root := t.TempDir()
	must(t, os.MkdirAll(filepath.Join(root, "d", "e"), 0o755))
	must(t, os.WriteFile(filepath.Join(root, "d", "p"), []byte("was there"), 0o600))
	var last Event
	events := 0
	s, err := NewShadow(OS(), root, func(e Event) {
		if e.Begins == last.Begins && events > 0 || !e.Begins && (e.Op != last.Op) {
			t.Errorf("%+v follows %+v", e, last)
		}
		last = e
		events++
	})
	must(t, err)
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range 100 {
		randomChange(t, rng, s, filepath.Join(root, "d"))
		want, err := ReadTree(OS(), root)
		must(t, err)
		got, err := ReadTree(last.Mem, "/")
		if events > 0 {
			must(t, err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("after change %d, %+v: model (-real +model):\n%s", i, last.Op, diff)
			}
		}
	}
	must(t, s.MkdirAll(filepath.Join(root, "z"), 0o755))
	must(t, s.SyncDir(filepath.Dir(root))) // not below the root: passed on, and not told
	if events < 200 || last.Op.Kind != "mkdir" {
		t.Errorf("%d events, the last is %+v", events, last.Op)
	}
	if _, err := s.OpenFile(filepath.Join(root, "nowhere", "x"), os.O_RDONLY, 0); !os.IsNotExist(err) {
		t.Errorf("open of what is not there: %v", err)
	}
	f, err := s.OpenFile(filepath.Join(root, "d", "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	must(t, err)
	must(t, f.(Locker).TryLock())
	if _, err := fmt.Fprint(f, "12345"); err != nil {
		t.Fatal(err)
	}
	must(t, f.Close())
}
