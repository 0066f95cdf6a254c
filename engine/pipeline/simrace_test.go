//go:build race

package pipeline

// simLess is by how much less is simulated: the race detector has nothing to find in a simulation, where all happens in turn.
const simLess = 8
