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

// crash ends the pipeline after a panic, and leaves in the data directory what
// it takes to see it again from the end of the journal: the transactions of the
// batch before the command, the command as if it had been refused, both in the
// journal's encoding, and the stack.
func (p *Pipeline) crash(b *Batch, value any, stack []byte) {
	c := &b.requests[b.n].command
	var e msg.Encoder
	e.Reset(c.Seq, c.Time)
	refused := e.Append(nil, c, []msg.Event{{Kind: msg.Rejected}})
	err := error(&PanicError{c.Seq, value})
	text := fmt.Sprintf("panic %v\nsequence %d\ntime %d\nkind %v\ncommand %x\nbefore %d transactions from sequence %d, time %d\n%x\n\n%s",
		value, c.Seq, c.Time, c.Kind, refused, b.n, b.first().Seq, b.first().Time, b.raw, stack)
	if werr := vfs.WriteFileSync(p.o.FS, filepath.Join(p.o.Dir, crashFile), []byte(text), 0o600); werr != nil {
		err = errors.Join(err, fmt.Errorf("write %s: %w", crashFile, werr))
	}
	p.fail(err)
}
