//go:build planted_no_fsync

package planted

// Bug is the bug of this build.
const Bug = NoFsync
