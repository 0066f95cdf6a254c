//go:build planted_signed_as_parsed

package planted

// Bug is the bug of this build.
const Bug = SignedAsParsed
