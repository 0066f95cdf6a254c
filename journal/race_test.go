//go:build race

package journal

// sampling is the stride of the sweeps over every byte and every bit, which the race detector makes too slow to walk in full.
const sampling = 13
