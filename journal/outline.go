package journal

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// SegmentStart is how a segment begins, and what it takes. One without frames is the newest, and begins with nothing.
type SegmentStart struct {
	Name      string // base name of the file
	Bytes     int64
	FirstSeq  uint64 // 0 = none
	FirstTime int64
}

// Outline describes the segments of the journal in dir by what their first headers say, the oldest first. It reads nothing else, so
// it checks nothing else.
func Outline(fsys vfs.FS, dir string) (starts []SegmentStart, err error) {
	r, err := openReader(dir, ReaderOptions{FS: fsys}, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var room [prefixBytes + headerBytes]byte
	for _, segment := range r.segments {
		err := r.open(segment)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed since they were listed
		}
		if err != nil {
			return nil, err
		}
		info, err := r.win.file.Stat()
		if err != nil {
			return nil, fmt.Errorf("measure segment: %w", err)
		}
		b, err := r.win.peek(room[:])
		if err != nil {
			return nil, err
		}
		s := SegmentStart{Name: r.name, Bytes: info.Size()}
		r.entry.parse(b)
		if r.entry.known && r.entry.ID == r.pos.id {
			s.FirstSeq, s.FirstTime = r.entry.FirstSeq, r.entry.FirstTime
		}
		starts = append(starts, s)
	}
	return starts, nil
}
