//go:build planted_float_fee

package planted

// Bug is the bug of this build.
const Bug = FloatFee
