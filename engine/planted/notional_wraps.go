//go:build planted_notional_wraps

package planted

// Bug is the bug of this build.
const Bug = NotionalWraps
