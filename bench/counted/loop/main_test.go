package main

import "testing"

// Each mode executes the same commands.
func TestModes(t *testing.T) {
	const n = 1000
	for _, name := range []string{"shaped", "std"} {
		load, err := flow(name, n)
		if err != nil {
			t.Fatal(err)
		}
		setup := newLoop(load)
		start := setup.engine.Seq()
		var digest uint64
		for parts := range folds + 1 {
			l := newLoop(load)
			l.run(load, load.Prefill, n, parts)
			if done := int(l.engine.Seq() - start); parts == 0 && done != 0 || parts >= executes && done != n {
				t.Errorf("%s, %d parts: %d commands were executed", name, parts, done)
			}
			if folded := int(l.views.Seq() - start); parts < folds && folded != 0 || parts == folds && folded != n {
				t.Errorf("%s, %d parts: %d commands were folded", name, parts, folded)
			}
			if parts == executes {
				digest = l.engine.Digest()
			}
			if parts > executes && l.engine.Digest() != digest {
				t.Errorf("%s, %d parts: digest %x, want %x", name, parts, l.engine.Digest(), digest)
			}
		}
	}
}

func TestArguments(t *testing.T) {
	for _, args := range [][]string{nil, {"engine", "std"}, {"all", "std", "1"}, {"engine", "none", "1"}, {"engine", "std", "x"}} {
		if err := run(args); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
