// Package journal keeps numbered frames of opaque bytes on disk. What was synced is there after a crash, unchanged, or the next
// opening says what is wrong and where.
//
// A frame is one batch of the layer above: its payload, the sequence numbers it covers, and a digest of the state after it.
// Frames form one chain from the first to the last: each carries the hash of the frame before it. They lie in segment files
// that tidwall/wal writes; what that library does not do is done here, around it:
//
//   - every byte is under a checksum that is verified before the byte is believed, and before anything is decompressed;
//   - a tail that a crash tore is cut before the segments are opened, and the original kept; frames that a later header, POSITION
//     or the caller says were synced are never cut, so with one frame for each sync it is the last one at most;
//   - the file POSITION remembers where the journal has to reach, so that a missing end is noticed;
//   - the first error of a write or a sync is final;
//   - one writer at a time, in this process or any other; any number of readers beside it.
//
// [Open] returns the [Writer], [OpenReader] a [Reader]. [Verify] reads everything and believes nothing. FORMAT.md describes
// every byte and the rule of recovery, which is the table in recover.go.
//
// The journal knows bytes and no meaning: commands, events and accounts are unknown here.
package journal
