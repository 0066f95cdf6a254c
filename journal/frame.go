package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"

	"github.com/seed-7d4c2414/exchange/engine/planted"
)

// MaxFrameBytes is the largest payload of a frame, before and after compression.
const MaxFrameBytes = 64 << 20

// maxRatio is what zstd can reach at best: a block of 4 bytes for 128 KiB. A frame that claims more lies.
const maxRatio = 1 << 15

// The sizes of a frame's parts. All three are part of the format.
const (
	headerBytes  = 128
	trailerBytes = 4 // CRC32C of the stored payload
	prefixBytes  = 4 // the longest length prefix that tidwall/wal writes before a frame of permitted size
)

// FormatVersion is the version of the format of a frame and of POSITION: the only one that this package writes, and reads.
const FormatVersion = 1

// The values of a codec are part of the format. Append only.
const (
	codecStored = 0
	codecZstd   = 1
)

// ID names a journal: 128 random bits, drawn when it is created.
type ID [16]byte

// String returns the 32 hexadecimal digits of the ID.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// Hash identifies a frame and, through its predecessors' hashes, everything before it: the first 16 bytes of the SHA-256 of
// the whole stored frame, header and checksums included.
type Hash [16]byte

// String returns the 32 hexadecimal digits of the Hash.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Frame is one batch as the journal keeps it.
//
// The caller of Append fills the sequence numbers, counts, times, the digest and Raw; the Writer fills the rest. A Reader
// fills everything.
type Frame struct {
	Index  uint64 // number of the frame, from 1
	ID     ID     // the journal it belongs to
	Epoch  uint64 // counts the openings for writing; never falls
	Format uint8  // version of the frame's format

	FirstSeq            uint64 // sequence of the first command; follows the last one of the frame before
	Commands, Events    uint32 // in Raw; at least one command
	FirstTime, LastTime int64  // of the commands, in nanoseconds
	Digest              uint64 // fingerprint of the state after the batch

	Derivation uint32 // version of what the layer above derives from the payload
	Config     uint64 // fingerprint of the configuration it ran with

	Synced uint64 // the last frame that was known to be durable when this one was written
	Prev   Hash   // of the frame before; zero in frame 1
	Hash   Hash   // of this one

	Segment     string // base name of the file it lies in
	Offset      int64  // of its first byte in that file
	StoredBytes int    // what it takes there

	// Raw is the payload, uncompressed. Append borrows it until it returns. Next appends to Raw[:0], so that a caller who wants
	// to keep a payload passes another Frame to the next call.
	Raw []byte
}

// LastSeq returns the sequence of the frame's last command.
func (f *Frame) LastSeq() uint64 { return f.FirstSeq + uint64(f.Commands) - 1 }

// header is what the first bytes of a stored frame say. Of the Frame in it, Hash, Raw and the place are not set.
type header struct {
	Frame
	codec       uint8
	rawBytes    uint32
	storedBytes uint32
	rawCRC      uint32 // CRC32C of the uncompressed payload: shows an error of the codec itself
}

// frameBytes returns the length of the whole stored frame, without the length prefix before it.
func (h *header) frameBytes() int { return headerBytes + int(h.storedBytes) + trailerBytes }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// magic begins every frame: it is what a search for later frames in a damaged segment looks for.
var magic = []byte("XJF\x00")

// appendHeader appends the headerBytes of h to dst. See FORMAT.md.
func appendHeader(dst []byte, h *header) []byte {
	at := len(dst)
	le := binary.LittleEndian
	dst = append(dst, magic...)
	dst = append(dst, h.Format, h.codec, 0, 0)
	dst = append(dst, h.ID[:]...)
	dst = append(dst, h.Prev[:]...)
	dst = le.AppendUint64(dst, h.Index)
	dst = le.AppendUint64(dst, h.FirstSeq)
	dst = le.AppendUint64(dst, uint64(h.FirstTime))
	dst = le.AppendUint64(dst, uint64(h.LastTime))
	dst = le.AppendUint64(dst, h.Digest)
	dst = le.AppendUint64(dst, h.Config)
	dst = le.AppendUint64(dst, h.Synced)
	dst = le.AppendUint32(dst, uint32(h.Epoch))
	dst = le.AppendUint32(dst, h.Derivation)
	dst = le.AppendUint32(dst, h.Commands)
	dst = le.AppendUint32(dst, h.Events)
	dst = le.AppendUint32(dst, h.rawBytes)
	dst = le.AppendUint32(dst, h.storedBytes)
	dst = le.AppendUint32(dst, h.rawCRC)
	return le.AppendUint32(dst, crc32.Checksum(dst[at:], castagnoli))
}

// decodeHeader reads the header at the start of b, which has at least headerBytes bytes. Sound says that these bytes are a
// header and were not changed since. A problem that is not empty says why this program cannot use it.
func decodeHeader(b []byte, h *header) (sound bool, problem string) {
	le := binary.LittleEndian
	b = b[:headerBytes]
	if string(b[:4]) != string(magic) {
		return false, "no frame begins here"
	}
	if got, want := crc32.Checksum(b[:124], castagnoli), le.Uint32(b[124:]); got != want && planted.Bug != planted.HeaderCRCIgnored {
		return false, fmt.Sprintf("header checksum is %08x, must be %08x", got, want)
	}
	if b[4] != FormatVersion {
		return true, fmt.Sprintf("frame has format version %d, this program knows version %d", b[4], FormatVersion)
	}
	if b[6] != 0 || b[7] != 0 {
		return true, fmt.Sprintf("frame has reserved bits %02x%02x, which this program does not know", b[6], b[7])
	}
	*h = header{codec: b[5]}
	h.Format = b[4]
	copy(h.ID[:], b[8:])
	copy(h.Prev[:], b[24:])
	h.Index = le.Uint64(b[40:])
	h.FirstSeq = le.Uint64(b[48:])
	h.FirstTime = int64(le.Uint64(b[56:]))
	h.LastTime = int64(le.Uint64(b[64:]))
	h.Digest = le.Uint64(b[72:])
	h.Config = le.Uint64(b[80:])
	h.Synced = le.Uint64(b[88:])
	h.Epoch = uint64(le.Uint32(b[96:]))
	h.Derivation = le.Uint32(b[100:])
	h.Commands = le.Uint32(b[104:])
	h.Events = le.Uint32(b[108:])
	h.rawBytes = le.Uint32(b[112:])
	h.storedBytes = le.Uint32(b[116:])
	h.rawCRC = le.Uint32(b[120:])
	return true, h.check()
}

// check returns what no Writer of this format would have written, or "".
func (h *header) check() string {
	switch {
	case h.codec != codecStored && h.codec != codecZstd:
		return fmt.Sprintf("frame has codec %d, which this program does not know", h.codec)
	case h.rawBytes > MaxFrameBytes || h.storedBytes > MaxFrameBytes:
		return fmt.Sprintf("frame of %d bytes, %d stored, exceeds the limit of %d", h.rawBytes, h.storedBytes, MaxFrameBytes)
	case h.codec == codecStored && h.storedBytes != h.rawBytes:
		return fmt.Sprintf("uncompressed frame of %d bytes has %d stored", h.rawBytes, h.storedBytes)
	case h.Index == 0 || h.Epoch == 0 || h.FirstSeq == 0 || h.Commands == 0 || h.LastSeq() < h.FirstSeq:
		return fmt.Sprintf("frame %d of epoch %d with %d commands from sequence %d is impossible", h.Index, h.Epoch, h.Commands, h.FirstSeq)
	case h.Synced >= h.Index:
		return fmt.Sprintf("frame %d says that frame %d is durable", h.Index, h.Synced)
	}
	return ""
}

// entry is what lies at one offset of a segment: the length prefix of tidwall/wal and a frame, or something else.
type entry struct {
	header
	sound bool // the header is whole and unchanged
	known bool // and this program understands it
	whole bool // the prefix agrees with it, and the payload is whole and unchanged
	short bool // the bytes end before the frame does

	problem string // why the entry is no good frame; "" if it is one
	bytes   int    // of the entry, when it is whole
	payload []byte // stored payload, a part of the bytes given to parse
}

// parse reads the entry at the start of b. When b ends too early, it returns how many bytes are wanted, which is more than
// len(b); what it has set then holds if there are no more.
func (e *entry) parse(b []byte) (want int) {
	*e = entry{}
	size, n := binary.Uvarint(b[:min(len(b), prefixBytes)])
	if planted.Bug == planted.ZerosAccepted && n == 1 && size == 0 {
		*e = entry{bytes: 1}
		return 0
	}
	if n <= 0 {
		e.short = len(b) < prefixBytes
		e.problem = "length prefix is damaged"
		return prefixBytes
	}
	if len(b) < n+headerBytes {
		e.short = true
		e.problem = fmt.Sprintf("%d bytes are too few for a frame", len(b))
		return n + headerBytes
	}
	e.sound, e.problem = decodeHeader(b[n:], &e.header)
	e.known = e.sound && e.problem == ""
	if !e.known {
		return 0
	}
	length := e.frameBytes()
	if size != uint64(length) || n != uvarintBytes(size) {
		e.problem = fmt.Sprintf("length prefix says %d bytes, header says %d", size, length)
		return 0
	}
	if len(b) < n+length {
		e.short = true
		e.problem = fmt.Sprintf("frame of %d bytes is cut after %d", length, len(b)-n)
		return n + length
	}
	stored := b[n : n+length]
	e.payload = stored[headerBytes : length-trailerBytes]
	got, want32 := crc32.Checksum(e.payload, castagnoli), binary.LittleEndian.Uint32(stored[length-trailerBytes:])
	if got != want32 && planted.Bug != planted.PayloadCRCIgnored {
		e.problem = fmt.Sprintf("payload checksum is %08x, must be %08x", got, want32)
		return 0
	}
	e.whole, e.bytes = true, n+length
	e.Hash = hashOf(stored)
	return 0
}

func hashOf(stored []byte) (h Hash) {
	sum := sha256.Sum256(stored)
	copy(h[:], sum[:])
	return h
}

// uvarintBytes returns the length of the one right encoding of x.
func uvarintBytes(x uint64) int {
	n := 1
	for ; x >= 0x80; x >>= 7 {
		n++
	}
	return n
}
