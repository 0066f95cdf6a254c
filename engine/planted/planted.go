// Package planted names bugs that builds with a tag have, so that it can be shown
// that the tests find them. A build without such a tag has none: Bug is then the
// constant None, and the compiler drops what stands behind a comparison with another.
//
//	go test -tags planted_no_fsync ./journal      must fail
//	go run ./bench/planted                        tries all of them
package planted

// ID is one bug.
type ID uint8

// The bugs. The tag of each is planted_ and its name, in lower case with
// underscores.
const (
	None ID = iota

	// What is written is not made durable.
	NoFsync            // a sync returns without having been made
	FsyncErrorIgnored  // a sync that failed counts as one that did not
	AckBeforeFsync     // answers leave before their frame is durable
	PublishBeforeFsync // views show what is not durable yet
	NoDirFsync         // names of new and renamed files are not made durable
	SnapshotRenameFirst
	PruneBeforeVerify // old snapshots go before the new one was read back

	// What is read is believed.
	PayloadCRCIgnored
	HeaderCRCIgnored
	CutOnAnyDamage // damage is taken for a torn tail wherever it is
	ZerosAccepted  // a length of zero is taken for a record

	// The engine decides wrongly, or not always the same.
	RingOverwrites  // a full ring drops the oldest entry
	MapOrder        // orders are canceled in the order of a map
	WallClock       // the engine asks what time it is
	FloatFee        // a fee is computed with floating point
	NotionalWraps   // price × quantity wraps around
	NegativeBalance // a balance may fall below zero; sums stay right
	AmendLosesPlace // an amend that only takes off sends an order to the end of its queue
	SelfTrade       // an order trades with one of its own account
	CancelLost      // a cancel of a partly filled order is confirmed and not made
	NamesForgotten  // client order ids are not in the snapshot

	// The edge lets through what it must not, or hides it.
	ReplayAfterRestart // a request signed before the start is taken again
	GapHidden          // a stream's update ids are made to look contiguous
	QueueUnbounded     // a subscriber who does not read is kept for
	SignedAsParsed     // what was signed is put together again from the parameters
)
