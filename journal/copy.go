package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// copyBufferBytes is what a copy gathers for one write.
const copyBufferBytes = 256 << 10

// Copy makes dst, a directory that exists and is empty, a journal of its own: the frames of the journal in src from the oldest on, each
// checked, up to the last whole one, and a POSITION that says that it was closed there. It takes no lock and may run beside a
// Writer; if the segments that come next are removed meanwhile, it begins again with what is the oldest then. It returns what Verify
// says of the copy. Progress, if not nil, is told how many bytes of how many were copied, and then how many were verified; an error
// that it returns while frames are copied ends that.
func Copy(dst, src string, progress func(doneBytes, totalBytes int64) error) (Report, error) {
	return copyJournal(vfs.OS(), dst, src, progress)
}

func copyJournal(fsys vfs.FS, dst, src string, progress func(doneBytes, totalBytes int64) error) (Report, error) {
	names, err := fsys.ReadDir(dst)
	if err != nil {
		return Report{}, fmt.Errorf("copy journal: %w", err)
	}
	if len(names) > 0 {
		return Report{}, fmt.Errorf("copy journal: %s is not empty", dst)
	}
	if progress == nil {
		progress = func(int64, int64) error { return nil }
	}
	c := copying{fs: fsys, dst: dst, progress: progress}
	for n := 1; ; n++ {
		err := c.from(src)
		if err == nil {
			break
		}
		if n == seekAttempts || !c.overtaken(src) {
			return Report{}, err
		}
		if err := c.discard(); err != nil {
			return Report{}, err
		}
	}
	return verify(fsys, dst, func(done, total int64) { _ = progress(done, total) }, true)
}

// copying is a copy under way.
type copying struct {
	fs       vfs.FS
	dst      string
	progress func(doneBytes, totalBytes int64) error

	oldest  uint64 // of the source when it was opened; 0 = it was not
	file    vfs.File
	out     *bufio.Writer
	segment uint64 // that is being written; 0 = none yet
	made    []string
	done    int64
}

// overtaken reports whether the source has lost segments since it was opened.
func (c *copying) overtaken(src string) bool {
	pos, err := loadPosition(c.fs, src)
	return err == nil && c.oldest != 0 && pos.oldest != c.oldest
}

// discard removes what was copied.
func (c *copying) discard() error {
	for _, name := range c.made {
		if err := c.fs.Remove(name); err != nil {
			return fmt.Errorf("copy journal: %w", err)
		}
	}
	*c = copying{fs: c.fs, dst: c.dst, progress: c.progress}
	return nil
}

// from copies the frames of src and writes POSITION.
func (c *copying) from(src string) (err error) {
	r, err := openReader(src, ReaderOptions{FS: c.fs}, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close(), c.close()) }()
	c.oldest = r.segments[0]
	total, err := r.totalBytes()
	if err != nil {
		return err
	}
	for {
		err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := c.add(r); err != nil {
			return fmt.Errorf("copy journal: %w", err)
		}
		if err := c.progress(c.done, max(total, c.done)); err != nil {
			return err
		}
	}
	if c.segment == 0 { // no frame was ever written
		if err := c.begin(c.oldest); err != nil {
			return fmt.Errorf("copy journal: %w", err)
		}
	}
	if err := c.close(); err != nil {
		return err
	}
	return c.end(r)
}

// add writes the frame that r has just passed.
func (c *copying) add(r *Reader) error {
	if c.segment != r.segment {
		if err := c.close(); err != nil {
			return err
		}
		if err := c.begin(r.segment); err != nil {
			return err
		}
	}
	n, err := c.out.Write(r.stored)
	c.done += int64(n)
	return err //nolint:wrapcheck // the caller says what it did
}

// begin makes a segment.
func (c *copying) begin(segment uint64) error {
	name := filepath.Join(c.dst, segmentName(segment))
	f, err := c.fs.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, filePerm)
	if err != nil {
		return err //nolint:wrapcheck // the caller says what it did
	}
	c.file, c.segment, c.made = f, segment, append(c.made, name)
	c.out = bufio.NewWriterSize(f, copyBufferBytes)
	return nil
}

// close makes the segment that is being written durable, if there is one.
func (c *copying) close() error {
	if c.file == nil {
		return nil
	}
	err := c.out.Flush()
	if err == nil {
		err = c.file.Sync()
	}
	err = errors.Join(err, c.file.Close())
	c.file = nil
	if err != nil {
		return fmt.Errorf("copy segment: %w", err)
	}
	return nil
}

// end says where the copy ends.
func (c *copying) end(r *Reader) error {
	if err := c.fs.SyncDir(c.dst); err != nil {
		return fmt.Errorf("sync journal directory: %w", err)
	}
	p := position{
		id: r.pos.id, epoch: max(r.pos.epoch, r.last.epoch), oldest: c.oldest, newest: c.segment,
		frame: r.last.index, seq: r.last.seq, hash: r.last.hash, clean: true,
	}
	c.made = append(c.made, filepath.Join(c.dst, positionName))
	return storePosition(c.fs, c.dst, &p)
}
