package counted

import (
	"errors"
	"fmt"
	"os"

	"github.com/seed-7d4c2414/exchange/bench/result"
	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal"
)

// frameCommands is how many commands a frame holds here. Under load it is about as
// many, and what is counted must not depend on the load.
const frameCommands = 1024

// zeros are what the identity of the journal is drawn from.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// journalled counts what a command takes in the journal, and before it is compressed.
func journalled(r *result.Run, flow, note string, x *executed) (err error) {
	dir, err := os.MkdirTemp("", "counted")
	if err != nil {
		return fmt.Errorf("count the bytes of a journal: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	w, err := journal.Open(dir, journal.Options{Random: zeros{}})
	if err != nil {
		return fmt.Errorf("count the bytes of a journal: %w", err)
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	raw, before := 0, w.Bytes()
	for n, f := range x.frames() {
		raw += len(f)
		first, last := &x.commands[x.counted+n*frameCommands], &x.commands[x.counted+(n+1)*frameCommands-1]
		// The journal begins with number 1. Within a frame only differences count.
		err := w.Append(&journal.Frame{
			FirstSeq: 1 + uint64(n)*frameCommands, Commands: frameCommands, Events: 1, FirstTime: first.Time, LastTime: last.Time, Raw: f,
		})
		if err != nil {
			return fmt.Errorf("count the bytes of a journal: %w", err)
		}
	}
	r.Count(section, "command in the journal, "+flow, "bytes", float64(w.Bytes()-before)/commands, nil).Note = note
	r.Count(section, "command before it is compressed, "+flow, "bytes", float64(raw)/commands, nil).Note = note
	return nil
}

// frames returns what is counted as it is encoded.
func (x *executed) frames() [][]byte {
	var frames [][]byte
	var e msg.Encoder
	for i := range commands {
		c, events := x.transaction(x.counted + i)
		if i%frameCommands == 0 {
			e.Reset(c.Seq, c.Time)
			frames = append(frames, nil)
		}
		f := &frames[len(frames)-1]
		*f = e.Append(*f, c, events)
	}
	return frames
}
