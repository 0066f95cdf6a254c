//go:build planted_prune_before_verify

package planted

// Bug is the bug of this build.
const Bug = PruneBeforeVerify
