package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"github.com/seed-7d4c2414/exchange/bench/core"
	"github.com/seed-7d4c2414/exchange/bench/counted"
	"github.com/seed-7d4c2414/exchange/bench/flash1run"
	"github.com/seed-7d4c2414/exchange/bench/latency"
	"github.com/seed-7d4c2414/exchange/bench/memory"
	"github.com/seed-7d4c2414/exchange/bench/recovery"
	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/bench/throughput"
)

// part is a package that measures.
type part struct {
	name    string
	counts  bool // not only times
	measure func(ctx context.Context, r *result.Run, short bool) error
}

// flash1 is the part that needs the harness of the public benchmark.
const flash1 = "flash1"

// parts are all but flash1, in the order in which they are measured: what needs the
// machine most comes first, before others have warmed it up.
func parts() []part {
	return []part{
		{"core", true, func(ctx context.Context, r *result.Run, short bool) error {
			if short {
				return core.Measure(ctx, r, core.Short)
			}
			return core.Measure(ctx, r, core.Long)
		}},
		{"throughput", false, throughput.Measure},
		{"latency", false, latency.Measure},
		{"recovery", false, func(ctx context.Context, r *result.Run, short bool) error {
			if short {
				return recovery.Measure(ctx, r, recovery.Short)
			}
			return recovery.Measure(ctx, r, recovery.Long)
		}},
		{"memory", true, memory.Measure},
		{"counted", true, func(ctx context.Context, r *result.Run, _ bool) error { return counted.Measure(ctx, r) }},
	}
}

func partNames() []string {
	names := []string{flash1}
	for _, p := range parts() {
		names = append(names, p.name)
	}
	return names
}

// wants reports whether a part is to be measured.
func (c *choices) wants(name string) bool { return len(c.only) == 0 || slices.Contains(c.only, name) }

// measure measures what was chosen.
func (c *choices) measure(ctx context.Context, r *result.Run, root string, log io.Writer) error {
	if c.wants(flash1) && !c.counted {
		if err := c.publicBenchmark(ctx, r, root, log); err != nil {
			return err
		}
	}
	for _, p := range parts() {
		if !c.wants(p.name) || c.counted && !p.counts {
			continue
		}
		say(log, "%s", p.name)
		start := time.Now()
		if err := p.measure(ctx, r, c.short); err != nil {
			return fmt.Errorf("measure %s: %w", p.name, err)
		}
		say(log, "%s took %d s", p.name, int(time.Since(start).Seconds()))
		debug.FreeOSMemory() // what one has used is none of the next one's business
	}
	if c.counted {
		r.Figures = slices.DeleteFunc(r.Figures, func(f result.Figure) bool { return !f.Counted && !f.IsMissing() })
		r.Curves = nil
	}
	return nil
}

// publicBenchmark runs the harness, or takes what it has shown before.
func (c *choices) publicBenchmark(ctx context.Context, r *result.Run, root string, log io.Writer) error {
	if h := &c.harness; h.path != "" {
		say(log, "%s", flash1)
		if err := flash1run.Measure(ctx, r, h.path, h.engines, h.ours, h.runs); err != nil {
			return fmt.Errorf("measure %s: %w", flash1, err)
		}
		return nil
	}
	kept := filepath.Join(root, "bench", "results", "flash1.json")
	before, err := result.Read(kept)
	if errors.Is(err, fs.ErrNotExist) {
		say(log, "there are no figures of the public benchmark: %s is not there", kept)
		return nil
	}
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	for _, f := range before.Figures {
		f.Note = joined(f.Note, fmt.Sprintf("of commit %s, %s, %s", before.Commit, before.Began, before.Machine.CPU))
		r.Figures = append(r.Figures, f)
	}
	return nil
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
