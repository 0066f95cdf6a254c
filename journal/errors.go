package journal

import (
	"errors"
	"fmt"
)

var (
	// ErrLocked says that another Writer has the journal open, in this process or another.
	ErrLocked = errors.New("journal is locked by another writer")
	// ErrNoJournal says that a directory holds no journal.
	ErrNoJournal = errors.New("no journal here")
	// ErrClosed is returned by a Writer or a Reader that was closed.
	ErrClosed = errors.New("journal is closed")
)

// CorruptError says what is wrong with a journal and where.
type CorruptError struct {
	File   string // path of the segment, also of a missing one, or of POSITION
	Offset int64  // in File, of the entry that is wrong
	Seq    uint64 // sequence of the first command that cannot be read because of it; 0 = unknown
	Reason string
}

// Error implements error.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("journal: %s, offset %d, sequence %d: %s", e.File, e.Offset, e.Seq, e.Reason)
}
