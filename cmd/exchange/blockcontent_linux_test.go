//go:build !386

package main

import "maps"

// The units of a block device: what its cache tears, and what memory is kept by.
const (
	blockSector = 512
	blockPage   = 4096
)

// blockContent is what is on a disk, by the number of the page; those that are not
// there are zeros. A page is never changed once it is in here, only replaced, so a
// copy of the map is a copy of the disk.
type blockContent map[int64]*[blockPage]byte

// newBlockContent returns a disk that holds an image.
func newBlockContent(image []byte) blockContent {
	c := make(blockContent)
	zero := [blockPage]byte{}
	for off := 0; off < len(image); off += blockPage {
		if p := [blockPage]byte(image[off:]); p != zero {
			c[int64(off/blockPage)] = &p
		}
	}
	return c
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
		c[off/blockPage] = p
		data, off = data[n:], off+int64(n)
	}
}
