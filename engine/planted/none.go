//go:build !planted_no_fsync && !planted_fsync_error_ignored && !planted_ack_before_fsync && !planted_publish_before_fsync && !planted_no_dir_fsync && !planted_snapshot_rename_first && !planted_prune_before_verify && !planted_payload_crc_ignored && !planted_header_crc_ignored && !planted_cut_on_any_damage && !planted_zeros_accepted && !planted_ring_overwrites && !planted_map_order && !planted_wall_clock && !planted_float_fee && !planted_notional_wraps && !planted_negative_balance && !planted_amend_loses_place && !planted_self_trade && !planted_cancel_lost && !planted_names_forgotten && !planted_replay_after_restart && !planted_gap_hidden && !planted_queue_unbounded && !planted_signed_as_parsed

package planted

// Bug is the bug of this build: it has none.
const Bug = None
