//go:build planted_zeros_accepted

package planted

// Bug is the bug of this build.
const Bug = ZerosAccepted
