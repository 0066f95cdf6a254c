package timeline

import (
	"syscall"
	"time"
)

// cpuTime is what the process has computed: what a move takes on a machine that does
// nothing else, and a little more, since the collector's work is in it.
func cpuTime() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
