//go:build planted_wall_clock

package planted

// Bug is the bug of this build.
const Bug = WallClock
