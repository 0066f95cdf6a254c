//go:build planted_self_trade

package planted

// Bug is the bug of this build.
const Bug = SelfTrade
