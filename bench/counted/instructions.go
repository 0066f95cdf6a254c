package counted

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/bench/readme"
	"github.com/seed-7d4c2414/exchange/bench/result"
)

// looped is how many commands are run under callgrind, fifty times slower than alone.
const looped = 100_000

// instructions counts those of a command, over so many, if callgrind is here.
func instructions(ctx context.Context, r *result.Run, looped int) error {
	valgrind, err := exec.LookPath("valgrind")
	if err != nil {
		for _, flow := range looping() {
			for _, p := range parts() {
				r.Missing(section, p.name+", "+flow, unit, "Valgrind is not on this machine", nil)
			}
		}
		return nil //nolint:nilerr // it was told
	}
	loop, remove, err := build(ctx)
	if err != nil {
		return err
	}
	defer remove()
	for _, flow := range looping() {
		before, err := grind(ctx, valgrind, loop, "flow", flow, looped) // what all the others do too
		if err != nil {
			return err
		}
		for _, p := range parts() {
			n, err := grind(ctx, valgrind, loop, p.mode, flow, looped)
			if err != nil {
				return err
			}
			f := r.Count(section, p.name+", "+flow, unit, (n-before)/float64(looped), nil)
			f.Note = "callgrind, " + readme.Grouped(looped) + " commands"
			before = n
		}
	}
	return nil
}

const unit = "instructions"

// looping are the flows that the loop knows.
func looping() []string { return []string{"shaped", "std"} }

// part is one whose instructions are counted; each mode of the loop does what those
// before it do.
type part struct{ mode, name string }

func parts() []part {
	return []part{
		{"engine", "executing a command"},
		{"encoded", "encoding a command"},
		{"folded", "folding a command into the views"},
	}
}

// build builds the loop, and returns what removes it again.
func build(ctx context.Context) (loop string, remove func(), err error) {
	root, err := readme.Root(ctx)
	if err != nil {
		return "", nil, err //nolint:wrapcheck // it says what it did
	}
	dir, err := os.MkdirTemp("", "counted")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) } // it is temporary
	loop = filepath.Join(dir, "loop")
	b := exec.CommandContext(ctx, "go", "build", "-o", loop, "./bench/counted/loop")
	b.Dir = root
	if said, err := b.CombinedOutput(); err != nil {
		remove()
		return "", nil, fmt.Errorf("build the loop: %w: %s", err, said)
	}
	return loop, remove, nil
}

// grind returns how many instructions a run of the loop is.
func grind(ctx context.Context, valgrind, loop, mode, flow string, looped int) (float64, error) {
	run := exec.CommandContext(ctx, valgrind, "--tool=callgrind", "--callgrind-out-file="+os.DevNull, loop, mode, flow, strconv.Itoa(looped))
	// The scheduler and the collector would add instructions of their own.
	run.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=off", "GODEBUG=asyncpreemptoff=1")
	said, err := run.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("run the loop under callgrind: %w: %s", err, said)
	}
	return collected(string(said))
}

// collected reads what callgrind says at its end.
func collected(said string) (float64, error) {
	_, rest, _ := strings.Cut(said, "Collected :")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, errors.New("callgrind does not say how many instructions it has collected")
	}
	n, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return 0, fmt.Errorf("read what callgrind has collected: %w", err)
	}
	return n, nil
}
