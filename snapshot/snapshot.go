// Package snapshot keeps the state of the exchange at a sequence in a file: opaque named sections, one for the engine and one
// for each view, and the position in the journal that they were folded up to.
//
// The package knows bytes and not meaning; it promises that what it reads is, to the last bit, what was written, or says where
// not. FORMAT.md describes every byte of a file. A snapshot saves time and is never the truth: that is the journal, and where
// no snapshot is usable a full replay takes its place. So nothing here may harm an older snapshot before a newer one is known
// to be good:
//
//   - Write builds the file under another name, syncs it, reads it back, compares it with what was to be written, and only then
//     renames it and syncs the directory.
//   - Retain reads the snapshots that stay before it removes the ones that go, and counts only those that can be used.
//   - Newest passes over what does not read whole, and says so.
//
// Writing, and so Retain, is for one process at a time; reading is for any number beside it.
package snapshot

import (
	"fmt"
	"math"
)

// Limits of a snapshot. Write refuses what is beyond them, and Read takes a file that claims more for a corrupt one, before it
// allocates anything.
const (
	// MaxSections is the number of sections.
	MaxSections = 256
	// MaxNameBytes is the length of a section's name.
	MaxNameBytes = 64
	// MaxSectionBytes is the length of a section's data, not compressed.
	MaxSectionBytes = math.MaxInt32
	// MaxBytes is the length of the data of all sections together, not compressed.
	MaxBytes = 8 << 30
)

// Meta says which state a snapshot holds.
type Meta struct {
	Journal    [16]byte // id of the journal it belongs to
	Seq        uint64   // last command that it contains
	Time       int64    // time of that command, in nanoseconds
	Digest     uint64   // of the state
	Epoch      uint64   // of that command's frame
	Frame      uint64   // last journal frame that was folded in
	FrameHash  [16]byte // hash of that frame, which the next one names as its predecessor
	Derivation uint32   // version of what the state derives from events
}

// Section is one named part of the state. Its bytes and their version mean something only to whoever made them.
type Section struct {
	Name    string
	Version uint32
	Data    []byte
}

// Snapshot is a state. Its section names are unique.
type Snapshot struct {
	Meta
	Sections []Section
}

// Section returns the section with that name, and whether there is one. Its Data is that of s, not a copy.
func (s *Snapshot) Section(name string) (Section, bool) {
	for _, sec := range s.Sections {
		if sec.Name == name {
			return sec, true
		}
	}
	return Section{}, false
}

// check says why s cannot be written.
func (s *Snapshot) check() error {
	if len(s.Sections) > MaxSections {
		return fmt.Errorf("%d sections, the limit is %d", len(s.Sections), MaxSections)
	}
	seen := make(map[string]bool, len(s.Sections))
	total := 0
	for i := range s.Sections {
		sec := &s.Sections[i]
		if err := checkName(sec.Name); err != nil {
			return fmt.Errorf("section %d: %w", i, err)
		}
		if seen[sec.Name] {
			return fmt.Errorf("section %d: a second one with the name %q", i, sec.Name)
		}
		seen[sec.Name] = true
		if len(sec.Data) > MaxSectionBytes {
			return fmt.Errorf("section %q: %d bytes, the limit is %d", sec.Name, len(sec.Data), MaxSectionBytes)
		}
		total += len(sec.Data)
	}
	if uint64(total) > MaxBytes {
		return fmt.Errorf("%d bytes in all sections, the limit is %d", total, uint64(MaxBytes))
	}
	return nil
}

// checkName says why a section cannot have that name. Names are printed in listings and warnings, so they are kept to
// characters that can do no harm there.
func checkName(name string) error {
	if name == "" || len(name) > MaxNameBytes {
		return fmt.Errorf("a name of %d bytes, must be 1 to %d", len(name), MaxNameBytes)
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' {
			return fmt.Errorf("name %q has a byte that is not printable ASCII", name)
		}
	}
	return nil
}

// CorruptError says that a file is not a whole snapshot.
type CorruptError struct {
	File   string
	Offset int64 // of the field or the checksummed part that is wrong
	Reason string
}

// Error returns file, offset and reason in one line.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("snapshot %s: corrupt at offset %d: %s", e.File, e.Offset, e.Reason)
}
