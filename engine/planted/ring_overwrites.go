//go:build planted_ring_overwrites

package planted

// Bug is the bug of this build.
const Bug = RingOverwrites
