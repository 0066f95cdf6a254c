package main

// A bug is one of package engine/planted, and the test that finds it.
type bug struct {
	Name   string `json:"bug"` // the build tag is planted_ and this
	Does   string `json:"does"`
	Folder string `json:"package"` // from the root of the module
	Test   string `json:"test"`
}

// bugs returns all of them, in the order of their numbers.
func bugs() []bug {
	const (
		simulated = "TestPromiseSimulation"
		pipeline  = "engine/pipeline"
	)
	return []bug{
		{"no_fsync", "a sync returns without having been made", pipeline, simulated},
		{"fsync_error_ignored", "a sync that failed counts as one that did not", pipeline, "TestPromiseSimulationErrors"},
		{"ack_before_fsync", "answers leave before their frame is durable", pipeline, simulated},
		{"publish_before_fsync", "streams tell what is not durable yet", pipeline, simulated},
		{"no_dir_fsync", "names of new and renamed files are not made durable", pipeline, simulated},
		{"snapshot_rename_first", "a snapshot gets its name before its bytes are durable", pipeline, "TestPromiseSnapshotCrash"},
		{"prune_before_verify", "old snapshots go before the new one was read back", pipeline, "TestPromiseSnapshotCrash"},
		{"payload_crc_ignored", "the checksum of a payload is not compared", "journal", "TestPromiseFlippedBits"},
		{"header_crc_ignored", "the checksum of a header is not compared", "journal", "TestPromiseFlippedBits"},
		{"cut_on_any_damage", "damage is taken for a torn end wherever it is", "journal", "TestPromiseFlippedBits"},
		{"zeros_accepted", "a length of zero is taken for a record", "journal", "TestPromiseDamagedJournals"},
		{"ring_overwrites", "a full ring takes more and drops what it holds", "engine/ring", "TestLimitsAreExact"},
		{"map_order", "orders are canceled in the order of a map", "engine", "TestAgainstNaive"},
		{"wall_clock", "the engine asks what time it is", "engine", "TestReplayEqualsExecution"},
		{"float_fee", "a fee is computed with floating point", "engine/msg", "TestFeeRoundsHalfUp"},
		{"notional_wraps", "price × quantity wraps around", "engine", "TestScripts"},
		{"negative_balance", "a balance may fall below zero, and sums stay right", "engine", "TestScripts"},
		{"amend_loses_place", "an amend that only takes off sends an order to the end of its queue", "engine", "TestScripts"},
		{"self_trade", "an order trades with one of its own account", "engine", "TestScripts"},
		{"cancel_lost", "the cancel of a partly filled order is confirmed and not made", "engine", "TestScripts"},
		{"names_forgotten", "client order ids are not in the snapshot", "engine", "TestRestoreChain"},
		{"replay_after_restart", "a request signed before the start is taken again", "gateway/auth", "TestStart"},
		{"gap_hidden", "update ids of a stream look contiguous and are not", "gateway/stream", "TestTooLateForTheBook"},
		{"queue_unbounded", "what a subscriber does not read is kept for ever", "gateway", "TestQueueIsBounded"},
		{"signed_as_parsed", "what was signed is put together again from the parameters", "gateway/rest", "TestSignedLayouts"},
	}
}
