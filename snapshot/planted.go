package snapshot

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// dropOthers removes the snapshots that are there: what a build with the bug
// PruneBeforeVerify does too early.
func dropOthers(fsys vfs.FS, dir string) error {
	infos, err := List(fsys, dir)
	if err != nil {
		return err
	}
	for _, info := range infos {
		if err := fsys.Remove(info.Path); err != nil {
			return fmt.Errorf("remove snapshot: %w", err)
		}
	}
	return nil
}
