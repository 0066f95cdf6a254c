//go:build planted_cancel_lost

package planted

// Bug is the bug of this build.
const Bug = CancelLost
