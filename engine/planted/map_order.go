//go:build planted_map_order

package planted

// Bug is the bug of this build.
const Bug = MapOrder
