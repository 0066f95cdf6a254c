//go:build planted_amend_keeps_place

package planted

// Bug is the bug of this build.
const Bug = AmendKeepsPlace
