package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-7d4c2414/exchange/engine/planted"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// filePerm is the mode of a snapshot: it holds the balances of all.
const filePerm = 0o640

// Write writes s into dir, which it makes if needed, and does not return before the snapshot is durable under its name. A file
// of that name is replaced, but not before the new one has been read back and found to be s.
//
// After an error the older snapshots are as they were; the new one may or may not be there, whole in any case. Write keeps the
// compressed sections in memory until they are written; it does not retain s.
func Write(fsys vfs.FS, dir string, s *Snapshot) (Info, error) {
	if err := s.check(); err != nil {
		return Info{}, fmt.Errorf("write snapshot %d: %w", s.Seq, err)
	}
	h, stored, err := compress(s)
	if err != nil {
		return Info{}, fmt.Errorf("write snapshot %d: %w", s.Seq, err)
	}
	if err := vfs.MkdirSync(fsys, dir, 0o750); err != nil {
		return Info{}, fmt.Errorf("make the snapshot directory: %w", err)
	}

	name := fileName(s.Seq)
	path := filepath.Join(dir, name)
	temp := path + tempSuffix
	if err := writeTemp(fsys, temp, h, stored); err != nil {
		return Info{}, giveUp(fsys, temp, "write snapshot", err)
	}
	if planted.Bug == planted.PruneBeforeVerify {
		if err := dropOthers(fsys, dir); err != nil {
			return Info{}, err
		}
	}
	if err := readBack(fsys, temp, s); err != nil {
		return Info{}, giveUp(fsys, temp, "read snapshot back", err)
	}
	if err := fsys.Rename(temp, path); err != nil {
		return Info{}, giveUp(fsys, temp, "install snapshot", err)
	}
	if planted.Bug == planted.NoDirFsync {
		return Info{Path: path, Name: name, Bytes: h.fileBytes(), Seq: s.Seq}, nil
	}
	if err := fsys.SyncDir(dir); err != nil {
		return Info{}, fmt.Errorf("install snapshot: sync directory: %w", err)
	}
	return Info{Path: path, Name: name, Bytes: h.fileBytes(), Seq: s.Seq}, nil
}

// compress returns the header of s and the stored bytes of its sections.
func compress(s *Snapshot) (*header, [][]byte, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithAllLitEntropyCompression(true),
		zstd.WithZeroFrames(false), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, nil, fmt.Errorf("make a zstd encoder: %w", err)
	}
	h := &header{Meta: s.Meta, table: make([]entry, len(s.Sections))}
	stored := make([][]byte, len(s.Sections))
	for i := range s.Sections {
		sec := &s.Sections[i]
		stored[i] = z.EncodeAll(sec.Data, nil) // without zero frames: nothing for nothing
		h.table[i] = entry{
			name:        sec.Name,
			version:     sec.Version,
			rawBytes:    uint64(len(sec.Data)),
			storedBytes: uint64(len(stored[i])),
			checksum:    checksum(stored[i]),
		}
	}
	return h, stored, z.Close()
}

// giveUp removes what there is of the temporary file, because the disk may be full and the journal needs the space more, and
// returns err with what it was about.
func giveUp(fsys vfs.FS, temp, doing string, err error) error {
	rerr := fsys.Remove(temp)
	if errors.Is(rerr, fs.ErrNotExist) {
		rerr = nil
	}
	return fmt.Errorf("%s: %w", doing, errors.Join(err, rerr))
}

// writeTemp writes the whole file and syncs it.
func writeTemp(fsys vfs.FS, temp string, h *header, stored [][]byte) (err error) {
	f, err := fsys.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, filePerm)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	if _, err := f.Write(appendHeader(nil, h)); err != nil {
		return err
	}
	for _, b := range stored {
		if len(b) == 0 {
			continue
		}
		if _, err := f.Write(b); err != nil {
			return err
		}
	}
	if planted.Bug == planted.SnapshotRenameFirst {
		return nil
	}
	return f.Sync()
}

// readBack reads the file as a restart would and compares it with s, one section at a time.
func readBack(fsys vfs.FS, temp string, s *Snapshot) error {
	return visit(fsys, temp, func(r *reader) error {
		if r.h.Meta != s.Meta || len(r.h.table) != len(s.Sections) {
			return &CorruptError{temp, 0, "the header is not the one that was written"}
		}
		var data []byte // reused by every section
		for i := range s.Sections {
			sec := &s.Sections[i]
			begin := r.offset
			var err error
			if data, err = r.section(i, data); err != nil {
				return err
			}
			if e := &r.h.table[i]; e.name != sec.Name || e.version != sec.Version || !bytes.Equal(data, sec.Data) {
				return r.corrupt(begin, e, "not what was written")
			}
		}
		return nil
	})
}
