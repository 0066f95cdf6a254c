package counted

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/engine"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// allocations counts those of what a command meets beside the engine's decision.
func allocations(r *result.Run, flow, note string, x *executed) error {
	frames := x.frames()
	decoding := error(nil)
	for _, part := range []struct {
		name string
		warm func() (run func())
	}{
		{"encoding", x.encoding},
		{"decoding", func() func() {
			return func() { decoding = x.decode(frames) }
		}},
		{"folding into the engine", func() func() { return x.folding(engine.New(engine.Capacity{}).Apply) }},
		{"folding into the views", func() func() { return x.folding(marketview.New(marketview.Limits{}).Apply) }},
	} {
		n := math.Inf(1)
		for range 3 { // the runtime allocates now and then as well
			n = min(n, count(part.warm()))
		}
		if decoding != nil {
			return decoding
		}
		r.Count(section, part.name+" of 1,000 commands, "+flow, "allocations", n*1000/commands, nil).Note = note
	}
	return nil
}

// count returns how often something allocates.
func count(run func()) float64 {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection allocates too
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs - before.Mallocs)
}

// encoding returns what encodes all that is counted into memory that is there.
func (x *executed) encoding() func() {
	var e msg.Encoder
	buffer := make([]byte, 0, 64*frameCommands)
	run := func() {
		for i := range commands {
			c, events := x.transaction(x.counted + i)
			if i%frameCommands == 0 {
				e.Reset(c.Seq, c.Time)
				buffer = buffer[:0]
			}
			buffer = e.Append(buffer, c, events)
		}
	}
	run()
	return run
}

// decode decodes frames.
func (x *executed) decode(frames [][]byte) error {
	var d msg.Decoder
	var c msg.Command
	events := make([]msg.Event, 0, 1024)
	for i, f := range frames {
		first := &x.commands[x.counted+i*frameCommands]
		for d.Reset(f, first.Seq, first.Time); d.More(); {
			var err error
			if events, err = d.Next(&c, events[:0]); err != nil {
				return fmt.Errorf("decode what was encoded: %w", err)
			}
		}
	}
	return nil
}

// folding folds what comes before what is counted, and returns what folds that.
func (x *executed) folding(apply func(*msg.Command, []msg.Event)) func() {
	for i := range x.counted {
		apply(x.transaction(i))
	}
	return func() {
		for i := x.counted; i < len(x.commands); i++ {
			apply(x.transaction(i))
		}
	}
}
