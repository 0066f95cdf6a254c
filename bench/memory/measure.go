package memory

import (
	"context"
	"runtime"

	"github.com/seed-7d4c2414/exchange/bench/readme"
	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/engine"
)

const section = "memory"

// Measure adds what one of each takes. In the short form connections are fewer.
func Measure(ctx context.Context, r *result.Run, short bool) error {
	for _, k := range kinds() {
		if err := ctx.Err(); err != nil {
			return err //nolint:wrapcheck // whoever asks knows what was stopped
		}
		k.count(r)
	}
	n := 1000
	if short {
		n = 200
	}
	return measureConnections(ctx, r, n)
}

// A kind is a thing of which there are many, and how many bytes one may take.
type kind struct {
	name  string
	n     int             // that are made
	room  engine.Capacity // that the engine is asked for
	known engine.Capacity // of it, what is for what has to be there before
	make  func(m *market, n int)
	first func(m *market, n int) // what has to be there before; nil: nothing

	engine, views float64 // at most; 0: it is not counted there
}

func (k *kind) count(r *result.Run) {
	for _, in := range []struct {
		where  string
		views  bool
		atMost float64
	}{{"engine", false, k.engine}, {"views", true, k.views}} {
		if in.atMost == 0 {
			continue
		}
		bytes := k.held(in.views, true) - k.held(in.views, false)
		f := r.Count(section, k.name+", "+in.where, "bytes", float64(bytes)/float64(k.n), &result.Goal{AtMost: in.atMost})
		f.Note = "live heap of " + readme.Grouped(k.n)
	}
}

// held returns what the engine or the views hold, with all of the kind or only with
// what has to be there before.
func (k *kind) held(views, all bool) int64 {
	return live(func() any {
		room := k.known
		if all {
			room = k.room
		}
		m := newMarket(room, views)
		if k.first != nil {
			k.first(m, k.n)
		}
		if all {
			k.make(m, k.n)
		}
		if views {
			return m.views
		}
		return m.engine
	})
}

// live returns how much more is live on the heap with what build returns.
func live(build func() any) int64 {
	before := heap()
	kept := build()
	after := heap()
	runtime.KeepAlive(kept)
	return after - before
}

// heap returns what is live. The second collection frees what the first has found to
// be of pools.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
