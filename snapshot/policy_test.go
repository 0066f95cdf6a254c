package snapshot

import "testing"

func TestPolicy(t *testing.T) {
	all := Policy{Commands: 100, Bytes: 1000, Nanos: 50, PauseNanos: 10}
	for _, c := range []struct {
		name   string
		policy Policy
		since  Progress
		want   bool
	}{
		{"nothing happened", all, Progress{}, false},
		{"only time passed", all, Progress{Nanos: 1000}, false},
		{"below every bound", all, Progress{99, 999, 49}, false},
		{"commands", all, Progress{100, 0, 10}, true},
		{"bytes", all, Progress{1, 1000, 10}, true},
		{"time", all, Progress{1, 1, 50}, true},
		{"all within the pause", all, Progress{1000, 10_000, 9}, false},
		{"clock went back", all, Progress{1000, 10_000, -1}, false},
		{"clock went back, no pause", Policy{Commands: 100}, Progress{100, 0, -1}, true},
		{"zero policy", Policy{}, Progress{1 << 60, 1 << 60, 1 << 60}, false},
		{"only a pause", Policy{PauseNanos: 1}, Progress{1 << 60, 1 << 60, 1 << 60}, false},
		{"only commands, below", Policy{Commands: 2}, Progress{1, 1 << 60, 1 << 60}, false},
		{"only bytes, below", Policy{Bytes: 2}, Progress{1 << 60, 1, 1 << 60}, false},
		{"only time, below", Policy{Nanos: 2}, Progress{1 << 60, 1 << 60, 1}, false},
		{"every command", Policy{Commands: 1}, Progress{Commands: 1}, true},
		{"half of the lag, within the pause", Policy{Lag: 100, PauseNanos: 10}, Progress{Commands: 50}, true},
		{"less than half of the lag", Policy{Lag: 100}, Progress{49, 1 << 60, 1 << 60}, false},
		{"the least lag", Policy{Lag: 1}, Progress{Commands: 1}, true},
		{"the least lag, nothing happened", Policy{Lag: 1}, Progress{Nanos: 1}, false},
		{"default, quiet day", DefaultPolicy(), Progress{1000, 10_000, 599e9}, false},
		{"default, quiet day, later", DefaultPolicy(), Progress{1000, 10_000, 600e9}, true},
		{"default, full speed", DefaultPolicy(), Progress{9_999_999, 1 << 30, 29e9}, false},
		{"default, full speed, later", DefaultPolicy(), Progress{9_999_999, 1 << 30, 30e9}, true},
		{"default, faster", DefaultPolicy(), Progress{10_000_000, 1 << 30, 29e9}, true},
	} {
		if got := c.policy.Due(c.since); got != c.want {
			t.Errorf("%s: Due = %t, want %t", c.name, got, c.want)
		}
	}
}
