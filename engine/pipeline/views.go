package pipeline

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// Views is a set of read models: a pure fold of transactions, kept in the
// snapshots as named sections.
type Views interface {
	// Apply folds the transaction that follows the last one.
	Apply(c *msg.Command, events []msg.Event)
	// Sections returns the parts of the state, one for each view.
	Sections() []Section
}

// lookingAhead are views which can fetch from memory what commands are about that they
// will be given next.
type lookingAhead interface {
	Ahead(commands []msg.Command) (sum uint64)
}

// Section is one view's part of a snapshot.
type Section interface {
	Name() string
	Version() uint32
	AppendState(dst []byte) []byte
	Restore(src []byte) error
}

// Sections returns sections that lie in a slice, each by its address, as Views return
// theirs. They stay the slice's.
func Sections[S any, P interface {
	*S
	Section
}](of []S) []Section {
	all := make([]Section, len(of))
	for i := range of {
		all[i] = P(&of[i])
	}
	return all
}

// engineSection is the name of the engine's section.
const engineSection = "engine"

// restoreViews fills fresh views from a snapshot. A section that is missing or
// of another version means that the views have to be folded from the first
// transaction.
func restoreViews(v Views, s *snapshot.Snapshot) error {
	for _, part := range v.Sections() {
		saved, ok := s.Section(part.Name())
		if !ok || saved.Version != part.Version() {
			return fmt.Errorf("snapshot %d has no section %s of version %d", s.Seq, part.Name(), part.Version())
		}
		if err := part.Restore(saved.Data); err != nil {
			return fmt.Errorf("restore section %s of snapshot %d: %w", part.Name(), s.Seq, err)
		}
	}
	return nil
}
