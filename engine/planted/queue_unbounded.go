//go:build planted_queue_unbounded

package planted

// Bug is the bug of this build.
const Bug = QueueUnbounded
