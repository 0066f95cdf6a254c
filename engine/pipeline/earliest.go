package pipeline

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// OpenEarliest opens the past as far back as it reaches: before the first transaction,
// or, where old ones are no longer kept, at the oldest snapshot from which all others
// follow. Of the options, To and Genesis do not count.
func OpenEarliest(o PastOptions) (*Past, error) {
	if o.FS == nil {
		o.FS = vfs.OS()
	}
	first, err := firstKept(o.FS, o.Dir)
	if err != nil {
		return nil, err
	}
	o.To, o.Genesis = 0, first <= 1
	if o.Genesis {
		return OpenPast(o)
	}
	infos, err := snapshot.List(o.FS, SnapshotDir(o.Dir))
	if err != nil {
		return nil, fmt.Errorf("find the oldest snapshot of %s: %w", o.Dir, err)
	}
	for _, info := range slices.Backward(infos) { // oldest first
		if info.Seq+1 < uint64(first) {
			continue
		}
		o.To = msg.Seq(info.Seq)
		past, err := OpenPast(o)
		if err != nil {
			return nil, err
		}
		if past.Start() == o.To {
			return past, nil
		}
		if err := past.Close(); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("commands 1 to %d are no longer kept, and no snapshot has them", first-1)
}

// firstKept returns the first command of the journal, or 0 when it has none. What
// is wrong with its first frame is told when it is folded.
func firstKept(fsys vfs.FS, dir string) (msg.Seq, error) {
	r, err := journal.OpenReader(JournalDir(dir), journal.ReaderOptions{FS: fsys})
	if err != nil {
		return 0, fmt.Errorf("open the journal of %s: %w", dir, err)
	}
	var f journal.Frame
	err = r.Next(&f)
	if corrupt := (*journal.CorruptError)(nil); errors.Is(err, io.EOF) || errors.As(err, &corrupt) {
		err = nil
	}
	return msg.Seq(f.FirstSeq), errors.Join(err, r.Close())
}
