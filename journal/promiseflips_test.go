package journal

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/seed-7d4c2414/exchange/bench/promise"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// A flip is one byte of a file that holds another value.
type flip struct {
	file  string
	at    int
	value byte
	place place // the frame it is in
}

// flips returns every bit of a journal flipped, and every byte as zeros and as ones,
// of each step-th byte.
func flips(t *testing.T, disk *vfs.Mem, where []place, step int) []flip {
	t.Helper()
	var all []flip
	add := func(file string, b []byte, from, to int, p place) {
		for at := from; at < to; at += step {
			for bit := range 8 {
				all = append(all, flip{file, at, b[at] ^ 1<<bit, p})
			}
			if b[at] != 0 {
				all = append(all, flip{file, at, 0, p})
			}
			if b[at] != 0xff {
				all = append(all, flip{file, at, 0xff, p})
			}
		}
	}
	for _, p := range where {
		add(p.segment, readAll(t, disk, p.segment), p.start, p.end, p)
	}
	b := readAll(t, disk, positionName)
	add(positionName, b, 0, len(b), place{segment: positionName})
	return all
}

// TestPromiseFlippedBits flips every bit of a journal of 64 KiB in three segments, and
// sets every byte to zeros and to ones. After a clean stop each is named with file,
// offset and sequence; after a crash each but those in the last frame, which nobody
// promises, and there the journal ends before it. Nothing is ever given out that was
// not written. All of the journal is read for every 31st of them, for the others what
// comes from the damaged frame on. It shows what becomes of damage in what the journal reads; what is in
// the memory of the process is not looked at.
func TestPromiseFlippedBits(t *testing.T) {
	const size, segment = 64 << 10, 24 << 10
	for _, closed := range []bool{true, false} {
		t.Run(fmt.Sprintf("closed=%v", closed), func(t *testing.T) {
			p := promise.Begin(t, "D7")
			disk := largeJournal(t, size, segment, closed)
			where := places(t, disk)
			step := promise.Scale(97, 1, 1)
			if !closed {
				step = promise.Scale(97, 23, 1)
			}
			all := flips(t, disk, where, step)
			last := where[len(where)-1]
			failed := eachCase(t, disk, len(all), func(fsys *vfs.Mem, i int) error {
				f := &all[i]
				tears := !closed && f.place == last
				if tears || i%31 == 0 || f.file == positionName {
					return f.named(f.on(fsys), tears, uint64(len(where)))
				}
				return f.stopped(f.on(fsys))
			})
			p.Add(len(all), failed)
		})
	}
}

// on returns the file system with the flip in it.
func (f *flip) on(fsys vfs.FS) vfs.FS {
	return vfs.NewRotten(fsys, vfs.Rot{Name: filepath.Join(testDir, f.file), At: int64(f.at), Value: f.value})
}

// stopped reads from the frame on in which the flip is, and checks that nothing is
// given out, and that the error says where.
func (f *flip) stopped(fsys vfs.FS) error {
	r, err := OpenReader(testDir, ReaderOptions{FS: fsys})
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // it was only read
	if err := r.SeekSeq(f.place.seq); err != nil {
		return f.located(err)
	}
	for {
		var frame Frame
		if err := r.Next(&frame); err != nil {
			return f.located(err)
		}
		if frame.FirstSeq >= f.place.seq {
			return fmt.Errorf("byte %d of %s as %02x: frame %d is given out", f.at, f.file, f.value, frame.Index)
		}
	}
}

// named checks what is said about a flip when all is read: where it is or, when it may
// be what a crash has torn, that the journal ends before it.
func (f *flip) named(fsys vfs.FS, tears bool, frames uint64) error {
	report, err := verify(fsys, testDir, nil, true)
	if tears {
		if err != nil || report.Torn == "" || report.Frames != frames-1 {
			return fmt.Errorf("byte %d of %s as %02x: %+v, %w, want a torn end after %d frames", f.at, f.file, f.value, report, err, frames-1)
		}
		return nil
	}
	return f.located(err)
}

// located checks that an error says where the flip is.
func (f *flip) located(err error) error {
	var c *CorruptError
	want := CorruptError{File: filepath.Join(testDir, f.file), Offset: int64(f.place.start), Seq: f.place.seq}
	if !errors.As(err, &c) || c.File != want.File || c.Offset != want.Offset || c.Seq != want.Seq {
		return fmt.Errorf("byte %d of %s as %02x: %w, want an error at offset %d, sequence %d", f.at, f.file, f.value, err, want.Offset, want.Seq)
	}
	return nil
}
