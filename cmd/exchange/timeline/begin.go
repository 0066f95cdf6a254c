package timeline

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// begin opens the past at its beginning: before the first command, or, when old
// commands are no longer kept, at the oldest snapshot from which all others follow.
func begin(dir string, o *Options) (*pipeline.Past, error) {
	first, err := firstKept(dir)
	if err != nil {
		return nil, err
	}
	if first <= 1 {
		return pipeline.OpenPast(pipeline.PastOptions{Dir: dir, Genesis: true, Warn: o.Warn}) //nolint:wrapcheck // it names the directory
	}
	infos, err := snapshot.List(vfs.OS(), pipeline.SnapshotDir(dir))
	if err != nil {
		return nil, err //nolint:wrapcheck // it says what it did
	}
	for _, info := range slices.Backward(infos) { // oldest first
		if info.Seq+1 < uint64(first) {
			continue
		}
		past, err := pipeline.OpenPast(pipeline.PastOptions{Dir: dir, To: msg.Seq(info.Seq), Warn: o.Warn})
		if err != nil {
			return nil, err //nolint:wrapcheck // it names the directory
		}
		if past.Start() == msg.Seq(info.Seq) {
			return past, nil
		}
		if err := past.Close(); err != nil {
			return nil, err //nolint:wrapcheck // it says what it did
		}
	}
	return nil, fmt.Errorf("commands 1 to %d are no longer kept, and no snapshot has them", first-1)
}

// firstKept returns the first command of the journal, or 0 when it has none. What
// is wrong with its first frame is told when it is folded.
func firstKept(dir string) (msg.Seq, error) {
	r, err := journal.OpenReader(pipeline.JournalDir(dir), journal.ReaderOptions{})
	if err != nil {
		return 0, err //nolint:wrapcheck // it names the file
	}
	var f journal.Frame
	err = r.Next(&f)
	if corrupt := (*journal.CorruptError)(nil); errors.Is(err, io.EOF) || errors.As(err, &corrupt) {
		err = nil
	}
	return msg.Seq(f.FirstSeq), errors.Join(err, r.Close())
}

// lastKept returns the last command of the journal. It only serves to show progress,
// so where it cannot be told it is 0.
func lastKept(dir string) msg.Seq {
	r, err := journal.OpenReader(pipeline.JournalDir(dir), journal.ReaderOptions{})
	if err != nil {
		return 0
	}
	seq, _, err := r.SeekEnd()
	if errors.Join(err, r.Close()) != nil {
		return 0
	}
	return msg.Seq(seq)
}
