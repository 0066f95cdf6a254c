package planted

import (
	"bytes"
	"slices"
	"time"
)

// What some of the bugs do, which the packages that have them must not do, not even
// in a branch that is never compiled: tests read their sources.

// Now returns the time of the machine, for WallClock.
func Now() int64 { return time.Now().UnixNano() } //nolint:forbidigo // that is the bug

// Share returns a × part / whole in floating point, for FloatFee.
func Share(a, part, whole int64) int64 { return int64(float64(a) * (float64(part) / float64(whole))) }

// Shuffle puts slots into the order of a map, for MapOrder.
func Shuffle(slots []uint32) {
	all := make(map[uint32]bool, len(slots))
	for _, slot := range slots {
		all[slot] = true
	}
	slots = slots[:0]
	for slot := range all {
		slots = append(slots, slot)
	}
}

// Sorted returns parameters in the order of their names, for SignedAsParsed.
func Sorted(parameters []byte) []byte {
	all := bytes.Split(parameters, []byte("&"))
	slices.SortFunc(all, bytes.Compare)
	return bytes.Join(all, []byte("&"))
}
