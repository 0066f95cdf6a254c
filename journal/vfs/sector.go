package vfs

// sectorBytes is what a disk writes whole or not at all.
const sectorBytes = 512

// A sector is what one write, or one truncation, left in one sector of a file. It is on the disk or not, whatever becomes of
// other sectors, until a Sync.
type sector struct {
	at   int    // number of the sector in the file
	data []byte // at most sectorBytes; what is missing is zero
	lost bool   // a Sync of it failed: the system takes it for clean and will not write it again
}

// write makes p visible from offset at on.
func (n *node) write(at int, p []byte) {
	if len(p) == 0 {
		return
	}
	end := at + len(p)
	if missing := end - len(n.data); missing > 0 {
		n.data = append(n.data, make([]byte, missing)...)
	}
	copy(n.data[at:], p)
	n.sizes = append(n.sizes, len(n.data))
	n.note(at, end)
}

// resize cuts the file, or makes it longer with zeros.
func (n *node) resize(size int) {
	old := len(n.data)
	if size < old {
		clear(n.data[size:]) // a file that grows again holds zeros there
		n.data = n.data[:size]
		n.note(size, old)
	} else {
		n.data = append(n.data, make([]byte, size-old)...)
	}
	if size != old {
		n.sizes = append(n.sizes, size)
	}
}

// note remembers what the sectors of the bytes from at to end hold now.
func (n *node) note(at, end int) {
	for s := at / sectorBytes; s*sectorBytes < end; s++ {
		from, to := min(s*sectorBytes, len(n.data)), min((s+1)*sectorBytes, len(n.data))
		n.dirty = append(n.dirty, sector{at: s, data: append([]byte(nil), n.data[from:to]...)})
	}
}

// sync makes durable what was written, but for sectors that were lost and not written since.
func (n *node) sync() {
	if missing := len(n.data) - len(n.durable); missing > 0 {
		n.durable = append(n.durable, make([]byte, missing)...)
	}
	n.durable = n.durable[:len(n.data)]
	var again map[int]bool // sectors that a good write reached
	for _, s := range n.dirty {
		if s.lost {
			again = make(map[int]bool)
			break
		}
	}
	for _, s := range n.dirty {
		if s.lost {
			continue
		}
		put(n.durable, s)
		if again != nil {
			again[s.at] = true
		}
	}
	left := n.dirty[:0]
	for _, s := range n.dirty {
		if s.lost && !again[s.at] {
			left = append(left, s)
		}
	}
	n.dirty, n.sizes = left, n.sizes[:0]
	if len(left) == 0 {
		n.dirty = nil
	}
}

// syncFailed does what a kernel does when the disk refuses: programs still see what was written, and the next Sync succeeds
// without it.
func (n *node) syncFailed() {
	for i := range n.dirty {
		n.dirty[i].lost = true
	}
}

// put makes the sector's part of b hold what s holds, as far as b reaches.
func put(b []byte, s sector) {
	from := min(s.at*sectorBytes, len(b))
	b = b[from:min(from+sectorBytes, len(b))]
	clear(b[copy(b, s.data):])
}
