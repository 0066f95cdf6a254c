// Package pipeline is the one loop of the exchange: ring, engine, journal,
// views, answers.
//
//	Do, Put ──► ring ──► engine goroutine ──► journal goroutine ──► publisher goroutine
//	                     stamp, Execute,      append, sync          fold into views,
//	                     encode               (commit)              answer, recycle
//
// The batch is the unit of flow. The engine executes whatever waits in the ring
// into the open batch. While the journal syncs one batch the next one grows, so
// each sync is of one frame with all that has come in the meantime. Batches are
// few and recycled: when none is free the engine waits, the ring fills, and
// callers are told ErrBusy. So memory is bounded everywhere and nobody waits in
// order to batch.
//
// Waking a goroutine takes longer than a few commands do. So whoever puts something
// into the ring while the engine sleeps executes it, and a small batch is published by
// the journal's goroutine, each in the place of the goroutine that is drawn above.
//
// # Durable before visible
//
// Nothing about an event leaves before its frame is synced: no answer, no view,
// no call of Publish. That order is written in commit and nowhere else.
// SyncInterval and SyncNever give it up for speed, knowingly: they publish after
// the write, and a crash may take the tail.
//
// # The end
//
// The first error of the journal, and a command that panics, are final: Done is
// closed, Err says why, and nothing more is journalled; only what was durable by
// then may still be answered. A command that panics is recorded in the file crash of
// the data directory, with its batch before it: when one build has crashed twice for
// a command, Start refuses with a *PoisonError that names it, whatever the command
// had come to. Nothing is skipped unless Options.Barred says so. Stop refuses
// new commands, finishes those that were taken, syncs, takes a snapshot and
// closes.
//
// # A disk that fills up
//
// With Options.Storage the disk is watched, and a reserve of it is taken in advance.
// When room gets scarce new orders are refused with ErrStorage before they are
// sequenced, while cancels go on; see Storage. It is decided where commands come in
// and where frames leave, so the engine knows nothing of it, and no journal tells it.
//
// Past reads the same directory without running anything: the state at any
// sequence, the transactions from there on, and whether they follow from their
// commands.
package pipeline
