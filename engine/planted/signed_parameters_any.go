//go:build planted_signed_parameters_any

package planted

// Bug is the bug of this build.
const Bug = SignedParametersAny
