//go:build planted_snapshot_rename_first

package planted

// Bug is the bug of this build.
const Bug = SnapshotRenameFirst
