//go:build !386

package main

import (
	"errors"
	"maps"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// The units of a block device: what its cache tears, and what memory is kept by.
const (
	blockSector = 512
	blockPage   = 4096
)

// blockContent is what is on a disk, by the number of the page; those that are not
// there are zeros. A page is never changed once it is in here, only replaced, so a
// copy of the map is a copy of the disk.
type blockContent map[int64]*[blockPage]byte

// readBlockContent returns what is on the disk of which a file is the image. Holes in
// the file are not read.
func readBlockContent(image string) (blockContent, error) {
	f, err := os.Open(image)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	c := make(blockContent)
	for off := int64(0); ; {
		from, err := f.Seek(off, unix.SEEK_DATA)
		if errors.Is(err, syscall.ENXIO) {
			return c, nil // there is a hole up to the end
		}
		if err != nil {
			return nil, err
		}
		if off, err = f.Seek(from, unix.SEEK_HOLE); err != nil {
			return nil, err
		}
		b := make([]byte, off-from)
		if _, err := f.ReadAt(b, from); err != nil {
			return nil, err
		}
		c.writeAt(b, from)
	}
}

func (c blockContent) clone() blockContent { return maps.Clone(c) }

// readAt fills b with what is at an offset.
func (c blockContent) readAt(b []byte, off int64) {
	for len(b) > 0 {
		in := off % blockPage
		n := min(len(b), int(blockPage-in))
		if p := c[off/blockPage]; p != nil {
			copy(b[:n], p[in:])
		} else {
			clear(b[:n])
		}
		b, off = b[n:], off+int64(n)
	}
}

// writeAt puts data at an offset.
func (c blockContent) writeAt(data []byte, off int64) {
	for len(data) > 0 {
		in := off % blockPage
		p := new([blockPage]byte)
		if old := c[off/blockPage]; old != nil {
			*p = *old
		}
		n := copy(p[in:], data)
		if c[off/blockPage] = p; *p == [blockPage]byte{} {
			delete(c, off/blockPage)
		}
		data, off = data[n:], off+int64(n)
	}
}
