//go:build planted_fsync_error_ignored

package planted

// Bug is the bug of this build.
const Bug = FsyncErrorIgnored
