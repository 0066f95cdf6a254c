//go:build !race

package pipeline

// simLess is by how much less is simulated.
const simLess = 1
