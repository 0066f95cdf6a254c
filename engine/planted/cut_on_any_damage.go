//go:build planted_cut_on_any_damage

package planted

// Bug is the bug of this build.
const Bug = CutOnAnyDamage
