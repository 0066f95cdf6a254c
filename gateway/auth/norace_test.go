//go:build !race

package auth

// pools says whether a pool gives back what was put into it.
const pools = true
