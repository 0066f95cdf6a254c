package pipeline

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// decay flips a bit of a journal segment. The journal is refused by name, or nothing is missing but what nobody had promised.
func (w *simWorld) decay(disk *vfs.Mem, duty simDuty) {
	promised, segments, err := promises(disk)
	if err != nil {
		w.violated(nil, fmt.Errorf("read what is promised: %w", err))
		return
	}
	if len(segments) == 0 {
		return
	}
	name := segments[w.rng.IntN(len(segments))]
	if err := w.flip(disk, name); err != nil {
		w.violated(nil, err)
		return
	}
	w.seen.rotten++
	was := w.faulty
	w.faulty = true
	w.story = append(w.story, "a bit of "+name+" is flipped")
	defer func() {
		w.faulty = was
		w.story = w.story[:len(w.story)-1]
	}()
	duty = simDuty{seen: promised, submitted: duty.submitted}
	r := w.newRun(disk, duty, deepest)
	defer r.leave()
	err = r.start()
	if _, named := errors.AsType[*journal.CorruptError](err); named {
		w.seen.refused++
		return
	}
	if err == nil {
		err = r.recovered(duty)
	}
	if err != nil {
		w.violated(r, err)
	}
}

// promises returns the last command that a header in the journal says was durable, and the names of the segments.
func promises(disk *vfs.Mem) (promised msg.Seq, segments []string, err error) {
	r, err := journal.OpenReader(JournalDir(simDir), journal.ReaderOptions{FS: disk})
	if errors.Is(err, journal.ErrNoJournal) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, err
	}
	defer r.Close() //nolint:errcheck // it was only read
	ends := map[uint64]msg.Seq{}
	var f journal.Frame
	for err = r.Next(&f); err == nil; err = r.Next(&f) {
		ends[f.Index] = msg.Seq(f.LastSeq())
		promised = ends[f.Synced]
		if name := filepath.Join(JournalDir(simDir), f.Segment); !slices.Contains(segments, name) {
			segments = append(segments, name)
		}
	}
	if !errors.Is(err, io.EOF) {
		return 0, nil, err
	}
	return promised, segments, nil
}

// flip flips a bit of a file.
func (w *simWorld) flip(disk *vfs.Mem, name string) error {
	data, err := vfs.ReadFile(disk, name)
	if err != nil || len(data) == 0 {
		return err
	}
	data[w.rng.IntN(len(data))] ^= 1 << w.rng.IntN(8)
	return vfs.WriteFileSync(disk, name, data, 0o600)
}

// damageSnapshots damages the newest snapshot, or all of them. A recovery passes over them, says so, and comes to the same state.
func (w *simWorld) damageSnapshots(disk *vfs.Mem, duty simDuty, all bool) {
	infos, err := snapshot.List(disk, SnapshotDir(simDir))
	if err != nil || len(infos) == 0 {
		return
	}
	if !all {
		infos = infos[:1]
	}
	for _, info := range infos {
		if err := w.spoil(disk, info); err != nil {
			w.violated(nil, err)
			return
		}
	}
	duty.snapshot, duty.completed = 0, max(0, duty.completed-len(infos))
	passed := w.seen.fallbacks
	w.faulty = true
	w.story = append(w.story, fmt.Sprintf("%d snapshots, the newest of %d, are damaged", len(infos), infos[0].Seq))
	w.survive(disk, duty, deepest)
	if w.broken == nil && w.seen.fallbacks < passed+len(infos) {
		w.violated(nil, errors.New("nobody was told"))
	}
	w.faulty = false
	w.story = w.story[:len(w.story)-1]
}

// spoil flips a bit of a snapshot, cuts it short, or empties it.
func (w *simWorld) spoil(disk *vfs.Mem, info snapshot.Info) error {
	f, err := disk.OpenFile(info.Path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	switch w.rng.IntN(4) {
	case 0:
		err = f.Truncate(w.rng.Int64N(info.Bytes))
	case 1:
		err = f.Truncate(0)
	default:
		err = w.flip(disk, info.Path)
	}
	return errors.Join(err, f.Sync(), f.Close())
}
