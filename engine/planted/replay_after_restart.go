//go:build planted_replay_after_restart

package planted

// Bug is the bug of this build.
const Bug = ReplayAfterRestart
