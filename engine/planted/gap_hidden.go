//go:build planted_gap_hidden

package planted

// Bug is the bug of this build.
const Bug = GapHidden
