package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// doubt is where the frames begin that nobody promises: the system may have them in its memory only.
type doubt struct {
	segment string
	offset  int64
	frame   Frame // the last one
}

// note looks at the frame that follows. Those before it are promised, if it is the first of its segment or says so.
func (d *doubt) note(f *Frame) {
	if f.Segment != d.segment || f.Synced == f.Index-1 {
		d.segment, d.offset = f.Segment, f.Offset
	}
	d.frame = *f
}

// begins returns the offset in the newest segment, which r has read to its end.
func (d *doubt) begins(r *Reader) int64 {
	if d.segment != r.name || d.frame.Index <= r.pos.frame {
		return r.win.at
	}
	return d.offset
}

// settle makes the newest segment durable as it was read.
//
// A sync alone does not do that. The Writer before may have ended because a sync failed, and then the system keeps frames in its
// memory that are not on the disk, takes them for clean, and lets the next sync succeed without them. So the frames in doubt are
// written again, as they are, and then synced.
func (t *tail) settle(fsys vfs.FS, dir string) error {
	name := filepath.Join(dir, segmentName(t.segment))
	if t.doubt >= t.good {
		return syncSegment(fsys, name, os.O_WRONLY)
	}
	f, err := fsys.OpenFile(name, os.O_RDWR, filePerm)
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	if err := errors.Join(rewrite(f, t.doubt, t.good), f.Close()); err != nil {
		return fmt.Errorf("write frames again: %w", err)
	}
	return nil
}

// rewrite writes what lies from one offset to another over itself, and syncs.
func rewrite(f vfs.File, from, to int64) error {
	if _, err := io.CopyN(io.Discard, f, from); err != nil { // to stand there
		return err
	}
	frames := make([]byte, to-from)
	if _, err := f.ReadAt(frames, from); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if _, err := f.Write(frames); err != nil {
		return err
	}
	return f.Sync()
}
