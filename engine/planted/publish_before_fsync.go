//go:build planted_publish_before_fsync

package planted

// Bug is the bug of this build.
const Bug = PublishBeforeFsync
