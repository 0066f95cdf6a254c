// Package counted counts what each command costs in allocations, bytes and
// instructions. None of it is a time, so it is the same on every machine of a kind,
// and a change that makes it worse can be told from noise.
//
// Instructions are those of bench/counted/loop under callgrind, a part of Valgrind,
// where that is installed. The loop is run as far as the engine and without it, and so
// on, and the difference is what the part costs.
package counted
