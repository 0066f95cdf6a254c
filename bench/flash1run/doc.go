// Package flash1run runs the public matching-engine benchmark with this engine and
// others, one after the other in turns, and takes the figures from what it prints. The
// benchmark and the others are built elsewhere, as their own documentation says; of
// this engine bench/flash1 is the library.
package flash1run
