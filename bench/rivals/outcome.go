package rivals

import (
	"fmt"
	"runtime/debug"
)

// Outcome is what a store makes of its directory after a fault.
type Outcome struct {
	Records  uint64 `json:"records"`            // read from the first on, each as it was appended
	Wrong    bool   `json:"wrong,omitempty"`    // then came one that was never appended so, given out as good
	Refused  string `json:"refused,omitempty"`  // why it could not be opened, or read to the end
	Panicked string `json:"panicked,omitempty"` // instead of refusing
}

// Lost returns how many records are missing of those that were acknowledged.
func (o *Outcome) Lost(acked uint64) uint64 { return acked - min(acked, o.Records) }

// Broken reports whether an acknowledged record is missing or a wrong one was given
// out. A store that refuses to be read has lost what it does not give.
func (o *Outcome) Broken(acked uint64) bool {
	return o.Wrong || o.Panicked != "" || o.Lost(acked) > 0
}

// String says it in words.
func (o *Outcome) String() string {
	s := fmt.Sprintf("%d records", o.Records)
	if o.Wrong {
		s += ", then one that was never appended"
	}
	if o.Refused != "" {
		s += ", refused: " + o.Refused
	}
	if o.Panicked != "" {
		s += ", panicked: " + o.Panicked
	}
	return s
}

// Read opens the store of a kind in a directory and reads the records that a Writer
// has appended. A panic, also one from memory that is mapped and not there, is an
// outcome; what kills the process is not, and a process of its own is told by Reader.
func Read(kind, dir string) (o Outcome) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			o.Panicked = fmt.Sprint(p)
		}
	}()
	s, err := Open(kind, dir)
	if err != nil {
		return Outcome{Refused: err.Error()}
	}
	defer s.Close() //nolint:errcheck // it was only read
	err = s.Records(func(b []byte) error {
		if err := checkRecord(o.Records+1, b); err != nil {
			o.Wrong = true
			return err
		}
		o.Records++
		return nil
	})
	if err != nil && !o.Wrong {
		o.Refused = err.Error()
	}
	return o
}
