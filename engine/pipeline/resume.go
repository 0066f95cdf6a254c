package pipeline

import (
	"fmt"

	"github.com/seed-7d4c2414/exchange/engine"
)

// Resume makes e, a state of this past, the one to fold on from: the next
// transaction is the one after it. It lets a reader stand at a moment whose state it
// has kept. There are no views afterwards.
func (p *Past) Resume(e *engine.Engine) error {
	if err := p.reader.SeekSeq(uint64(e.Seq()) + 1); err != nil {
		return fmt.Errorf("find command %d: %w", e.Seq()+1, err)
	}
	p.Engine, p.Views, p.left, p.last, p.start = e, nil, 0, 0, nil
	return nil
}

// Applied takes the place of Fold when the caller has applied the transaction that
// Next returned last to the engine, event by event. It compares digests as Fold
// does.
func (p *Past) Applied() error { return p.checkDigest() }

// AtFrame reports whether all transactions of the frame at hand have been read, so
// that the state after the last of them is one whose digest the journal holds.
func (p *Past) AtFrame() bool { return p.left == 0 }
