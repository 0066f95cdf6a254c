//go:build race

package rest

// pools says whether a pool gives back what was put into it: the race detector
// drops some of it on purpose.
const pools = false
