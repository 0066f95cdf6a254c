//go:build planted_names_forgotten

package planted

// Bug is the bug of this build.
const Bug = NamesForgotten
