package snapshot

// Policy says when the next snapshot is due. A bound that is zero does not count; the zero policy is never due.
type Policy struct {
	Commands uint64 // since the last snapshot
	Bytes    uint64 // of journal since the last snapshot
	Nanos    int64  // since the last snapshot
	// PauseNanos is the least time between two, however much happens: a snapshot costs a copy of the whole state, and at full
	// speed the other bounds are reached in seconds.
	PauseNanos int64
	// Lag is how many commands may come after the newest snapshot, or what was tried for one, before further ones wait for it; the
	// batch with which they become more is still written. So it bounds the replay after a crash. A snapshot becomes due after
	// half of them, whatever the pause is.
	Lag uint64
}

// DefaultPolicy keeps the replay after a crash to about a second while there are less than 60,000 commands a second, and costs a
// snapshot every 30 s at most. Where there are more, the replay may become that of 20 million commands, some seconds.
func DefaultPolicy() Policy {
	return Policy{
		Commands:   2_000_000,
		Bytes:      64 << 20,
		Nanos:      600e9,
		PauseNanos: 30e9,
		Lag:        20_000_000,
	}
}

// Progress is what happened since the last snapshot, or since the beginning when there is none.
type Progress struct {
	Commands uint64
	Bytes    uint64 // of journal
	Nanos    int64  // by the caller's clock; negative when that went back
}

// Due reports whether a snapshot should be taken. It never is when there was no command, because it would be the same one.
func (p Policy) Due(since Progress) bool {
	if p.Lag > 0 && since.Commands >= max(p.Lag/2, 1) {
		return true
	}
	if since.Commands == 0 || max(since.Nanos, 0) < p.PauseNanos {
		return false
	}
	return p.Commands > 0 && since.Commands >= p.Commands ||
		p.Bytes > 0 && since.Bytes >= p.Bytes ||
		p.Nanos > 0 && since.Nanos >= p.Nanos
}
