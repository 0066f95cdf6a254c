//go:build planted_no_dir_fsync

package planted

// Bug is the bug of this build.
const Bug = NoDirFsync
