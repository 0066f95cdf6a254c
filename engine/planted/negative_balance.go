//go:build planted_negative_balance

package planted

// Bug is the bug of this build.
const Bug = NegativeBalance
