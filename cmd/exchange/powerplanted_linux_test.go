package main

import (
	"os"
	"testing"
)

// TestPlantedPowerCut cuts the power of builds that are not to be trusted: each must be
// found to break the promise, or the cuts of TestPromisePowerCut prove nothing.
func TestPlantedPowerCut(t *testing.T) {
	needDisks(t)
	kinds := cutDiskKinds()
	for _, c := range []struct {
		tag  string
		kind cutDiskKind
	}{
		{"planted_no_fsync", kinds[1]},
		{"planted_ack_before_fsync", kinds[2]},
		// The sync that fails is one under way in the cut. Only there a failure is sure to
		// be told.
		{"planted_fsync_error_ignored", kinds[3]},
	} {
		t.Run(c.tag, func(t *testing.T) {
			if !c.kind.known(t) {
				t.Skip("the file system that it takes cannot be made here")
			}
			r := newCutRounds(t, builtProgram(t, c.tag), newCutDisk(t, c.kind, memoryDir(t)))
			err := r.cuts(mostPlantedCuts, true)
			if r.total.violations == 0 {
				t.Fatalf("not found after %d power cuts: %v", r.total.ends, err)
			}
			t.Logf("found after %d power cuts", r.total.ends)
		})
	}
}

// mostPlantedCuts is after how many cuts a build counts as sound.
const mostPlantedCuts = 100

// needDisks skips a test that is of no promise where TestPromisePowerCut is skipped.
func needDisks(t *testing.T) {
	t.Helper()
	if os.Getenv("EXCHANGE_DISKS") == "" || os.Geteuid() != 0 {
		t.Skip("mounts loop devices: set EXCHANGE_DISKS=1, as root")
	}
}
