package flash1run

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	"github.com/seed-7d4c2414/exchange/bench/result"
)

const section = "public benchmark"

// workloads are the five of the benchmark. An engine is worth what it does at the
// worst of them.
func workloads() []string { return []string{"normal", "static", "swing-25", "swing-40", "flash-crash"} }

// What the best are to be exceeded by. The last is by how much the fastest closed
// engine, of the benchmark's publisher, exceeds the best open one on their machine.
const (
	overOpen   = 3
	overGo     = 10
	closedLead = 4.05
)

// entry is a library that runs.
type entry struct {
	name    string
	library string
	isGo    bool
	speeds  map[string][]float64 // by workload: messages a second
	valid   int
}

// Measure lets the harness run each workload so often with every engine, all in turns,
// and adds the figures. engines are the libraries of others by name; which of them
// are written in Go is read from them. A report of ours that is wrong ends it with an
// error; so does one of another's.
func Measure(ctx context.Context, r *result.Run, harness string, engines map[string]string, ours string, runs int) error {
	us := entry{name: "this engine", library: ours, speeds: map[string][]float64{}}
	all := []*entry{&us}
	for _, name := range slices.Sorted(maps.Keys(engines)) {
		e := &entry{name: name, library: engines[name], speeds: map[string][]float64{}}
		_, err := buildinfo.ReadFile(e.library)
		e.isGo = err == nil
		all = append(all, e)
	}
	for range runs {
		for _, workload := range workloads() {
			for _, e := range all {
				if err := e.run(ctx, harness, workload); err != nil {
					return fmt.Errorf("run %s on %s: %w", e.name, workload, err)
				}
			}
		}
	}
	add(r, &us, all[1:], runs)
	return nil
}

// run lets the harness run a workload once. It works in the harness's folder, where
// the harness looks for all it needs.
func (e *entry) run(ctx context.Context, harness, workload string) error {
	harness, err := filepath.Abs(harness)
	if err != nil {
		return fmt.Errorf("find the harness: %w", err)
	}
	library, err := filepath.Abs(e.library)
	if err != nil {
		return fmt.Errorf("find the library: %w", err)
	}
	args := []string{"--engine", library, "--scenario", workload, "--mode", "perf"}
	if c := runtime.NumCPU(); c < 4 { // the harness wants cores 2 and 3
		args = append(args, "--matcher-core", "0", "--drainer-core", strconv.Itoa(c-1))
	}
	cmd := exec.CommandContext(ctx, harness, args...) //nolint:gosec // the caller chose the program
	cmd.Dir = filepath.Dir(harness)
	out, failed := cmd.Output() // it fails, too, when its verdict is invalid
	o, err := parse(string(out))
	if err != nil {
		if failed != nil {
			return fmt.Errorf("harness: %w", failed)
		}
		return err
	}
	if !o.correct {
		return errWrong
	}
	if o.valid {
		e.valid++
	}
	e.speeds[workload] = append(e.speeds[workload], o.speed)
	return nil
}

// worst returns the workload with the lowest median.
func (e *entry) worst() (workload string, median float64) {
	for _, w := range workloads() {
		if m := result.Median(e.speeds[w]); workload == "" || m < median {
			workload, median = w, m
		}
	}
	return workload, median
}

// best returns the engine that is fastest at its worst workload, of all or of those
// in Go, or nil.
func best(all []*entry, onlyGo bool) (b *entry) {
	most := 0.0
	for _, e := range all {
		if _, m := e.worst(); m > most && (e.isGo || !onlyGo) {
			b, most = e, m
		}
	}
	return b
}

// add adds the figures of all engines, each at its worst workload, and those of ours
// at each, and holds ours against the best of the others.
func add(r *result.Run, us *entry, others []*entry, runs int) {
	const unit = "messages/s"
	for _, w := range workloads() {
		r.Time(section, w, unit, us.speeds[w], nil)
	}
	atWorst := func(e *entry, name string, goal *result.Goal) {
		w, _ := e.worst()
		r.Time(section, name, unit, e.speeds[w], goal).Note = "its worst workload is " + w
	}
	name := func(e *entry) string { return "worst of five, " + e.name }
	for _, e := range others {
		atWorst(e, name(e), nil)
	}
	for _, held := range []struct {
		name    string
		goal    float64
		against *entry
	}{
		{"worst of five beside the best open engine", overOpen, best(others, false)},
		{"worst of five beside the best Go engine", overGo, best(others, true)},
		{"worst of five, by what the closed engine leads", closedLead, best(others, false)},
	} {
		goal := &result.Goal{AtLeast: held.goal}
		if held.against == nil {
			r.Missing(section, held.name, unit, "no such engine was there", goal)
			continue
		}
		goal.Beside = name(held.against)
		atWorst(us, held.name, goal)
	}
	all := float64(len(workloads()) * runs)
	r.Count(section, "valid runs of the five workloads", "runs", float64(us.valid), &result.Goal{AtLeast: all})
}
