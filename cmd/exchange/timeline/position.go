package timeline

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// Position is where somebody stands: after so many events of a command. Where Event
// is less than Of the command is half done.
type Position struct {
	Seq   msg.Seq
	Event int // how many events of the command have been applied
	Of    int // how many it has; 0 before the first command
}

// HalfDone reports whether events of the command are still to come.
func (p Position) HalfDone() bool { return p.Event < p.Of }

// RangeError says that there is no such place.
type RangeError struct {
	What        string // what was asked for, as text
	First, Last msg.Seq
}

// Error names what is there.
func (e *RangeError) Error() string {
	return fmt.Sprintf("there is no %s: the journal can be shown from command %d to command %d", e.What, e.First, e.Last)
}
