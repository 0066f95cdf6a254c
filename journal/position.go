package journal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path/filepath"

	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// positionName is the file beside the segments that says how far the journal has to reach.
const positionName = "POSITION"

const positionBytes = 84

var positionMagic = []byte("XJP\x00")

// positionClean is the flag of a clean stop. Flags are part of the format.
const positionClean = 1

// A position is a promise that POSITION makes: the journal reaches at least to a frame and, after a clean stop, ends there.
type position struct {
	id             ID
	epoch          uint64
	oldest, newest uint64 // first frame's number, and so the name, of the oldest and the newest segment
	frame          uint64 // the last frame that was durable when this was written; 0 = none
	seq            uint64 // its last sequence
	hash           Hash   // its hash
	clean          bool   // the journal was closed after it
}

func appendPosition(dst []byte, p *position) []byte {
	at := len(dst)
	le := binary.LittleEndian
	flags := byte(0)
	if p.clean {
		flags |= positionClean
	}
	dst = append(dst, positionMagic...)
	dst = append(dst, FormatVersion, flags, 0, 0)
	dst = append(dst, p.id[:]...)
	dst = append(dst, p.hash[:]...)
	dst = le.AppendUint64(dst, p.epoch)
	dst = le.AppendUint64(dst, p.oldest)
	dst = le.AppendUint64(dst, p.newest)
	dst = le.AppendUint64(dst, p.frame)
	dst = le.AppendUint64(dst, p.seq)
	return le.AppendUint32(dst, crc32.Checksum(dst[at:], castagnoli))
}

func decodePosition(b []byte) (position, error) {
	le := binary.LittleEndian
	if len(b) < 8 || string(b[:4]) != string(positionMagic) {
		return position{}, fmt.Errorf("%d bytes that are no position", len(b))
	}
	// The checksum ends the file in every version, so damage is told from novelty.
	end := len(b) - 4
	if got, want := crc32.Checksum(b[:end], castagnoli), le.Uint32(b[end:]); got != want {
		return position{}, fmt.Errorf("checksum is %08x, must be %08x", got, want)
	}
	if b[4] != FormatVersion {
		return position{}, fmt.Errorf("format version %d, this program knows version %d", b[4], FormatVersion)
	}
	if b[5]&^positionClean != 0 || b[6] != 0 || b[7] != 0 {
		return position{}, fmt.Errorf("reserved bits %02x%02x%02x, which this program does not know", b[5], b[6], b[7])
	}
	if len(b) != positionBytes {
		return position{}, fmt.Errorf("%d bytes, must be %d", len(b), positionBytes)
	}
	p := position{
		epoch:  le.Uint64(b[40:]),
		oldest: le.Uint64(b[48:]),
		newest: le.Uint64(b[56:]),
		frame:  le.Uint64(b[64:]),
		seq:    le.Uint64(b[72:]),
		clean:  b[5]&positionClean != 0,
	}
	copy(p.id[:], b[8:])
	copy(p.hash[:], b[24:])
	if p.oldest == 0 || p.newest < p.oldest || p.newest > p.frame+1 || p.epoch == 0 {
		return position{}, fmt.Errorf("segments %d to %d of epoch %d with last frame %d are impossible", p.oldest, p.newest, p.epoch, p.frame)
	}
	return p, nil
}

// denies returns why h, a good frame otherwise, contradicts p, or "".
func (p *position) denies(h *header) string {
	switch {
	case h.Index == p.frame && (h.Hash != p.hash || h.LastSeq() != p.seq):
		return fmt.Sprintf("frame %d is %v and ends with sequence %d, POSITION names %v and %d", h.Index, h.Hash, h.LastSeq(), p.hash, p.seq)
	case h.Index > p.frame && p.clean:
		return fmt.Sprintf("frame %d follows, POSITION says that the journal was closed after frame %d", h.Index, p.frame)
	}
	return ""
}

// loadPosition reads POSITION. The error for a missing one wraps fs.ErrNotExist, that for a damaged one is a *CorruptError.
func loadPosition(fsys vfs.FS, dir string) (position, error) {
	name := filepath.Join(dir, positionName)
	b, err := vfs.ReadFile(fsys, name)
	if err != nil {
		return position{}, fmt.Errorf("read position: %w", err)
	}
	p, err := decodePosition(b)
	if err != nil {
		return position{}, &CorruptError{File: name, Reason: err.Error()}
	}
	return p, nil
}

// storePosition replaces POSITION, durably and at once.
func storePosition(fsys vfs.FS, dir string, p *position) error {
	name := filepath.Join(dir, positionName)
	if err := vfs.WriteFileSync(fsys, name, appendPosition(make([]byte, 0, positionBytes), p), filePerm); err != nil {
		return fmt.Errorf("write position: %w", err)
	}
	return nil
}
