package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tidwall/wal"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// LogOn returns an Options.OpenLog that writes segments on fsys with the same operations as tidwall/wal v1.2.1, which knows the
// operating system only, and so the same bytes. It is for tests whose disk is a model. Like the Writer, it expects that the
// journal has been repaired.
func LogOn(fsys vfs.FS) OpenLog {
	return func(dir string, o *wal.Options) (Log, error) {
		l := &segmentLog{fs: fsys, dir: dir, opt: *o}
		if err := l.open(); err != nil {
			return nil, err
		}
		return l, nil
	}
}

// segmentLog writes entries to the newest segment and makes the next one when that is full.
type segmentLog struct {
	fs     vfs.FS
	dir    string
	opt    wal.Options
	last   uint64 // number of the last entry
	tail   vfs.File
	size   int // bytes in tail
	buf    []byte
	closed bool
}

// open counts the entries of the newest segment and stands at its end.
func (l *segmentLog) open() error {
	segments, err := listSegments(l.fs, l.dir)
	if err != nil {
		return err
	}
	newest := uint64(1)
	if len(segments) > 0 {
		newest = segments[len(segments)-1]
	}
	name := filepath.Join(l.dir, segmentName(newest))
	if len(segments) == 0 {
		l.tail, err = l.fs.OpenFile(name, os.O_CREATE|os.O_RDWR|os.O_TRUNC, l.opt.FilePerms)
		return err
	}
	if l.tail, err = l.fs.OpenFile(name, os.O_RDWR, l.opt.FilePerms); err != nil {
		return err
	}
	data, err := io.ReadAll(l.tail)
	if err != nil {
		return errors.Join(err, l.tail.Close())
	}
	l.size, l.last = len(data), newest-1
	for len(data) > 0 {
		size, n := binary.Uvarint(data)
		if n <= 0 || uint64(len(data)-n) < size {
			return errors.Join(fmt.Errorf("%s: %w", name, wal.ErrCorrupt), l.tail.Close())
		}
		data = data[n+int(size):]
		l.last++
	}
	return nil
}

// Write implements Log.
func (l *segmentLog) Write(index uint64, data []byte) error {
	if l.closed {
		return wal.ErrClosed
	}
	if index != l.last+1 {
		return wal.ErrOutOfOrder
	}
	if l.size > l.opt.SegmentSize {
		if err := l.cycle(); err != nil {
			return err
		}
	}
	l.buf = append(binary.AppendUvarint(l.buf[:0], uint64(len(data))), data...)
	if _, err := l.tail.Write(l.buf); err != nil {
		return err
	}
	l.last, l.size = index, l.size+len(l.buf)
	if l.size >= l.opt.SegmentSize {
		return l.cycle()
	}
	return nil
}

// cycle ends the segment, durably, and makes the next one.
func (l *segmentLog) cycle() error {
	if err := l.tail.Sync(); err != nil {
		return err
	}
	if err := l.tail.Close(); err != nil {
		return err
	}
	name := filepath.Join(l.dir, segmentName(l.last+1))
	tail, err := l.fs.OpenFile(name, os.O_CREATE|os.O_RDWR|os.O_TRUNC, l.opt.FilePerms)
	if err != nil {
		return err
	}
	l.tail, l.size = tail, 0
	return nil
}

// Sync implements Log.
func (l *segmentLog) Sync() error {
	if l.closed {
		return wal.ErrClosed
	}
	return l.tail.Sync()
}

// Close implements Log.
func (l *segmentLog) Close() error {
	if l.closed {
		return wal.ErrClosed
	}
	if err := l.tail.Sync(); err != nil {
		return err
	}
	l.closed = true
	return l.tail.Close()
}
