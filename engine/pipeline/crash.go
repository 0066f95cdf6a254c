package pipeline

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
)

// PanicError says which command made the engine panic. Nothing of its batch was
// journalled or seen.
type PanicError struct {
	Seq   msg.Seq
	Value any // what the panic said
}

// Error names the command and what the panic said.
func (e *PanicError) Error() string {
	return fmt.Sprintf("command %d made the engine panic: %v", e.Seq, e.Value)
}

// crash ends the pipeline after a panic, and leaves the command, in the
// journal's encoding, and the stack in the data directory.
func (p *Pipeline) crash(c *msg.Command, value any, stack []byte) {
	var e msg.Encoder
	e.Reset(c.Seq, 0)
	encoded := e.Append(nil, c, nil)
	err := error(&PanicError{c.Seq, value})
	text := fmt.Sprintf("sequence %d\ntime %d\nkind %v\ncommand %x\npanic %v\n\n%s", c.Seq, c.Time, c.Kind, encoded, value, stack)
	if werr := vfs.WriteFileSync(vfs.OS(), filepath.Join(p.o.Dir, crashFile), []byte(text), 0o600); werr != nil {
		err = errors.Join(err, fmt.Errorf("write %s: %w", crashFile, werr))
	}
	p.fail(err)
}
