//go:build !race

package journal

// sampling is the stride of the sweeps over every byte and every bit.
const sampling = 1
