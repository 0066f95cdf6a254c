// Package throughput measures how many commands a second the whole pipeline takes in
// process: ring, engine, journal with a sync of each frame, all views.
//
// In each round the same commands go first through the pipeline, then through its
// stages one at a time, each of which does its work on a batch while everything else
// stands still. A stage is what one goroutine of the pipeline does:
//
//	ring     a producer puts, another goroutine takes
//	engine   executes, asks for the digest, encodes
//	journal  compresses, writes, syncs
//	views    folds
//
// The stages alone have an engine of their own, to whose events and digest the
// pipeline must have come when the round ends.
//
// The flow goes on from round to round, as it does in an exchange that has been
// running for a while; the first round is not kept. Commands come as fast as there is
// room in the ring for them.
package throughput
