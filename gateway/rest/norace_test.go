//go:build !race

package rest

// pools says whether a pool gives back what was put into it.
const pools = true
