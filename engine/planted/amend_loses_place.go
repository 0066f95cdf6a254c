//go:build planted_amend_loses_place

package planted

// Bug is the bug of this build.
const Bug = AmendLosesPlace
