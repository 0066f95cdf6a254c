//go:build planted_ack_before_fsync

package planted

// Bug is the bug of this build.
const Bug = AckBeforeFsync
