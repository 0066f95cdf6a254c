package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// indexPrefix begins the name of an index, the segment's name follows. tidwall/wal looks at names that begin with digits only.
const indexPrefix = "INDEX-"

// indexVersion is the version of the format of an index. An index of another version is not read but made anew.
const indexVersion = 1

// The sizes of an index's parts.
const (
	indexHeaderBytes = 88
	markBytes        = 56
)

// markSpacing is the least distance of two marks in a segment: what a Reader fetches at a time anyway.
const markSpacing = windowBytes

var indexMagic = []byte("XJI\x00")

// A mark is a place in a segment where a frame begins, so that reading can begin there: how far the chain had come before it, and
// what the frame is.
type mark struct {
	offset int64
	before link  // never loose
	time   int64 // of the frame's first command
}

// marks are those of one segment, in ascending order.
type marks []mark

// note adds a mark at the frame h, which lies at offset after the link before, if it is far enough from the last one.
func (m *marks) note(offset int64, before *link, h *Frame) {
	last := int64(0)
	if n := len(*m); n > 0 {
		last = (*m)[n-1].offset
	}
	if before.loose || offset-last < markSpacing {
		return
	}
	*m = append(*m, mark{offset: offset, before: *before, time: h.FirstTime})
}

// An index is what is kept of a segment that nothing is appended to any more: its marks. It is never believed. A Reader that
// begins at a mark holds the frame that it finds against it, and takes an index that does not fit for none.
type index struct {
	id      ID
	segment uint64
	first   uint64 // sequence of its first command; of an index made from a segment only
	size    int64  // of the segment
	end     link   // after its last frame
	marks   marks
}

func indexName(segment uint64) string { return indexPrefix + segmentName(segment) }

// parseIndexName returns the segment of an index, also of one that was being written.
func parseIndexName(name string) (segment uint64, ok bool) {
	digits, ok := strings.CutPrefix(strings.TrimSuffix(name, ".tmp"), indexPrefix)
	if !ok || len(digits) != segmentDigits {
		return 0, false
	}
	segment, err := strconv.ParseUint(digits, 10, 64)
	return segment, err == nil
}

// encode returns the index as it lies in its file. See FORMAT.md.
func (x *index) encode() []byte {
	le := binary.LittleEndian
	dst := make([]byte, 0, indexHeaderBytes+len(x.marks)*markBytes+4)
	dst = append(dst, indexMagic...)
	dst = append(dst, indexVersion, 0, 0, 0)
	dst = append(dst, x.id[:]...)
	dst = append(dst, x.end.hash[:]...)
	dst = le.AppendUint64(dst, x.end.epoch)
	dst = le.AppendUint64(dst, x.end.index)
	dst = le.AppendUint64(dst, x.end.seq)
	dst = le.AppendUint64(dst, x.segment)
	dst = le.AppendUint64(dst, uint64(x.size))
	dst = le.AppendUint64(dst, uint64(len(x.marks)))
	for i := range x.marks {
		m := &x.marks[i]
		dst = append(dst, m.before.hash[:]...)
		dst = le.AppendUint64(dst, m.before.epoch)
		dst = le.AppendUint64(dst, m.before.index)
		dst = le.AppendUint64(dst, m.before.seq)
		dst = le.AppendUint64(dst, uint64(m.offset))
		dst = le.AppendUint64(dst, uint64(m.time))
	}
	return le.AppendUint32(dst, crc32.Checksum(dst, castagnoli))
}

// errIndex says that a file is no index that this program can use. Why does not matter: it is made again.
var errIndex = errors.New("not a usable index")

// decodeIndex reads what encode has written. The number of marks follows from the length.
func decodeIndex(b []byte) (*index, error) {
	le := binary.LittleEndian
	end := len(b) - 4
	if end < indexHeaderBytes || string(b[:4]) != string(indexMagic) || b[4] != indexVersion ||
		crc32.Checksum(b[:end], castagnoli) != le.Uint32(b[end:]) {
		return nil, errIndex
	}
	x := &index{
		segment: le.Uint64(b[64:]),
		size:    int64(le.Uint64(b[72:])),
		end:     link{epoch: le.Uint64(b[40:]), index: le.Uint64(b[48:]), seq: le.Uint64(b[56:])},
	}
	copy(x.id[:], b[8:])
	copy(x.end.hash[:], b[24:])
	rest := b[indexHeaderBytes:end]
	if len(rest)%markBytes != 0 || le.Uint64(b[80:]) != uint64(len(rest)/markBytes) {
		return nil, errIndex
	}
	x.marks = make(marks, len(rest)/markBytes)
	last := int64(0)
	for i := range x.marks {
		b := rest[i*markBytes:]
		m := mark{
			before: link{epoch: le.Uint64(b[16:]), index: le.Uint64(b[24:]), seq: le.Uint64(b[32:])},
			offset: int64(le.Uint64(b[40:])),
			time:   int64(le.Uint64(b[48:])),
		}
		copy(m.before.hash[:], b)
		if m.offset <= last || m.offset >= x.size {
			return nil, errIndex
		}
		x.marks[i], last = m, m.offset
	}
	return x, nil
}

// loadIndex returns the marks of a segment of the journal id, of size bytes, if there is an index of just that.
func loadIndex(fsys vfs.FS, dir string, id ID, segment uint64, size int64) (marks, error) {
	b, err := vfs.ReadFile(fsys, filepath.Join(dir, indexName(segment)))
	if err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	x, err := decodeIndex(b)
	if err != nil {
		return nil, err
	}
	if x.id != id || x.segment != segment || x.size != size {
		return nil, errIndex
	}
	return x.marks, nil
}

// store writes the index. Its name is durable after the next sync of the directory; a crash before that leaves none, or a part
// under another name.
func (x *index) store(fsys vfs.FS, dir string) error {
	name := filepath.Join(dir, indexName(x.segment))
	f, err := fsys.OpenFile(name+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, filePerm)
	if err != nil {
		return fmt.Errorf("write index: %w", err)
	}
	_, err = f.Write(x.encode())
	if err == nil {
		err = f.Sync() // else the name might be durable before the contents
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = fsys.Rename(name+".tmp", name)
	}
	if err != nil {
		return fmt.Errorf("write index: %w", err)
	}
	return nil
}

// check returns what is wrong with the index on disk of the segment that x was made from. One that is not there is in order: it is
// made again when the journal is opened for writing.
func (x *index) check(fsys vfs.FS, dir string) error {
	name := filepath.Join(dir, indexName(x.segment))
	got, err := vfs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read index: %w", err)
	}
	want := x.encode()
	if bytes.Equal(got, want) {
		return nil
	}
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	return &CorruptError{
		File: name, Offset: int64(at), Seq: x.first,
		Reason: "the index is not the one of its segment; the segment is whole, and an index that was removed is made again",
	}
}

// isStored reports whether the index is on disk as it follows from the segment.
func (x *index) isStored(fsys vfs.FS, dir string) bool {
	got, err := vfs.ReadFile(fsys, filepath.Join(dir, indexName(x.segment)))
	return err == nil && bytes.Equal(got, x.encode())
}

// removeIndexes removes the indexes, and what is left of ones that were being written, for which no segment is sealed.
func removeIndexes(fsys vfs.FS, dir string, sealed []uint64) error {
	names, err := fsys.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list indexes: %w", err)
	}
	for _, name := range names {
		segment, ok := parseIndexName(name)
		if !ok {
			continue
		}
		if _, found := slices.BinarySearch(sealed, segment); found && name == indexName(segment) {
			continue
		}
		if err := fsys.Remove(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("remove index: %w", err)
		}
	}
	return nil
}
