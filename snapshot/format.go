package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// FormatVersion is the version of the file format that this package writes, and the only one that it reads. See FORMAT.md.
const FormatVersion = 1

// ErrVersion is wrapped by the error of a file that is whole, and whose format version this package does not know.
var ErrVersion = errors.New("unknown format version")

// Sizes and limits of the format; see FORMAT.md for what lies where.
const (
	magic = "XCHGSNAP"

	prefixBytes    = 16 // magic, version, flags, header length: the same in all versions
	fixedBytes     = 96 // the prefix and what else stands before the table
	entryBytes     = 26 // an entry of the table without its name
	checksumBytes  = 4
	minHeaderBytes = fixedBytes + checksumBytes
	maxHeaderBytes = fixedBytes + MaxSections*(entryBytes+MaxNameBytes) + checksumBytes

	// maxRatio is the highest compression that zstd can reach: a block of at most 128 KiB takes at least 4 bytes. A section
	// that claims more is refused before memory is allocated for it, so that a short file cannot ask for much.
	maxRatio = 128 << 10 / 4
)

// header is what stands before the sections.
type header struct {
	Meta
	table []entry
}

// entry describes a section. Its stored bytes follow those of the entry before.
type entry struct {
	name        string
	version     uint32
	rawBytes    uint64
	storedBytes uint64
	checksum    uint32 // CRC32C of the stored bytes
}

// bytes is the encoded length of h.
func (h *header) bytes() int {
	n := fixedBytes + checksumBytes
	for i := range h.table {
		n += entryBytes + len(h.table[i].name)
	}
	return n
}

// fileBytes is the length of the whole file.
func (h *header) fileBytes() int64 {
	n := int64(h.bytes())
	for i := range h.table {
		n += int64(h.table[i].storedBytes)
	}
	return n
}

// checksum returns the CRC32C of b. MakeTable returns the same table each time, the one with hardware support.
func checksum(b []byte) uint32 {
	return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
}

// appendHeader appends h as it stands in a file.
func appendHeader(dst []byte, h *header) []byte {
	start := len(dst)
	le := binary.LittleEndian
	dst = append(dst, magic...)
	dst = le.AppendUint16(dst, FormatVersion)
	dst = le.AppendUint16(dst, 0) // flags
	dst = le.AppendUint32(dst, uint32(h.bytes()))
	dst = append(dst, h.Journal[:]...)
	dst = le.AppendUint64(dst, h.Seq)
	dst = le.AppendUint64(dst, uint64(h.Time))
	dst = le.AppendUint64(dst, h.Digest)
	dst = le.AppendUint64(dst, h.Epoch)
	dst = le.AppendUint64(dst, h.Frame)
	dst = append(dst, h.FrameHash[:]...)
	dst = le.AppendUint32(dst, h.Derivation)
	dst = le.AppendUint32(dst, uint32(len(h.table)))
	for i := range h.table {
		e := &h.table[i]
		dst = append(dst, byte(len(e.name)), 0) // and the entry's flags
		dst = le.AppendUint32(dst, e.version)
		dst = le.AppendUint64(dst, e.rawBytes)
		dst = le.AppendUint64(dst, e.storedBytes)
		dst = le.AppendUint32(dst, e.checksum)
		dst = append(dst, e.name...)
	}
	return le.AppendUint32(dst, checksum(dst[start:]))
}

// headerBytes returns the header's length, from the first prefixBytes bytes of a file.
func headerBytes(file string, prefix []byte) (int, error) {
	if string(prefix[:len(magic)]) != magic {
		return 0, &CorruptError{file, 0, "it does not begin as a snapshot does"}
	}
	n := binary.LittleEndian.Uint32(prefix[12:])
	if n < minHeaderBytes || n > maxHeaderBytes {
		return 0, &CorruptError{file, 12, fmt.Sprintf("a header of %d bytes, must be %d to %d", n, minHeaderBytes, maxHeaderBytes)}
	}
	return int(n), nil
}

// decodeHeader decodes b, which is a whole header as headerBytes measured it. The order of its checks is that of FORMAT.md:
// nothing is believed before the checksum, and of another version nothing after it.
func decodeHeader(file string, b []byte) (*header, error) {
	body := b[:len(b)-checksumBytes]
	if got, want := checksum(body), binary.LittleEndian.Uint32(b[len(body):]); got != want {
		return nil, &CorruptError{file, 0, fmt.Sprintf("header checksum is %08x, should be %08x", got, want)}
	}
	if v := binary.LittleEndian.Uint16(b[8:]); v != FormatVersion {
		return nil, fmt.Errorf("snapshot %s: %w %d, known is %d", file, ErrVersion, v, FormatVersion)
	}
	d := decoder{file: file, b: body, at: 10}
	if flags := d.uint16(); flags != 0 {
		d.fail(10, "reserved flags %04x are set", flags)
	}
	d.uint32() // the header's length
	var h header
	d.bytes(h.Journal[:])
	h.Seq = d.uint64()
	h.Time = int64(d.uint64())
	h.Digest = d.uint64()
	h.Epoch = d.uint64()
	h.Frame = d.uint64()
	d.bytes(h.FrameHash[:])
	h.Derivation = d.uint32()
	d.table(&h)
	if d.err == nil && d.at != len(body) {
		d.fail(d.at, "%d bytes after the last entry", len(body)-d.at)
	}
	if d.err != nil {
		return nil, d.err
	}
	return &h, nil
}

// decoder reads the body of a header. After the first error it returns zeros.
type decoder struct {
	file string
	b    []byte
	at   int
	err  error
}

// fail notes the first error.
func (d *decoder) fail(offset int, format string, args ...any) {
	if d.err == nil {
		d.err = &CorruptError{d.file, int64(offset), fmt.Sprintf(format, args...)}
	}
}

// next returns the next n bytes, or nil after an error.
func (d *decoder) next(n int) []byte {
	if d.err == nil && len(d.b)-d.at < n {
		d.fail(d.at, "the header ends within a field of %d bytes", n)
	}
	if d.err != nil {
		return nil
	}
	d.at += n
	return d.b[d.at-n : d.at]
}

func (d *decoder) bytes(dst []byte) { copy(dst, d.next(len(dst))) }

func (d *decoder) uint16() uint16 {
	var b [2]byte
	d.bytes(b[:])
	return binary.LittleEndian.Uint16(b[:])
}

func (d *decoder) uint32() uint32 {
	var b [4]byte
	d.bytes(b[:])
	return binary.LittleEndian.Uint32(b[:])
}

func (d *decoder) uint64() uint64 {
	var b [8]byte
	d.bytes(b[:])
	return binary.LittleEndian.Uint64(b[:])
}

// table reads the number of sections and their entries.
func (d *decoder) table(h *header) {
	at := d.at
	n := d.uint32()
	if n > MaxSections {
		d.fail(at, "%d sections, the limit is %d", n, MaxSections)
	}
	if d.err != nil {
		return
	}
	h.table = make([]entry, 0, n)
	seen := make(map[string]bool, n)
	total := uint64(0)
	for range n {
		at := d.at
		e := d.entry()
		if d.err == nil && seen[e.name] {
			d.fail(at, "a second section with the name %q", e.name)
		}
		if d.err != nil {
			return
		}
		seen[e.name] = true
		if total += e.rawBytes; total > MaxBytes {
			d.fail(at, "%d bytes in the sections so far, the limit is %d", total, uint64(MaxBytes))
		}
		h.table = append(h.table, e)
	}
}

// entry reads one entry and checks what can be checked without the section.
func (d *decoder) entry() entry {
	at := d.at
	var lead [2]byte
	d.bytes(lead[:])
	if lead[1] != 0 {
		d.fail(at+1, "reserved flags %02x are set", lead[1])
	}
	e := entry{version: d.uint32(), rawBytes: d.uint64(), storedBytes: d.uint64(), checksum: d.uint32()}
	e.name = string(d.next(int(lead[0])))
	if d.err != nil {
		return e
	}
	if err := checkName(e.name); err != nil {
		d.fail(at, "section with %v", err)
	}
	switch {
	case e.rawBytes > MaxSectionBytes:
		d.fail(at+6, "section %q: %d bytes, the limit is %d", e.name, e.rawBytes, MaxSectionBytes)
	case e.storedBytes > maxStoredBytes(e.rawBytes):
		d.fail(at+14, "section %q: %d bytes are stored as %d", e.name, e.rawBytes, e.storedBytes)
	case e.rawBytes > e.storedBytes*maxRatio:
		d.fail(at+6, "section %q: %d bytes are stored as %d, which zstd cannot do", e.name, e.rawBytes, e.storedBytes)
	}
	return e
}

// maxStoredBytes is the length that raw bytes have at most when they are stored: blocks of 128 KiB with 3 bytes before each,
// and a frame's header and checksum, are well within it. Nothing is stored as nothing.
func maxStoredBytes(raw uint64) uint64 {
	if raw == 0 {
		return 0
	}
	return raw + raw>>10 + 64
}
